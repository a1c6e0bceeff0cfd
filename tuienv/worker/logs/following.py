"""A log that goes on: opened again after a cut, and, where staying live matters more than being whole, near its end
when the provider itself falls behind."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Generator, Iterator
from itertools import chain, repeat
from typing import NamedTuple

from tuienv.backends.base import Reads, Stream, Throttled, Unreachable
from tuienv.model import Address, Failure, LogLine

BEHIND = 0.5
"""Seconds that a live log may be behind its provider. With the time to screen it stays within one second."""

NEAR_END = 1000
"""Lines an instance of which a live log is opened again: what a screen can use."""

MISSED = 10_000
"""Lines an instance that are fetched after a cut."""

OVERLAP = 1.0
"""Seconds read a second time after a cut: lines of several instances come in order only within less than that."""

WAITS = (0.2, 0.5, 1.0, 2.0, 3.0)
"""Seconds between tries to open a log again, by how many have failed."""

_SETTLE = 0.5
"""Seconds that a log that was opened again is given to catch up."""


class Piece(NamedTuple):
    """The next part of a log. `gap`: seconds missing just before these lines; `failure`: it was cut off here and is
    being opened again; `live`: the lines were written since it was opened, so a reader may skip them to keep up."""

    lines: list[LogLine]
    gap: float = 0.0
    failure: Failure | None = None
    live: bool = False


class Seam:
    """Where a log was left, so that it goes on there: no line twice, and a gap is known."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}
        self._after: dict[str, float] = {}
        self.newest = -math.inf
        self._open_end = False

    def leave(self) -> None:
        """The log is opened again from here."""
        self._after = dict(self._last)
        self._open_end = math.isfinite(self.newest)

    def join(self, lines: list[LogLine]) -> tuple[list[LogLine], float]:
        """The lines that were not had before, and the seconds that are missing before them."""
        if self._after:
            lines = self._without_known(lines)
        gap = 0.0
        if lines:
            if self._open_end:
                gap, self._open_end = max(0.0, lines[0].time - self.newest), False
            self._last.update({line.source: line.time for line in lines})
            self.newest = max(self.newest, lines[-1].time)
        return lines, gap

    def _without_known(self, lines: list[LogLine]) -> list[LogLine]:
        after, newest, nothing = self._after, self.newest, -math.inf
        if self._open_end and any(line.time == newest for line in lines):
            self._open_end = False  # the line that was the last is here again, so none is missing
        return [line for line in lines if line.time > after.get(line.source, nothing)]


class Lag:
    """How far a log is behind. The provider's clock is not ours: the least time that a line ever took tells how the
    two differ, and what it took more than that is lag."""

    def __init__(self) -> None:
        self._least = math.inf
        self._opened = 0.0
        self._known = math.inf

    def opened(self, now: float) -> None:
        self._opened = now
        self._known = min(self._known, now + _SETTLE)

    def note(self, line_time: float, now: float) -> None:
        self._least = min(self._least, now - line_time)

    def is_live(self, line_time: float, now: float) -> bool:
        """Whether a line was written after the log was opened. The first that are read are its past, and would say of
        themselves that they took no time: none is live until some were seen."""
        return now > self._known and line_time > self._opened - self._least

    def is_behind(self, line_time: float, now: float) -> bool:
        settled = now - self._opened > _SETTLE
        return settled and self.is_live(line_time, now) and now - line_time - self._least > BEHIND


class Following:
    """One backend's log of a target, as pieces. Iterate it in one thread; `close` works from any.

    `live`: rather skip than fall behind. Without `follow` there is nothing to go on with: the errors of the backend
    are raised.
    """

    def __init__(
        self,
        backend: Reads,
        target: Address,
        *,
        tail: int | None,
        since: float | None,
        follow: bool,
        live: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._backend, self._target = backend, target
        self._tail, self._since, self._follow, self._live = tail, since, follow, live
        self._clock = clock
        self._stream: Stream[list[LogLine]] | None = None
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._seam, self._lag = Seam(), Lag()

    def open(self) -> None:
        """Open it the first time. Raises what `Reads.logs` raises; a log that is followed may be iterated
        nevertheless, and then waits until it can be opened."""
        self._keep(self._backend.logs(self._target, tail=self._tail, since=self._since, follow=self._follow))

    def close(self) -> None:
        self._closed.set()
        with self._lock:
            stream = self._stream
        if stream is not None:
            stream.close()

    def __iter__(self) -> Iterator[Piece]:
        while stream := self._stream or self._open_again():
            try:
                behind = yield from self._pieces(stream)
            except (Unreachable, Throttled) as error:
                self._let_go()
                if not self._follow:
                    raise
                self._tail = MISSED
                yield Piece([], failure=error.as_failure())
                continue
            self._let_go()
            if not behind:
                return
            self._tail = NEAR_END

    def _pieces(self, stream: Stream[list[LogLine]]) -> Generator[Piece, None, bool]:
        """Until the log ended or was closed; or until it is behind, which it then says."""
        for batch in stream:
            lines, gap = self._seam.join(batch)
            if not lines:
                continue
            now, newest = self._clock(), lines[-1].time
            self._lag.note(newest, now)
            yield Piece(lines, gap, live=self._follow and self._lag.is_live(newest, now))
            if self._live and self._lag.is_behind(newest, now):
                return True
        return False

    # --- opening ------------------------------------------------------------------------------------------------

    def _open_again(self) -> Stream[list[LogLine]] | None:
        """Try until it opens; None once closed. Raises what trying again does not mend."""
        self._seam.leave()
        if math.isfinite(self._seam.newest):
            self._since = self._seam.newest - OVERLAP
        for wait in chain((0.0,), WAITS, repeat(WAITS[-1])):
            if self._closed.wait(wait):
                return None
            try:
                self.open()
            except (Unreachable, Throttled):
                continue
            return self._stream
        return None

    def _keep(self, stream: Stream[list[LogLine]]) -> None:
        with self._lock:
            self._stream = stream
        self._lag.opened(self._clock())
        if self._closed.is_set():  # while it was being opened
            stream.close()

    def _let_go(self) -> None:
        with self._lock:
            stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()
