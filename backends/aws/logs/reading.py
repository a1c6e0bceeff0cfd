"""CloudWatch's log events as lines, one answer after the other.

Times are milliseconds there. FilterLogEvents gives what many streams of one group have, oldest first, ten thousand
events or a megabyte a page; GetLogEvents gives the end of one stream.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from operator import itemgetter

from tuienv.backends.aws.asking import Asker
from tuienv.backends.aws.logs.places import Place
from tuienv.backends.aws.looking.parts import Row
from tuienv.backends.aws.looking.source import in_batches
from tuienv.backends.base import NotFound
from tuienv.model import LogLine

STREAMS_A_CALL = 100
PAGE = 10_000
STREAMS = 50
"""Streams of a place whose writers are not known: those that were written to last."""

LATE = 10.0
"""Seconds by which an event may be taken in behind one that is later by its own time."""

by_time = itemgetter(0)
"""Lines of one time stay in the order in which they were told."""


class Given:
    """The lines that were given out lately, so that what is told in two ways is given once."""

    def __init__(self) -> None:
        self._lines: Counter[LogLine] = Counter()
        self.reached = 0.0

    def add(self, lines: Iterable[LogLine]) -> None:
        for line in lines:
            self._lines[line] += 1
            self.reached = max(self.reached, line.time)
        oldest = self.reached - LATE
        self._lines = Counter({line: count for line, count in self._lines.items() if line.time >= oldest})

    def fresh(self, lines: Iterable[LogLine]) -> list[LogLine]:
        """Those that were not given out."""
        found = []
        for line in lines:
            if self._lines.get(line, 0) > 0:
                self._lines[line] -= 1
            else:
                found.append(line)
        return found


def lines_in(events: Iterable[Row], place: Place) -> list[LogLine]:
    """What the events say. A message of several lines is as many; what belongs to somebody else is left out."""
    lines = []
    for event in events:
        source = place.source_of(str(event.get("logStreamName", "")))
        if source:
            time = float(event.get("timestamp") or 0) / 1000
            for text in str(event.get("message", "")).rstrip("\r\n").split("\n"):
                lines.append(LogLine(time, source, text.rstrip("\r").encode("utf-8", "surrogateescape")))
    return lines


def milliseconds(time: float | None) -> int:
    """As CloudWatch counts; a time of a line, asked for again, includes that line."""
    return 0 if time is None else max(0, int(round(time * 1000, 3)))


def choices(place: Place) -> list[Mapping[str, object]]:
    """How the streams of a place are named in calls: one by one where they are known, else by how they begin."""
    if place.streams:
        return [{"logStreamNames": batch} for batch in in_batches(place.streams, STREAMS_A_CALL)]
    return [by_prefix(place)]


def by_prefix(place: Place) -> Mapping[str, object]:
    return {"logStreamNamePrefix": place.prefix} if place.prefix else {}


def pages_of(asker: Asker, place: Place, choice: Mapping[str, object], start: int) -> Iterator[list[Row]]:
    """Pages of events from `start` (milliseconds) on. A group or a stream that is not there (yet) has none."""
    with suppress(NotFound):
        yield from asker.pages(
            "logs", "filter_log_events", "events", place.group, logGroupName=place.group, startTime=start, **choice
        )


def all_lines(asker: Asker, place: Place, choice: Mapping[str, object], start: int) -> Iterator[LogLine]:
    """Every line, in the order of time."""
    for page in pages_of(asker, place, choice, start):
        yield from sorted(lines_in(page, place), key=by_time)


def last_lines(asker: Asker, place: Place, stream: str, count: int, start: int) -> list[LogLine]:
    """The last lines of one stream, so many at most."""
    if count <= 0:
        return []
    given: dict[str, object] = {"startTime": start} if start else {}
    try:
        told = asker.ask(
            "logs",
            "get_log_events",
            place.group,
            logGroupName=place.group,
            logStreamName=stream,
            limit=min(count, PAGE),
            startFromHead=False,
            **given,
        )
    except NotFound:
        return []
    events = [{**event, "logStreamName": stream} for event in told.get("events") or ()]
    return lines_in(events, place)[-count:]


def streams_of(asker: Asker, place: Place) -> list[str]:
    """The streams of a place: those that are known, else those that were written to last. CloudWatch gives those of a
    prefix by their names alone, which say nothing of when: they are asked for where none of the last is of the place,
    in a group that others write to as well."""
    if place.streams:
        return list(place.streams)
    last = _described(asker, place, {"orderBy": "LastEventTime", "descending": True})
    mine = [name for name in last if name.startswith(place.prefix)]
    return mine or (_described(asker, place, by_prefix(place)) if place.prefix else [])


def _described(asker: Asker, place: Place, choice: Mapping[str, object]) -> list[str]:
    try:
        told = asker.ask("logs", "describe_log_streams", place.group, logGroupName=place.group, limit=STREAMS, **choice)
    except NotFound:
        return []
    return [str(row["logStreamName"]) for row in told.get("logStreams") or ()]
