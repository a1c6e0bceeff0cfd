"""The time of the sandbox: the wall's, a faster one, or one that stands until a test moves it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol


class Clock(Protocol):
    """Where a `Cloud` takes its time from. All times and spans are seconds of this clock."""

    def now(self) -> float:
        """Unix seconds."""

    def spend(self, seconds: float, pause: Callable[[float], object] = time.sleep) -> None:
        """Let that much time pass; `pause` is how this caller waits on the wall."""

    def wait(self, condition: threading.Condition, seconds: float | None) -> None:
        """Wait on a condition that is held, until it is notified or (unless None) that much time has passed."""

    def on_jump(self, listener: Callable[[], None]) -> None:
        """Call this when the time was moved by hand, so that whoever waits looks again."""


class WallClock:
    """Real time; with `speed` 20 a second of the wall is 20 of the sandbox, starting from now."""

    def __init__(self, speed: float = 1.0) -> None:
        self._speed = speed
        self._epoch = time.time()
        self._zero = time.monotonic()

    def now(self) -> float:
        return self._epoch + (time.monotonic() - self._zero) * self._speed

    def spend(self, seconds: float, pause: Callable[[float], object] = time.sleep) -> None:
        pause(seconds / self._speed)

    def wait(self, condition: threading.Condition, seconds: float | None) -> None:
        condition.wait(None if seconds is None else seconds / self._speed)

    def on_jump(self, listener: Callable[[], None]) -> None:
        """Never called: the wall's time is not moved by hand."""


class ManualClock:
    """Stands still until it is moved. Whoever would wait for a while (latency, `apply`) moves it instead, so that
    a test takes no time and always sees the same."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._listeners: list[Callable[[], None]] = []

    def now(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        """Move on, and wake whoever waits."""
        with self._lock:
            self._now += seconds
            listeners = list(self._listeners)
        for listener in listeners:
            listener()

    def spend(self, seconds: float, pause: Callable[[float], object] = time.sleep) -> None:
        pause(0)
        self.advance(seconds)

    def wait(self, condition: threading.Condition, seconds: float | None) -> None:
        condition.wait()

    def on_jump(self, listener: Callable[[], None]) -> None:
        with self._lock:
            self._listeners.append(listener)
