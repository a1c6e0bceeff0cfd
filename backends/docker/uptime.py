"""Since when a container runs, as well as a listing can tell it, and what no listing tells of how it ended.

A listing has the time of creation and a rounded "Up 3 hours", no time of start; asking for that would cost a call a
container. So the creation stands for it unless the rounded age contradicts, and an estimate, once made, is kept as
long as the rounded age agrees with it: what is shown does not jump about.
"""

from __future__ import annotations

import re
import threading

_UNITS = {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86400.0, "week": 604800.0, "month": 2592000.0}
_UNITS["year"] = 31536000.0
_AGE = re.compile(r"Up (?:(?P<less>Less than a second)|(?:(?P<count>\d+)|About an?) (?P<unit>[a-z]+?)s?)\b")

_SLACK = 0.5
"""Rounding differs by unit and engine version; half a unit to either side never contradicts."""


def age_bounds(status: str) -> tuple[float, float] | None:
    """The least and the greatest age in seconds that a status like ``Up 3 hours (healthy)`` can mean.

    Source: `HumanDuration` of docker/go-units. None if it does not say.
    """
    match = _AGE.match(status)
    if match is None:
        return None
    if match["less"]:
        return 0.0, 2.0
    unit = _UNITS.get(match["unit"])
    if unit is None:
        return None
    count = float(match["count"] or 1)
    return max(0.0, (count - _SLACK) * unit - 1), (count + 1 + _SLACK) * unit + 1


class Lifetimes:
    """What is known of the lives of containers, by ID. Safe to use from several threads."""

    def __init__(self) -> None:
        self._known: dict[str, float] = {}
        self._starved: set[str] = set()
        self._lock = threading.Lock()

    def know(self, container: str, started_at: float) -> None:
        """An event or an inspection said that it started: exact."""
        with self._lock:
            self._known[container] = started_at
            self._starved.discard(container)

    def starve(self, container: str) -> bool:
        """The kernel killed something in it for lack of memory (what `State.OOMKilled` of an inspection tells). Whether
        that is news: it may happen many times a second."""
        with self._lock:
            known = container in self._starved
            self._starved.add(container)
            return not known

    def has_starved(self, container: str) -> bool:
        """Whether that was so since it started, as far as somebody watched."""
        with self._lock:
            return container in self._starved

    def forget(self, container: str) -> None:
        with self._lock:
            self._known.pop(container, None)
            self._starved.discard(container)

    def estimate(self, container: str, created: float, status: str, now: float) -> float | None:
        """When the container started, from its row in a listing; None if it is not up."""
        bounds = age_bounds(status)
        if bounds is None:
            return None
        with self._lock:
            for candidate in (self._known.get(container), created):
                if candidate is not None and bounds[0] <= now - candidate <= bounds[1]:
                    return candidate
            self._known[container] = now - bounds[0]
            return self._known[container]
