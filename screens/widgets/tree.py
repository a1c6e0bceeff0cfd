"""The tree: environments, their layers, their instances.

It keeps its cursor on an address, not on a line: whatever comes or goes above it, the same thing stays selected, at
the same height on the screen.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from tuienv.model import Address
from tuienv.screens.known import Known
from tuienv.screens.rows import Filter, Rows
from tuienv.screens.session import layer_of
from tuienv.screens.widgets.lines import LinesView
from tuienv.screens.widgets.pieces import Line
from tuienv.screens.widgets.tree_lines import RowMaker

NOTHING = "No environments yet: nothing is declared in a file and nothing runs."
NOT_FOUND = "The filter finds nothing here."
SILENT = "No provider answers. It is asked again by itself."


class EnvironmentTree(LinesView, can_focus=True, inherit_bindings=False):
    """The visible rows of the world; see `Rows`. `staged`: replica counts asked for and not yet run."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "up", id="tree.up", show=False),
        Binding("down,j", "move(1)", "down", id="tree.down", show=False),
        Binding("left,h", "fold", "fold, or up to the parent", id="tree.fold", show=False),
        Binding("right", "unfold", "unfold, or into it", id="tree.unfold", show=False),
        Binding("space", "toggle_fold", "fold or unfold", id="tree.toggle", show=False),
        Binding("enter", "enter", "fold or unfold; into an instance", id="tree.enter", show=False),
        Binding("home,g", "move_to(0)", "first row", id="tree.first", show=False),
        Binding("end,G", "move_to(-1)", "last row", id="tree.last", show=False),
        Binding("pageup,ctrl+b", "page(-1.0)", "page up", id="tree.page_up", show=False),
        Binding("pagedown,ctrl+f", "page(1.0)", "page down", id="tree.page_down", show=False),
        Binding("ctrl+u", "page(-0.5)", "half a page up", id="tree.half_up", show=False),
        Binding("ctrl+d", "page(0.5)", "half a page down", id="tree.half_down", show=False),
    ]

    @dataclass
    class Moved(Message):
        """The cursor is on another address now."""

        address: Address | None

    @dataclass
    class Opened(Message):
        """Somebody wants to see inside what is selected."""

        address: Address

    @dataclass
    class Scrolled(Message):
        """Other rows are in view."""

    def __init__(self, known: Known, staged: Mapping[Address, int], *, clock: Callable[[], float] = time.time) -> None:
        super().__init__(id="tree")
        self._known = known
        self._clock = clock
        self.rows = Rows(known)
        self._staged = staged
        self._maker = RowMaker(known, self.rows, staged)
        self._line = 0
        self.cursor: Address | None = self.rows[0] if len(self.rows) else None

    # --- the lines ----------------------------------------------------------------------------------------------

    def count(self) -> int:
        return len(self.rows) or 1

    def held(self) -> int:
        return self._line

    def _nothing(self) -> str:
        if self.rows.filter is not None and self._known.environments:
            return NOT_FOUND
        if self._known.confirmed:
            return NOTHING
        connections = self._known.connections.values()
        return SILENT if connections and all(each.failure for each in connections) else "Looking…"

    def make_line(self, index: int, width: int) -> Line:
        if not len(self.rows):
            return ((f" {self._nothing()}", "dim"),)
        line = self._maker.line(self.rows[index], width, self._clock())
        if index != self._line:
            return line
        return (*line, ("", "cursor" if self.has_focus else "cursor-away"))

    # --- what changes them --------------------------------------------------------------------------------------

    def reshape(self) -> None:
        """Rows came or went: build them again, and stay on the same address at the same height."""
        height = self._line - self.scroll_offset.y
        self._maker.forget()
        self.rows.build()
        self._fit_count()
        line = self.rows.line(self.cursor) if self.cursor else None
        if line is None:
            line = self._nearest()
        if line != self._line and self.scroll_offset.y:
            self.scroll_to(y=line - height, animate=False)
        self._select(line)
        self.refresh_changed()

    def set_filter(self, wanted: Filter | None) -> None:
        """Show only what is wanted; everything with None."""
        self.rows.filter = wanted
        self.reshape()

    def go_to(self, address: Address) -> bool:
        """Put the cursor on an address, unfolding what hides it; whether it is there."""
        if address.layer and not self.rows.is_open(Address(address.environment)):
            self.rows.fold(Address(address.environment), True)
        if address.instance and not self.rows.is_open(address.parent):
            self.rows.fold(address.parent, True)
        self._fit_count()
        line = self.rows.line(address)
        if line is not None:
            self.action_move_to(line)
        return line is not None

    def in_view(self) -> list[Address]:
        """The addresses of the rows on the screen."""
        top = self.scroll_offset.y
        return [self.rows[line] for line in range(top, min(len(self.rows), top + self.size.height))]

    # --- keys ---------------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enter is for what is staged, where something is."""
        return action != "enter" or self.cursor is None or layer_of(self.cursor) not in self._staged

    def action_enter(self) -> None:
        if self.cursor is not None and self.cursor.instance:
            self.post_message(self.Opened(self.cursor))
        else:
            self.action_toggle_fold()

    def action_move(self, lines: int) -> None:
        self._select(self._line + lines)

    def action_move_to(self, line: int) -> None:
        self._select(line if line >= 0 else len(self.rows) + line)

    def action_page(self, pages: float) -> None:
        lines = max(1, int(self.size.height * abs(pages)))
        self.scroll_relative(y=lines if pages > 0 else -lines, animate=False)
        self._select(self._line + (lines if pages > 0 else -lines))

    def action_fold(self) -> None:
        if self.cursor is None:
            return
        if not self.cursor.instance and self.rows.is_open(self.cursor):
            self._fold(self.cursor, False)
        elif self.cursor.layer:
            self.go_to(self.cursor.parent)

    def action_unfold(self) -> None:
        if self.cursor is None:
            return
        if self.cursor.instance:
            self.post_message(self.Opened(self.cursor))
        elif not self.rows.is_open(self.cursor):
            self._fold(self.cursor, True)
        else:
            self.action_move(1)

    def action_toggle_fold(self) -> None:
        if self.cursor is not None and not self.cursor.instance:
            self._fold(self.cursor, not self.rows.is_open(self.cursor))

    def _fold(self, address: Address, opened: bool) -> None:
        self.rows.fold(address, opened)
        self.reshape()
        self.post_message(self.Scrolled())

    # --- the mouse ----------------------------------------------------------------------------------------------

    def on_click(self, event: events.Click) -> None:
        line = event.y + self.scroll_offset.y
        if not 0 <= line < len(self.rows):
            return
        address = self.rows[line]
        self._select(line)
        if not address.instance and (event.chain == 2 or event.x <= self._maker.fold_column(address)):
            self.action_toggle_fold()
        elif event.chain == 2:
            self.post_message(self.Opened(address))

    # --- focus and scrolling ------------------------------------------------------------------------------------

    def on_focus(self) -> None:
        self.refresh_changed()

    def on_blur(self) -> None:
        self.refresh_changed()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self.post_message(self.Scrolled())

    # --- the cursor ---------------------------------------------------------------------------------------------

    def _nearest(self) -> int:
        """Where the cursor goes when its address is gone: up to what it stood under, else to the same line."""
        parent = self.cursor.parent if self.cursor and self.cursor.layer else None
        line = self.rows.line(parent) if parent else None
        return self._line if line is None else line

    def _select(self, line: int) -> None:
        line = max(0, min(line, len(self.rows) - 1))
        address = self.rows[line] if len(self.rows) else None
        before, self._line = self._line, line
        if line != before:
            self.refresh_line(before)
            self.refresh_line(line)
        self.keep_in_view(line)
        if address != self.cursor:
            self.cursor = address
            self.refresh_line(line)
            self.post_message(self.Moved(address))
