"""Following the logs of several apps: sessions run out, and are begun again without a line twice or missing."""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from tuienv.backends.base import NotFound, ProviderError, Unreachable
from tuienv.backends.heroku.client import Client
from tuienv.backends.heroku.logs.lines import Line
from tuienv.backends.heroku.logs.session import MOST, LogSession, RanOut, read_lines

ATTEMPTS = 3
"""Sessions in a row that may be over before they are read."""


class Heard(NamedTuple):
    """Lines of the app with this index; `kept`: they were there before."""

    app: int
    lines: list[Line]
    kept: bool


class Follower:
    """Reads each of these apps (ID and name) in a thread of its own, until closed."""

    def __init__(self, client: Client, apps: Sequence[tuple[str, str]]) -> None:
        self._client = client
        self._closed = threading.Event()
        self._queue: queue.Queue[Heard | ProviderError | None] = queue.Queue(maxsize=200)
        self._sessions: set[LogSession] = set()
        self._lock = threading.Lock()
        self._left = len(apps)
        for index, (app, name) in enumerate(apps):
            threading.Thread(target=self._read, args=(index, app, name), name="heroku log", daemon=True).start()

    def next(self, timeout: float | None = None) -> Heard | None:
        """What was heard; None if nothing was within `timeout` seconds. Raises `StopIteration` at the end, and
        `Unreachable` where a log was cut off or has a gap."""
        try:
            found = self._queue.get(timeout=timeout)
        except queue.Empty:
            return None
        if self._closed.is_set():
            raise StopIteration
        if isinstance(found, ProviderError):
            raise found
        if found is None:
            self._left -= 1
            if self._left <= 0:
                raise StopIteration
        return found

    def close(self) -> None:
        self._closed.set()
        with self._lock:
            sessions, self._sessions = list(self._sessions), set()
        for session in sessions:
            session.close()
        with suppress(queue.Full):  # then the reader has something to wake from
            self._queue.put_nowait(None)

    # --- inside, one thread an app --------------------------------------------------------------------------------

    def _read(self, index: int, app: str, name: str) -> None:
        seen = Seen()
        try:
            kept = read_lines(self._client, app, name, MOST)
            self._tell(Heard(index, seen.fresh(kept), kept=True))
            while not self._closed.is_set():
                self._next_session(index, app, name, seen)
        except NotFound:
            pass  # the app is gone, and its log with it
        except ProviderError as error:
            self._tell(error)
        finally:
            self._tell(None)

    def _next_session(self, index: int, app: str, name: str, seen: Seen) -> None:
        """Read another session; one that was over before it began is not the end of the log."""
        for _ in range(ATTEMPTS - 1):
            with suppress(RanOut):
                return self._session(index, app, name, seen)
        return self._session(index, app, name, seen)

    def _session(self, index: int, app: str, name: str, seen: Seen) -> None:
        """Read one session to its end. It begins with all that Logplex keeps, so that what was written since the last
        one ended is in it, unless that was more."""
        session = LogSession(self._client, app, name, MOST, tail=True)
        with self._lock:
            self._sessions.add(session)
        begun = 0
        try:
            for batch in session.batches():
                if self._closed.is_set():
                    return
                if not begun and seen.is_behind(batch) and self._overflowed(app, name):
                    said = "the log session ran out, and what was written meanwhile is no longer kept"
                    self._tell(Unreachable("read the log of", name, said, "Read on from here."))
                begun += len(batch)
                fresh = seen.fresh(batch)
                if fresh:
                    self._tell(Heard(index, fresh, kept=False))
        except Unreachable:
            if not begun:
                raise
            # It was silent for long, or cut off: the next session tells what came meanwhile.
        finally:
            with self._lock:
                self._sessions.discard(session)
            session.close()

    def _overflowed(self, app: str, name: str) -> bool:
        """Whether as much is kept as can be, so that older lines made room. Asked for by itself: what a session begins
        with comes in pieces, of which nobody knows which is the last."""
        return len(read_lines(self._client, app, name, MOST)) >= MOST

    def _tell(self, what: Heard | ProviderError | None) -> None:
        while not self._closed.is_set():
            with suppress(queue.Full):
                self._queue.put(what, timeout=0.5)
                return


class Seen:
    """Which lines were given out already: all before the newest moment, and those of it."""

    def __init__(self) -> None:
        self._time = 0.0
        self._lines: set[Line] = set()

    def fresh(self, lines: Sequence[Line]) -> list[Line]:
        """Those of the lines that are new."""
        newest = max([self._time, *(line.time for line in lines)])
        found = [
            line for line in lines if line.time > self._time or (line.time == self._time and line not in self._lines)
        ]
        if newest > self._time:
            self._time, self._lines = newest, set()
        self._lines.update(line for line in lines if line.time == self._time)
        return found

    def is_behind(self, lines: Sequence[Line]) -> bool:
        """Whether these begin after what was seen: something may have been between."""
        return bool(self._lines) and lines[0].time > self._time
