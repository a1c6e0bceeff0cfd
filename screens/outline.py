"""The main screen as it is painted before Textual has been imported: the same lines at the same places.

Textual takes a few tenths of a second to import, and the worker may have listed a provider before. Its bars and its
tree are then shown like this, in the terminal's own colours, until Textual paints them in those of the theme. What
needs Textual (the panes, the keys, the cursor) is left out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from rich.cells import cell_len

from tuienv.model.state import (
    ConnectionChanged,
    EnvironmentsChanged,
    FilesRefused,
    InstancesChanged,
    LayersChanged,
)
from tuienv.screens.known import NO_RULES, Known
from tuienv.screens.rows import Rows
from tuienv.screens.widgets.bar_lines import PANES, header_line, tabs_line, title_line
from tuienv.screens.widgets.pieces import Line, first_cells, is_wider
from tuienv.screens.widgets.tree_lines import RowMaker
from tuienv.settings import Rules
from tuienv.text import plain
from tuienv.worker.messages import Update

WIDE = 100
"""Columns from which on the tree stands beside the panes, not over them (`MainScreen.HORIZONTAL_BREAKPOINTS`)."""

LOOKS = {
    "strong": "1",
    "title": "1",
    "tab": "1",
    "dim": "2",
    "stale": "2;3",
}
"""SGR attributes (ECMA-48, 8.3.117) of those styles that are more than a colour. They can be read on any ground."""


_OF_THE_WORLD = EnvironmentsChanged | LayersChanged | InstancesChanged | ConnectionChanged | FilesRefused


class Outline:
    """Takes in what the worker tells, and draws it."""

    def __init__(
        self, *, read_only: bool = False, rules: Rules = NO_RULES, clock: Callable[[], float] = time.time
    ) -> None:
        self._read_only, self._clock = read_only, clock
        self._known = Known(rules=rules)
        self._rows = Rows(self._known)
        self._maker = RowMaker(self._known, self._rows, {})
        cell_len("●")  # reads its table now: a thread that draws must not wait for what another one imports

    def take(self, updates: Iterable[Update]) -> bool:
        """Take in what the worker told; whether there is an environment to show."""
        for update in updates:
            if isinstance(update, _OF_THE_WORLD):
                self._known.take(update)
        return bool(self._known.environments)

    def lines(self, columns: int, rows: int) -> list[str]:
        """The whole screen, one line a row, as it is written to a terminal of that size."""
        self._maker.forget()
        self._rows.build()
        header = header_line(self._known, self._read_only, self._clock(), columns)
        body = (self._beside if columns >= WIDE else self._below)(columns, max(0, rows - 2))
        return [_written(header, columns), *body, " " * columns][:rows]

    def _beside(self, columns: int, height: int) -> list[str]:
        side = min(72, max(34, columns * 38 // 100))
        tree, pane = self._tree(side, height), self._pane(columns - side, height)
        return [left + right for left, right in zip(tree, pane, strict=True)]

    def _below(self, columns: int, height: int) -> list[str]:
        half = height // 2
        return [*self._tree(columns, half), *self._pane(columns, height - half)]

    def _tree(self, width: int, height: int) -> list[str]:
        room = width - 1 if len(self._rows) > height else width  # a bar to scroll with
        now, shown = self._clock(), range(min(height, len(self._rows)))
        lines = [_written(self._maker.line(self._rows[line], room, now), width) for line in shown]
        return lines + [" " * width] * (height - len(lines))

    def _pane(self, width: int, height: int) -> list[str]:
        title = title_line(self._known, self._rows[0] if len(self._rows) else None, width)
        lines = [_written(title, width), _written(tabs_line(PANES, PANES[0], width), width)]
        return (lines + [" " * width] * height)[:height]


def _written(line: Line, width: int) -> str:
    """A line with its attributes, cut or filled up to exactly so many cells."""
    room, written = width, ""
    for text, style in line:
        text = plain(text)
        if is_wider(text, room):
            text = first_cells(text, room)
        written += _piece(text, style)
        room -= cell_len(text)
    return written + " " * room


def _piece(text: str, style: str) -> str:
    attributes = ";".join(LOOKS[name] for name in style.split() if name in LOOKS)
    return f"\x1b[{attributes}m{text}\x1b[0m" if attributes else text
