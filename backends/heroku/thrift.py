"""How many requests looking around may cost: an allowance that refills slowly, so that no screen that is left open
eats up what changes need.

In any hour at most ``SAVED + 3600 * REFILL`` requests, and what one look costs: below a thousand. What a person asks
for (plans, changes, logs) is not held up by it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

SAVED = 150.0
REFILL = 0.2
"""Requests a second: 720 an hour."""


class Thrift:
    """The allowance of one account. Safe to use from several threads."""

    def __init__(self, saved: float = SAVED, clock: Callable[[], float] = time.monotonic) -> None:
        self._saved, self._clock = saved, clock
        self._lock = threading.Lock()
        self._left, self._at = saved, clock()

    def left(self) -> float:
        """Requests that looking around may still make; less than none after a look that took more than there were."""
        with self._lock:
            self._refill()
            return self._left

    def spend(self, requests: int) -> None:
        with self._lock:
            self._refill()
            self._left -= requests

    def _refill(self) -> None:
        now = self._clock()
        self._left = min(self._saved, self._left + (now - self._at) * REFILL)
        self._at = now
