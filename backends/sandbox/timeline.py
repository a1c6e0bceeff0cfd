"""What happens by itself in the sandbox, and who is told. No thread of its own: whoever looks, sees it happen."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable
from itertools import count

from tuienv.backends.base import Hint
from tuienv.backends.sandbox.clock import Clock

MAILBOX = 20_000
"""Hints kept for a watcher that does not take them; past that they are dropped for one that says: look again."""


class Timeline:
    """Events that are due at a time, run in order by the first caller who comes at or after it."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.changed = threading.Condition(threading.RLock())
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._watchers: list[Callable[[Hint], None]] = []
        clock.on_jump(self._jumped)

    def later(self, delay: float, action: Callable[[], None]) -> None:
        """Run this so many seconds from now."""
        with self.changed:
            heapq.heappush(self._due, (self.clock.now() + delay, next(self._order), action))
            self.changed.notify_all()

    def every(self, interval: float, action: Callable[[], None]) -> None:
        """Run this again and again. Times that nobody came for are left out, not made up for."""

        def again() -> None:
            self.later(interval, again)
            action()

        self.later(interval, again)

    def settle(self) -> None:
        """Let everything happen that is due; call with the lock held."""
        now = self.clock.now()
        while self._due and self._due[0][0] <= now:
            heapq.heappop(self._due)[2]()

    def wait(self) -> None:
        """Wait, with the lock held, until something may have happened; it may also have been nothing."""
        pause = max(0.0, self._due[0][0] - self.clock.now()) if self._due else None
        if pause is None or pause > 0:
            self.clock.wait(self.changed, pause)
        self.settle()

    def watch(self, watcher: Callable[[Hint], None]) -> None:
        """Tell this one of every change from now on; it is called with the lock held and must be quick."""
        with self.changed:
            self._watchers.append(watcher)

    def unwatch(self, watcher: Callable[[Hint], None]) -> None:
        with self.changed:
            self._watchers.remove(watcher)
            self.changed.notify_all()

    def tell(self, hint: Hint) -> None:
        """Tell the watchers; call with the lock held."""
        for watcher in self._watchers:
            watcher(hint)
        self.changed.notify_all()

    def _jumped(self) -> None:
        with self.changed:
            self.settle()
            self.changed.notify_all()
