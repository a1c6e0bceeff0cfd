"""A scrolling view of lines on Textual's line API: the base of the tree and of every pane.

A line is made of pieces, each a text and the names of its styles. Only lines in view are ever made, and only those
that read differently than before are painted again. Texts are shown as they are: there is no markup here, and
`tuienv.text.plain` has the last word on each of them, so that no escape sequence of a provider gets through.
"""

from __future__ import annotations

from abc import abstractmethod

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tuienv.screens.widgets import looks
from tuienv.screens.widgets.pieces import Line
from tuienv.text import plain


class LinesView(ScrollView, inherit_bindings=False):
    """Shows the lines that `make_line` makes; `count` says how many there are."""

    DEFAULT_CSS = """
    LinesView { overflow-x: hidden; scrollbar-size-vertical: 1; }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id, classes=classes)
        self._painted: dict[int, Line] = {}
        self._styles: dict[str, Style] = {}
        self._was_high = 0

    # --- what a view says ---------------------------------------------------------------------------------------

    @abstractmethod
    def count(self) -> int:
        """How many lines there are."""

    @abstractmethod
    def make_line(self, index: int, width: int) -> Line:
        """The line at an index, for a view of that width."""

    def held(self) -> int | None:
        """The line that stays in view when the view gets another size: the one with the cursor, if there is any."""
        return None

    # --- keeping it painted -------------------------------------------------------------------------------------

    def refresh_changed(self) -> int:
        """Paint again the lines in view that read differently now; how many they were."""
        self._fit_count()
        top, width, height = self.scroll_offset.y, self._line_width, self.size.height
        changed = 0
        for index in range(top, top + height):
            line = self._line_at(index, width)
            if self._painted.get(index) != line:
                self._painted[index] = line
                self.refresh_line(index)
                changed += 1
        if len(self._painted) > 4 * max(height, 50):
            self._painted = {index: line for index, line in self._painted.items() if 0 <= index - top < height}
        return changed

    def repaint(self) -> None:
        """Paint everything again: other lines, other styles."""
        self._painted.clear()
        self._fit_count()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        index = y + self.scroll_offset.y
        line = self._line_at(index, self._line_width)
        self._painted[index] = line
        return self._strip(line, self.size.width)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._styles.clear()

    def on_resize(self) -> None:
        before, self._was_high = self._was_high, self.size.height
        self._painted.clear()
        self._fit_count()
        held, top = self.held(), self.scroll_offset.y
        if held is not None and (not before or top <= held < top + before):
            self.keep_in_view(held, at_once=True)

    def keep_in_view(self, line: int, *, at_once: bool = False) -> None:
        """Scroll no further than it takes to see a line; `at_once` where the next size may come before that."""
        top, height = self.scroll_offset.y, self.size.height
        if height and not top <= line < top + height:
            self.scroll_to(y=line if line < top else line - height + 1, animate=False, immediate=at_once)

    @property
    def _line_width(self) -> int:
        return self.scrollable_content_region.width

    def _fit_count(self) -> None:
        size = Size(self._line_width, self.count())
        if size != self.virtual_size:
            self.virtual_size = size

    def _line_at(self, index: int, width: int) -> Line:
        return self.make_line(index, width) if 0 <= index < self.count() else ()

    # --- from pieces to cells -----------------------------------------------------------------------------------

    def _strip(self, line: Line, width: int) -> Strip:
        base = self._style("")
        whole = self._style(line[-1][1]) if line and not line[-1][0] else Style()
        ground = base + whole
        segments = [
            Segment(plain(text), ground + self._style(style) if style else ground) for text, style in line if text
        ]
        return Strip(segments).adjust_cell_length(width, ground)

    def _style(self, names: str) -> Style:
        """The style that some names add up to. Built once: a view paints the same few over and over."""
        style = self._styles.get(names)
        if style is None:
            style = self._styles[names] = self._build_style(names)
        return style

    def _build_style(self, names: str) -> Style:
        style = Style() if names else self.rich_style
        for name in names.split():
            style += looks.style(name, self.app.theme_variables, no_color=self.app.no_color)
        return style


class Bar(LinesView, can_focus=False):
    """One line across: the header, the footer, the tabs."""

    DEFAULT_CSS = "Bar { height: 1; overflow-y: hidden; }"

    def count(self) -> int:
        return 1

    def make_line(self, index: int, width: int) -> Line:
        return self.bar(width)

    @abstractmethod
    def bar(self, width: int) -> Line:
        """The line for that width."""
