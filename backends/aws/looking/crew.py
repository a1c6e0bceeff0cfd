"""Work that finds more work, done by several threads at once.

A page names clusters, each of those has pages of services, each page of those is described: nothing of it waits for
anything but what it needs, and no thread ever waits for another, so that any number of threads will do.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

Work = Callable[[], object]


class Crew:
    """One job of a pool of threads. Work may `add` more; `finish` waits until there is none left."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool
        self._changed = threading.Condition()
        self._left = 0
        self._failure: BaseException | None = None

    def add(self, work: Work) -> None:
        """To be done by whoever is free. After a failure nothing more is begun."""
        with self._changed:
            if self._failure is not None:
                return
            self._left += 1
        try:
            self._pool.submit(self._do, work)
        except RuntimeError as error:  # the pool was shut down: the backend is being closed
            self._done(error)

    def finish(self) -> None:
        """Wait for the end of it. Raises what the first piece of work to fail raised."""
        with self._changed:
            while self._left:
                self._changed.wait()
            if self._failure is not None:
                raise self._failure

    def _do(self, work: Work) -> None:
        failure: BaseException | None = None
        try:
            if self._failure is None:
                work()
        except BaseException as error:  # noqa: BLE001 - raised again by `finish`, in the thread that wants to know
            failure = error
        self._done(failure)

    def _done(self, failure: BaseException | None) -> None:
        with self._changed:
            self._failure = self._failure or failure
            self._left -= 1
            if not self._left:
                self._changed.notify_all()
