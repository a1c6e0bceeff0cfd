"""What a client of the sandbox follows: hints, log lines and samples. Another thread may close each at any time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator, Sequence
from heapq import merge
from itertools import chain, islice
from math import nextafter
from operator import itemgetter
from typing import Generic, TypeVar

from tuienv.backends.base import Hint, Unreachable
from tuienv.backends.sandbox.cloud import Cloud
from tuienv.backends.sandbox.faults import error
from tuienv.backends.sandbox.life import sample, work_lines
from tuienv.backends.sandbox.records import SERVING, Record
from tuienv.backends.sandbox.timeline import MAILBOX
from tuienv.model import Address, LogLine, Sample

BATCH = 1000
"""Log lines in one batch at most."""

FOLLOW_INTERVAL = 0.25
"""Seconds of the sandbox between two looks of a stream that follows."""

_BY_TIME = itemgetter(0)
"""Lines of one time stay in the order in which they were found."""

T = TypeVar("T")


class Follower(ABC, Generic[T]):
    """The common half of the streams: ending them, and being cut off when the provider has a bad day."""

    def __init__(self, cloud: Cloud, profile: str, call: str, target: object) -> None:
        self._cloud, self._profile, self._call, self._target = cloud, profile, call, target
        self._closed = False

    def __iter__(self) -> Iterator[T]:
        return self

    @abstractmethod
    def __next__(self) -> T:
        """Raises `Unreachable` when the provider cut the stream off."""

    def close(self) -> None:
        """End it; whoever waits in it is let go at once."""
        with self._cloud.changed:
            self._closed = True
            self._cloud.changed.notify_all()

    def _check(self) -> None:
        """Call with the lock held, whenever something may have happened."""
        if self._closed:
            raise StopIteration
        trouble = self._cloud.faults.standing(self._profile, self._call)
        if trouble is not None:
            raised = error(trouble, self._call, self._target)
            raise Unreachable(raised.tried, raised.target, f"the stream was cut off: {raised.said}", raised.remedy)

    def _sleep(self, seconds: float) -> None:
        """Let time pass with the lock held; ends early when the stream is closed or cut off."""
        until = self._cloud.clock.now() + seconds
        self._cloud.later(seconds, lambda: None)
        while self._cloud.clock.now() < until:
            self._cloud.wait()
            self._check()


class HintStream(Follower[Hint]):
    """What changes, as it changes."""

    def __init__(self, cloud: Cloud, profile: str) -> None:
        super().__init__(cloud, profile, "watch", "everything")
        self._mail: deque[Hint] = deque([Hint()])
        cloud.watch(self._take)

    def __next__(self) -> Hint:
        with self._cloud.changed:
            self._check()
            while not self._mail:
                self._cloud.wait()
                self._check()
            return self._mail.popleft()

    def close(self) -> None:
        with self._cloud.changed:
            if not self._closed:
                self._cloud.unwatch(self._take)
        super().close()

    def _take(self, hint: Hint) -> None:
        if len(self._mail) >= MAILBOX:
            self._mail.clear()
            hint = Hint()
        self._mail.append(hint)


class LogStream(Follower[list[LogLine]]):
    """The lines of some instances: those that are kept, and with `follow` those that come."""

    def __init__(
        self, cloud: Cloud, profile: str, target: Address, tail: int | None, since: float | None, follow: bool
    ) -> None:
        super().__init__(cloud, profile, "read_logs", target)
        self._where, self._follow = target, follow
        self._told: dict[str, int] = {}
        self._upto = cloud.clock.now()
        with cloud.changed:
            kept = [self._kept(record, tail, since) for record in self._records()]
        self._kept_lines = iter(merge(*kept, key=_BY_TIME))

    def __next__(self) -> list[LogLine]:
        with self._cloud.changed:
            self._check()
            batch = list(islice(self._kept_lines, BATCH))
            while not batch:
                if not self._follow:
                    raise StopIteration
                self._sleep(FOLLOW_INTERVAL)
                batch = self._new()
            return batch

    def _records(self) -> list[Record]:
        records = self._cloud.records(self._where.environment, self._where.layer)
        return [record for record in records if self._where.instance in ("", record.address.instance)]

    def _kept(self, record: Record, tail: int | None, since: float | None) -> list[LogLine]:
        self._told[record.id] = len(record.lines)
        work = work_lines(record, 0.0 if since is None else nextafter(since, 0.0), self._upto, tail)
        lines = [line for line in chain(work, record.lines) if since is None or line[0] >= since]
        return _as_lines(record, lines)[-tail if tail else None :] if tail != 0 else []

    def _new(self) -> list[LogLine]:
        now = self._cloud.clock.now()
        found: list[LogLine] = []
        for record in self._records():
            told = self._told.get(record.id, 0)
            self._told[record.id] = len(record.lines)
            found += _as_lines(record, [*work_lines(record, self._upto, now), *record.lines[told:]])
        self._upto = now
        return sorted(found, key=_BY_TIME)


def _as_lines(record: Record, lines: Sequence[tuple[float, str]]) -> list[LogLine]:
    source = str(record.address)
    return [LogLine(time, source, text.encode()) for time, text in sorted(lines, key=_BY_TIME)]


class SampleStream(Follower[list[Sample]]):
    """A sample of each instance a second; of those that are gone, none."""

    def __init__(self, cloud: Cloud, profile: str, targets: Sequence[Address]) -> None:
        super().__init__(cloud, profile, "measure", ", ".join(map(str, targets[:3])))
        self._targets = frozenset(targets)
        self._layers = sorted({target.parent for target in targets})
        self._first = True

    def __next__(self) -> list[Sample]:
        with self._cloud.changed:
            self._check()
            if not self._first:
                self._sleep(1.0)
            self._first = False
            return [one for layer in self._layers for one in self._measure(layer)]

    def _measure(self, layer: Address) -> list[Sample]:
        records = self._cloud.records(layer.environment, layer.layer)
        serving = sum(record.phase in SERVING for record in records)
        now = self._cloud.clock.now()
        return [sample(record, now, serving) for record in records if record.address in self._targets]


def last_lines(cloud: Cloud, record: Record, count: int) -> list[str]:
    """The newest lines of one instance, as text: what it said before it failed."""
    with cloud.changed:
        lines = sorted([*work_lines(record, 0.0, cloud.clock.now(), count), *record.lines], key=_BY_TIME)
    return [text for _, text in lines[-count:]]
