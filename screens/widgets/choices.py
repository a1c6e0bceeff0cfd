"""Lines to choose from: sizes, themes, variables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from tuienv.screens.widgets.lines import LinesView
from tuienv.screens.widgets.pieces import Line


class Choices(LinesView, can_focus=True):
    """A list with a cursor. Enter, or a click on the line that has it, chooses. Under it may stand lines to read."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "up", id="list.up", show=False),
        Binding("down,j", "move(1)", "down", id="list.down", show=False),
        Binding("home,g", "move(-1000000)", "first", id="list.first", show=False),
        Binding("end,G", "move(1000000)", "last", id="list.last", show=False),
        Binding("enter", "choose", "choose", id="list.choose", show=False),
    ]

    @dataclass
    class Chosen(Message):
        """The line at this index was chosen."""

        index: int

    @dataclass
    class Moved(Message):
        """The cursor is on another line."""

        index: int

    def __init__(self, lines: Sequence[Line] = (), *, chosen: int = 0, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._lines = tuple(lines)
        self._below: tuple[Line, ...] = ()
        self.cursor = chosen

    def set_lines(self, lines: Sequence[Line], below: Sequence[Line] = ()) -> None:
        """Show these; the cursor stays on its line as far as there is one."""
        self._lines, self._below = tuple(lines), tuple(below)
        self.cursor = max(0, min(self.cursor, len(lines) - 1))
        self.refresh_changed()

    def count(self) -> int:
        return len(self._lines) + len(self._below)

    def held(self) -> int:
        return self.cursor

    def make_line(self, index: int, width: int) -> Line:
        if index >= len(self._lines):
            return self._below[index - len(self._lines)]
        line = self._lines[index]
        if index != self.cursor:
            return line
        return (*line, ("", "cursor" if self.has_focus else "cursor-away"))

    def action_move(self, lines: int) -> None:
        before, self.cursor = self.cursor, max(0, min(self.cursor + lines, len(self._lines) - 1))
        self.refresh_changed()
        if self.cursor != before:
            self.post_message(self.Moved(self.cursor))
        self.keep_in_view(self.cursor)

    def action_choose(self) -> None:
        if self._lines:
            self.post_message(self.Chosen(self.cursor))

    def on_click(self, event: events.Click) -> None:
        line = event.y + self.scroll_offset.y
        if not 0 <= line < len(self._lines):
            return
        again = line == self.cursor
        self.action_move(line - self.cursor)
        if again or event.chain == 2:
            self.action_choose()

    def on_focus(self) -> None:
        self.refresh_changed()

    def on_blur(self) -> None:
        self.refresh_changed()


class Text(LinesView, can_focus=True):
    """Lines to read, scrolled with the same keys as everything else."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_up", "up", id="text.up", show=False),
        Binding("down,j", "scroll_down", "down", id="text.down", show=False),
        Binding("home,g", "scroll_home", "top", id="text.top", show=False),
        Binding("end,G", "scroll_end", "bottom", id="text.bottom", show=False),
        Binding("pageup,ctrl+b,ctrl+u", "page_up", "page up", id="text.page_up", show=False),
        Binding("pagedown,ctrl+f,ctrl+d", "page_down", "page down", id="text.page_down", show=False),
    ]

    def __init__(self, lines: Sequence[Line] = (), *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._lines = tuple(lines)

    def set_lines(self, lines: Sequence[Line]) -> None:
        self._lines = tuple(lines)
        self.refresh_changed()

    def count(self) -> int:
        return len(self._lines)

    def make_line(self, index: int, width: int) -> Line:
        return self._lines[index]
