"""The log of an instance, a layer or an environment as one stream of batches."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterator, Sequence
from heapq import merge
from itertools import islice

from tuienv.backends.aws.logs.live_tail import LiveTail, open_live_tail
from tuienv.backends.aws.logs.places import REMEDIES, Place, places_of
from tuienv.backends.aws.logs.polling import INTERVAL, Poller
from tuienv.backends.aws.logs.reading import (
    LATE,
    Given,
    all_lines,
    by_time,
    choices,
    last_lines,
    milliseconds,
    streams_of,
)
from tuienv.backends.aws.looking.atlas import Atlas
from tuienv.backends.aws.revisions import revision_of
from tuienv.backends.base import Invalid
from tuienv.model import Address, LogLine

TRIED = "read the log of"

BATCH = 2000
"""Lines in one batch at most."""

AGAIN = 60.0
"""Seconds between two looks at where the log is: a new version may write somewhere else."""


class LogStream:
    """A `Stream` of batches of lines. Opening it looks where the log is, and raises `NotFound` if there is nothing,
    `Invalid` if what is there keeps no log, and what the services say."""

    def __init__(
        self,
        atlas: Atlas,
        target: Address,
        *,
        tail: int | None,
        since: float | None,
        follow: bool,
        interval: float = INTERVAL,
    ) -> None:
        self._atlas, self._asker, self._target = atlas, atlas.asker, target
        self._tail, self._since, self._interval = tail, since, interval
        self._closed = threading.Event()
        self._live: LiveTail | None = None
        self._given = Given()
        self._places = self._find()
        self._pollers: list[Poller] = []
        self._before: list[LogLine] = []
        if follow:
            self._begin_to_follow()
        kept = self._kept(self._places)
        self._batches = self._follow(kept) if follow else self._in_batches(kept)

    def __iter__(self) -> Iterator[list[LogLine]]:
        return self

    def __next__(self) -> list[LogLine]:
        if self._closed.is_set():
            raise StopIteration
        return next(self._batches)

    def close(self) -> None:
        """End it; an iteration in another thread stops at once."""
        self._closed.set()
        if (live := self._live) is not None:
            live.close()

    # --- what there is already ----------------------------------------------------------------------------------

    def _find(self) -> list[Place]:
        placed = self._atlas.within(self._target, TRIED)
        revision = revision_of(self._asker, self._atlas.notes)
        places = [place for one in placed for place in places_of(one, self._target, revision)]
        if not places:
            said, remedy = REMEDIES[placed[0].part.form]
            raise Invalid(TRIED, self._target, said, remedy)
        return places

    def _kept(self, places: Sequence[Place]) -> Iterator[LogLine]:
        """What is kept of these, oldest first."""
        start = milliseconds(self._since)
        if self._tail is None:
            tracks = [all_lines(self._asker, place, choice, start) for place in places for choice in choices(place)]
            return merge(*tracks, key=by_time)
        return iter(self._ends(places, self._tail, start))

    def _ends(self, places: Sequence[Place], tail: int, start: int) -> list[LogLine]:
        """The last lines of each instance."""
        if not tail:
            return []
        reads = [(place, stream) for place in places for stream in streams_of(self._asker, place)]
        ends = self._asker.pool.map(lambda read: last_lines(self._asker, read[0], read[1], tail, start), reads)
        lines: dict[str, list[LogLine]] = {}
        for line in (line for end in ends for line in end):
            lines.setdefault(line.source, []).append(line)
        # A task with several containers writes several streams.
        kept = [line for of_one in lines.values() for line in sorted(of_one, key=by_time)[-tail:]]
        return sorted(kept, key=by_time)

    def _in_batches(self, lines: Iterator[LogLine]) -> Generator[list[LogLine], None, None]:
        while not self._closed.is_set() and (batch := list(islice(lines, BATCH))):
            yield batch

    # --- what comes ---------------------------------------------------------------------------------------------

    def _begin_to_follow(self) -> None:
        """Before what is kept is read, so that nothing is missed that is written meanwhile."""
        opened = time.time()
        if len(self._places) == 1:
            self._live = open_live_tail(self._asker, self._places[0])
        self._pollers = [Poller(self._asker, place, opened - LATE) for place in self._places]
        self._before = self._poll()

    def _follow(self, kept: Iterator[LogLine]) -> Generator[list[LogLine], None, None]:
        """First what is kept, then what comes. What is written in between is told in two ways, and given once."""
        before = Given()
        before.add(self._before)
        for batch in self._in_batches(kept):
            self._given.add(before.fresh(batch))
            yield batch
        if self._live is not None:
            self._given.add(self._before)
            yield from self._live_batches(self._live)
        yield from self._polled()

    def _live_batches(self, live: LiveTail | None) -> Iterator[list[LogLine]]:
        """One session after the other, as long as they end for their age alone."""
        while live is not None:
            try:
                for batch in live:
                    if lines := self._fresh(batch):
                        yield lines
            finally:
                live.close()
                self._live = None
            for poller in self._pollers:
                poller.go_on_from(self._given.reached)
            live = self._another() if live.timed_out else None
            # What came between two sessions was sent in neither.
            if live is not None and (lines := self._fresh(self._poll())):
                yield lines

    def _another(self) -> LiveTail | None:
        self._live = None if self._closed.is_set() else open_live_tail(self._asker, self._places[0])
        if self._live is not None and self._closed.is_set():
            self._live.close()
        return self._live

    def _fresh(self, batch: Sequence[LogLine]) -> list[LogLine]:
        """What of it was not given yet; given it is then."""
        lines = self._given.fresh(batch)
        self._given.add(lines)
        return lines

    def _polled(self) -> Iterator[list[LogLine]]:
        looked = time.monotonic()
        while not self._closed.wait(self._interval):
            if time.monotonic() - looked > AGAIN:
                self._look_again()
                looked = time.monotonic()
            if lines := self._poll():
                yield lines

    def _poll(self) -> list[LogLine]:
        found = self._asker.pool.map(lambda poller: poller.poll(), self._pollers)
        return self._given.fresh(sorted((line for lines in found for line in lines), key=by_time))

    def _look_again(self) -> None:
        """One poller more for each place that is new."""
        known = {(poller.place.group, poller.place.prefix) for poller in self._pollers}
        for place in self._find():
            if (place.group, place.prefix) not in known:
                self._pollers.append(Poller(self._asker, place, time.time() - AGAIN))
