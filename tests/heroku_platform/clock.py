"""Time at the double: the wall clock from when it was made, run faster, and what is due on it."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import count


class Clock:
    """`speed` seconds go by here for each real one. Not locked: whoever holds the world's lock uses it."""

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed
        self._began, self._real = datetime.now(UTC), time.monotonic()
        self._skipped = timedelta()
        self._at: datetime | None = None
        self._due: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = count()

    def now(self) -> datetime:
        """The time here. While something that was due is done, that is the time at which it was due."""
        if self._at is not None:
            return self._at
        return self._began + self._skipped + timedelta(seconds=(time.monotonic() - self._real) * self.speed)

    def after(self, seconds: float, deed: Callable[[], None]) -> None:
        """Have this done when so many seconds have gone by here."""
        heapq.heappush(self._due, (self.now() + timedelta(seconds=seconds), next(self._order), deed))

    def skip(self, seconds: float) -> None:
        """Let so many seconds go by at once; what comes due in them is done by the next `settle`."""
        self._skipped += timedelta(seconds=seconds)

    def settle(self) -> bool:
        """Do what is due, in order, each at its time. Whether there was anything."""
        end, did = self.now(), False
        while self._due and self._due[0][0] <= end:
            self._at, _, deed = heapq.heappop(self._due)
            did = True
            try:
                deed()
            finally:
                self._at = None
        return did

    def until_next(self) -> float | None:
        """Real seconds until something is due; None when nothing is."""
        if not self._due:
            return None
        return max(0.0, (self._due[0][0] - self.now()).total_seconds() / self.speed)


@lru_cache(8192)
def stamp(moment: datetime) -> str:
    """A time as the API writes it: ``2015-10-23T09:52:31Z``."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
