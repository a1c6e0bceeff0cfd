"""Following by asking again and again: what CloudWatch has taken in since."""

from __future__ import annotations

from tuienv.backends.aws.asking import Asker
from tuienv.backends.aws.logs.places import Place
from tuienv.backends.aws.logs.reading import LATE, by_prefix, lines_in, milliseconds, pages_of
from tuienv.model import LogLine

INTERVAL = 2.0
"""Seconds between two looks at one place: soon enough to watch by, and well below one call a second."""


class Poller:
    """One place, from a time (seconds) on. Each event is told once: CloudWatch gives each an ID."""

    def __init__(self, asker: Asker, place: Place, start: float) -> None:
        self.place = place
        self._asker, self._start, self._reached = asker, start, start
        self._told: dict[str, float] = {}

    def poll(self) -> list[LogLine]:
        """What is new. Raises the contract's errors."""
        lines: list[LogLine] = []
        start = milliseconds(max(self._start, self._reached - LATE))
        for page in pages_of(self._asker, self.place, by_prefix(self.place), start):
            fresh = [event for event in page if str(event.get("eventId")) not in self._told]
            for event in fresh:
                at = float(event.get("timestamp") or 0) / 1000
                self._told[str(event.get("eventId"))] = at
                self._reached = max(self._reached, at)
            lines += lines_in(fresh, self.place)
        oldest = self._reached - LATE
        self._told = {event: at for event, at in self._told.items() if at >= oldest}
        return lines

    def go_on_from(self, time: float) -> None:
        """What is older was told otherwise."""
        self._reached = max(self._reached, time)
