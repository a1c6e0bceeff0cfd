"""How many requests the sandbox grants, as providers do that count them: so many at most, and an hour to get them all
back."""

from __future__ import annotations

from tuienv.backends.base import Throttled
from tuienv.backends.sandbox.clock import Clock
from tuienv.model import Budget

HOUR = 3600.0


class Quota:
    """What one account may still ask. Whoever shares it between threads holds the cloud's lock."""

    def __init__(self, limit: int, clock: Clock) -> None:
        self._limit, self._clock = limit, clock
        self._left, self._at, self._spent = float(limit), clock.now(), 0

    def take(self, call: str, target: object) -> None:
        """One request. Raises `Throttled` where none is left."""
        self._refill()
        if self._left < 1:
            remedy = "Wait: requests come back by themselves"
            wait = (1 - self._left) * HOUR / self._limit
            raise Throttled(call.replace("_", " "), target, "429 no request is left", remedy, retry_after=wait)
        self._left -= 1
        self._spent += 1

    def budget(self) -> Budget:
        self._refill()
        return Budget(int(self._left), self._limit, self._limit / HOUR, self._spent)

    def _refill(self) -> None:
        now = self._clock.now()
        self._left = min(self._limit, self._left + (now - self._at) * self._limit / HOUR)
        self._at = now
