"""What one provider has to be asked, and when: one thread takes the questions, any thread adds them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Agenda:
    """Questions by name, each due at a time; a question that is wanted twice is asked once, at the earlier time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._due: dict[str, float] = {}
        self._asked: dict[str, float] = {}
        self._closed = False

    def want(self, question: str, *, after: float = 0.0, apart: float = 0.0) -> None:
        """Ask `after` so many seconds, but at least so many seconds `apart` from when it was asked last."""
        with self._changed:
            now = self._clock()
            due = max(now + after, self._asked.get(question, now - apart) + apart)
            self._due[question] = min(due, self._due.get(question, due))
            self._changed.notify_all()

    def put_off(self, question: str, seconds: float) -> None:
        """Ask it then, and not before."""
        with self._changed:
            self._due[question] = self._clock() + seconds
            self._changed.notify_all()

    def drop(self, question: str) -> None:
        with self._changed:
            self._due.pop(question, None)

    def next(self) -> str | None:
        """Wait for the next question that is due; None once closed."""
        with self._changed:
            while not self._closed:
                question = min(self._due, key=self._due.__getitem__, default=None)
                now = self._clock()
                if question is not None and self._due[question] <= now:
                    del self._due[question]
                    self._asked[question] = now
                    return question
                self._changed.wait(None if question is None else self._due[question] - now)
            return None

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
