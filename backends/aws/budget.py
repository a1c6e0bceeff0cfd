"""How much one profile may ask in one region: so many calls at once, so many at a stretch, so many a second after that.

A limit of our own, below those of AWS, so that one screen does not use up what a whole account may ask; what AWS says
beyond it (throttling) is heard by botocore's adaptive retries. All backends with the same profile and region share one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType

from tuienv.model import Budget

AT_ONCE = 48
"""Calls under way at once, and connections kept open to one service: 5,000 services are 650 calls, and 50 ms each is
then 0.7 s, about as long as Python takes to make them and to read the answers; more gains nothing."""

STRETCH = 1500
"""Calls that may be made in one go: a look at a big account."""

REFILL = 20.0
"""Calls that come back a second: the sustained rate of the slowest service that is asked (ECS reading clusters;
Amazon ECS documentation, "Request throttling for the Amazon ECS API")."""


class RequestBudget:
    """Entered for each call; waits where the budget is used up. Safe to use from several threads."""

    def __init__(
        self,
        at_once: int = AT_ONCE,
        stretch: float = STRETCH,
        refill: float = REFILL,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._slots = threading.BoundedSemaphore(at_once)
        self._stretch, self._refill = float(stretch), refill
        self._clock, self._sleep = clock, sleep
        self._lock = threading.Lock()
        self._left, self._at = float(stretch), clock()
        self._made = 0

    def __enter__(self) -> RequestBudget:
        self._slots.acquire()
        if (wait := self._take()) > 0:
            self._sleep(wait)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._slots.release()

    def give_back(self) -> None:
        """What was taken was not needed after all."""
        with self._lock:
            self._left += 1
            self._made -= 1

    def told(self) -> Budget:
        """What is left of it, and how much was ever taken."""
        with self._lock:
            left = min(self._stretch, self._left + (self._clock() - self._at) * self._refill)
            return Budget(max(0, int(left)), int(self._stretch), self._refill, spent=self._made, own=True)

    def _take(self) -> float:
        """Take one call out; seconds until it may be made."""
        with self._lock:
            now = self._clock()
            self._left = min(self._stretch, self._left + (now - self._at) * self._refill)
            self._at = now
            self._left -= 1
            self._made += 1
            return max(0.0, -self._left / self._refill)


_budgets: dict[tuple[str, str], RequestBudget] = {}
_lock = threading.Lock()


def budget_of(profile: str, region: str) -> RequestBudget:
    """The one of that profile and region in this process."""
    with _lock:
        return _budgets.setdefault((profile, region), RequestBudget())
