"""The lines of an open log that are kept: bounded, filtered, and found by row however they are wrapped."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from tuienv.model import LogLine
from tuienv.screens.widgets.log_pattern import Pattern, TooSlow

LINES = 40_000
BYTES = 8 << 20
"""What is kept, whichever comes first: with what Python needs for it, some 15 MiB."""

_SPARE = 8
"""When it is full, one part in so many is let go at once, so that letting go costs little."""


@dataclass(frozen=True, slots=True)
class Marker:
    """A remark inside the log: what was skipped, or cut, where it was."""

    text: str


Entry = LogLine | Marker

_Kept = tuple[float, str, bytes] | Marker
"""An entry in the buffer. A plain tuple of plain values is one that Python's search for garbage forgets about; forty
thousand named ones are looked at again and again, each time for longer than a key may wait for its answer."""


class Filter:
    """Which lines are shown: those in which a pattern is found; with "!" before it, those in which it is not. All of
    them if it is one that takes too long: then nobody knows which."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.inverse = text.startswith("!")
        self.pattern = Pattern(text.removeprefix("!"))

    @property
    def too_slow(self) -> bool:
        return self.pattern.too_slow

    def passing(self, first: int, entries: Sequence[_Kept]) -> list[int]:
        """The numbers of the entries to show; `first` is that of the first. Raises `TooSlow`."""
        found, inverse = self.pattern.look(), self.inverse
        return [
            number
            for number, entry in enumerate(entries, first)
            if isinstance(entry, Marker) or found(entry[2]) is not inverse
        ]


class LogBuffer:
    """Entries by number: each keeps its own, however many before it are let go. Rows are counted from 0 at the top.

    `height_of` says how many rows an entry takes; None: each takes one.
    """

    def __init__(self, lines: int = LINES, size: int = BYTES) -> None:
        self._most, self._most_bytes = lines, size
        self._entries: list[_Kept] = []
        self._first = 0
        self._bytes = self._markers = 0
        self.sources: dict[str, None] = {}
        self._filter: Filter | None = None
        self._height_of: Callable[[Entry], int] | None = None
        self._shown: list[int] = []
        self._ends: list[int] = []
        self._gone = 0

    # --- what is in it ------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, number: int) -> Entry:
        entry = self._entries[number - self._first]
        return entry if isinstance(entry, Marker) else LogLine(*entry)

    @property
    def lines(self) -> int:
        """How many lines are kept: entries that are no remarks."""
        return len(self._entries) - self._markers

    @property
    def lines_shown(self) -> int:
        """How many of them the filter lets through. It lets every remark through."""
        return len(self._shown) - self._markers

    @property
    def first(self) -> int:
        """The number of the oldest entry that is here."""
        return self._first

    @property
    def filter(self) -> Filter | None:
        return self._filter

    @property
    def shows_all(self) -> bool:
        """Whether no filter leaves anything out: there is none, or one that takes too long."""
        return self._filter is None or self._filter.too_slow

    @property
    def is_full(self) -> bool:
        """Whether no older lines would fit."""
        return len(self._entries) >= self._most * (_SPARE - 1) // _SPARE or self._bytes >= self._most_bytes // 2

    def oldest(self) -> float | None:
        """The time of the first line."""
        return next((entry[0] for entry in self._entries if not isinstance(entry, Marker)), None)

    def clear(self) -> None:
        self._entries.clear()
        self.sources.clear()
        self._bytes = self._markers = 0
        self._lay_out()

    def add(self, entries: Sequence[Entry]) -> int:
        """Add newer entries; gives how many rows went at the top to make room."""
        number = self._first + len(self._entries)
        self._entries += self._keep(entries)
        self._lay_out_more(range(number, number + len(entries)))
        return self._make_room()

    def add_older(self, entries: Sequence[Entry]) -> int:
        """Add entries from before all that are here, as many as fit; gives how many rows came at the top."""
        room = max(0, self._most - len(self._entries))
        fitting = entries[max(0, len(entries) - room) :]
        before = self.rows
        self._entries[:0] = self._keep(fitting)
        self._first -= len(fitting)
        self._lay_out()
        return self.rows - before

    def _keep(self, entries: Sequence[Entry]) -> list[_Kept]:
        """The entries as they are kept, counted."""
        lines = [entry for entry in entries if isinstance(entry, LogLine)]
        self._bytes += sum(len(line.raw) for line in lines)
        self._markers += len(entries) - len(lines)
        self.sources.update(dict.fromkeys(line.source for line in lines))
        return [entry if isinstance(entry, Marker) else (entry.time, entry.source, entry.raw) for entry in entries]

    def _make_room(self) -> int:
        if len(self._entries) <= self._most and self._bytes <= self._most_bytes:
            return 0
        count = max(len(self._entries) - self._most, 0) + self._most // _SPARE
        while count < len(self._entries) - 1 and self._bytes - self._size(count) > self._most_bytes:
            count += max(1, (len(self._entries) - count) // 2)
        self._bytes -= self._size(count)
        self._markers -= sum(isinstance(entry, Marker) for entry in self._entries[:count])
        del self._entries[:count]
        self._first += count
        hidden = bisect_right(self._shown, self._first - 1)
        rows = self._ends[hidden - 1] - self._gone if self._ends and hidden else hidden
        del self._shown[:hidden]
        if self._ends:
            self._gone += rows
            del self._ends[:hidden]
        return rows

    def _size(self, count: int) -> int:
        return sum(len(entry[2]) for entry in self._entries[:count] if not isinstance(entry, Marker))

    # --- what is shown of it ------------------------------------------------------------------------------------

    @property
    def rows(self) -> int:
        """How many rows there are to show."""
        if self._height_of is None:
            return len(self._shown)
        return self._ends[-1] - self._gone if self._ends else 0

    def show_only(self, chosen: Filter | None) -> None:
        self._filter = chosen
        self._lay_out()

    def lay_out(self, height_of: Callable[[Entry], int] | None) -> None:
        """From now on entries take so many rows."""
        self._height_of = height_of
        self._stack()

    def at_row(self, row: int) -> tuple[int, int] | None:
        """The number of the entry at a row, and which of its rows that is."""
        if not 0 <= row < self.rows:
            return None
        if self._height_of is None:
            return self._shown[row], 0
        place = bisect_right(self._ends, row + self._gone)
        start = self._ends[place - 1] if place else self._gone
        return self._shown[place], row + self._gone - start

    def row_of(self, number: int) -> int:
        """The first row of an entry; of the next one that is shown, if it is not."""
        place = bisect_right(self._shown, number - 1)
        if self._height_of is None:
            return place
        return (self._ends[place - 1] if place else self._gone) - self._gone

    def numbers(self, low: int, high: int) -> list[int]:
        """The numbers of the entries that are shown from one to another."""
        return self._shown[bisect_right(self._shown, low - 1) : bisect_right(self._shown, high)]

    def shown(self) -> Iterator[Entry]:
        """All entries that pass the filter."""
        return (self[number] for number in self._shown)

    def find(self, pattern: Pattern, start: int, step: int) -> int | None:
        """The number of the next line (`step` 1) or the one before (-1) in which this is found, going round. Raises
        `TooSlow`."""
        count, found = len(self._shown), pattern.look()
        place = bisect_right(self._shown, start) - 1
        for away in range(1, count + 1):
            number = self._shown[(place + step * away) % count]
            entry = self._entries[number - self._first]
            if not isinstance(entry, Marker) and found(entry[2]):
                return number
        return None

    def _lay_out(self) -> None:
        """Choose anew what is shown, and where."""
        self._shown.clear()
        self._stack()
        self._lay_out_more(range(self._first, self._first + len(self._entries)))

    def _lay_out_more(self, numbers: range) -> None:
        shown = self._passing(numbers)
        if shown is None:
            self._lay_out()
            return
        self._shown += shown
        self._put_under(shown)

    def _passing(self, numbers: range) -> Sequence[int] | None:
        """Those that the filter lets through; None if it has just become clear that it takes too long."""
        chosen = self._filter
        if chosen is None or chosen.too_slow:
            return numbers
        try:
            return chosen.passing(numbers.start, self._entries[numbers.start - self._first :][: len(numbers)])
        except TooSlow:
            return None

    def _stack(self) -> None:
        """Count anew at which rows that is which is shown."""
        self._ends.clear()
        self._gone = 0
        self._put_under(self._shown)

    def _put_under(self, numbers: Sequence[int]) -> None:
        if self._height_of is not None:
            end = self._ends[-1] if self._ends else self._gone
            for number in numbers:
                end += self._height_of(self[number])
                self._ends.append(end)
