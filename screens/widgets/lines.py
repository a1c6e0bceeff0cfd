"""A scrolling view of lines on Textual's line API: the base of the tree and of every pane.

A line is made of pieces, each a text and the names of its styles. Only lines in view are ever made, and only those
that read differently than before are painted again. Texts are shown as they are: there is no markup here, and
`tuienv.text.plain` has the last word on each of them, so that no escape sequence of a provider gets through.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tuienv.screens.widgets import looks
from tuienv.text import plain

Piece = tuple[str, str]
"""A text and its style names, separated by spaces: ``("3/3", "running")``."""

Line = tuple[Piece, ...]
"""Pieces from left to right. A last piece without text gives its style to the whole line: ``("", "cursor")``."""

_LONG = 4
"""Characters to a cell that no text has which can be read: more is marks upon marks."""


def width_of(line: Iterable[Piece]) -> int:
    """How many cells the pieces take."""
    return sum(cell_len(text) for text, _ in line)


def fit(text: str, width: int) -> str:
    """A text cleaned, and cut with an ellipsis or filled up to exactly `width` cells."""
    text = plain(text)
    if is_wider(text, width):
        return _first_cells(text, max(0, width - 1)) + ("…" if width > 0 else "")
    return set_cell_size(text, width)


def cut(text: str, width: int) -> str:
    """A text cleaned, and cut with an ellipsis where it is wider than `width` cells."""
    text = plain(text)
    return fit(text, width) if is_wider(text, width) else text


def is_wider(text: str, width: int) -> bool:
    """Whether a cleaned text takes more than `width` cells."""
    return len(text) > _LONG * max(1, width) or cell_len(text) > width


def _first_cells(text: str, width: int) -> str:
    """The start of a text, exactly `width` cells. Counting cells is slow, so of a long text little is looked at."""
    return set_cell_size(text[: _LONG * width], width)


def spread(left: Line, right: Line, width: int) -> Line:
    """A line with pieces at both ends; the left end gives way where there is no room."""
    room = width - width_of(right)
    kept: list[Piece] = []
    for text, style in left:
        space = room - width_of(kept) - 1
        if space <= 0:
            break
        kept.append((cut(text, space), style))
    gap = max(0, room - width_of(kept))
    return (*kept, (" " * gap, ""), *right)


def clip(line: Line, width: int) -> Line:
    """A line as it is, or cut with an ellipsis where it is wider than `width` cells."""
    kept: list[Piece] = []
    for text, style in line if width_of(line) > width else ():
        kept.append((cut(text, width - width_of(kept)), style))
    return tuple(kept) or line


def wrap(text: str, width: int) -> list[str]:
    """A cleaned text in lines of at most `width` cells, broken between words where there are any."""
    lines, line = [], ""
    for word in plain(text).split(" "):
        while width > 0 and is_wider(word, width):
            if line:
                lines.append(line)
                line = ""
            head = _first_cells(word, width)
            lines.append(head)
            word = word[len(head.rstrip()) or 1 :]
        joined = f"{line} {word}" if line else word
        if cell_len(joined) > width and line:
            lines.append(line)
            joined = word
        line = joined
    return [*lines, line] if line or not lines else lines


class LinesView(ScrollView, inherit_bindings=False):
    """Shows the lines that `make_line` makes; `count` says how many there are."""

    DEFAULT_CSS = """
    LinesView { overflow-x: hidden; scrollbar-size-vertical: 1; }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id, classes=classes)
        self._painted: dict[int, Line] = {}
        self._styles: dict[str, Style] = {}

    # --- what a view says ---------------------------------------------------------------------------------------

    @abstractmethod
    def count(self) -> int:
        """How many lines there are."""

    @abstractmethod
    def make_line(self, index: int, width: int) -> Line:
        """The line at an index, for a view of that width."""

    # --- keeping it painted -------------------------------------------------------------------------------------

    def refresh_changed(self) -> int:
        """Paint again the lines in view that read differently now; how many they were."""
        self._fit_count()
        top, width = self.scroll_offset.y, self._line_width
        changed = 0
        for index in range(top, top + self.size.height):
            line = self._line_at(index, width)
            if self._painted.get(index) != line:
                self._painted[index] = line
                self.refresh_line(index)
                changed += 1
        if len(self._painted) > 4 * max(self.size.height, 50):
            self._painted = {
                index: line for index, line in self._painted.items() if 0 <= index - top < self.size.height
            }
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
        self._painted.clear()
        self._fit_count()

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
