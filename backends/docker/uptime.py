"""Since when a container runs, as well as a listing can tell it.

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


class StartTimes:
    """What is known of start times, by container ID. Safe to use from several threads."""

    def __init__(self) -> None:
        self._known: dict[str, float] = {}
        self._lock = threading.Lock()

    def know(self, container: str, started_at: float) -> None:
        """An event or an inspection said so: exact."""
        with self._lock:
            self._known[container] = started_at

    def forget(self, container: str) -> None:
        with self._lock:
            self._known.pop(container, None)

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
