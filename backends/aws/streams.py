"""The streams that are open, so that closing the backend ends them."""

from __future__ import annotations

import threading
import weakref
from typing import Protocol, TypeVar


class Closable(Protocol):
    """What another thread can end."""

    def close(self) -> None: ...


S = TypeVar("S", bound=Closable)


class Streams:
    """Safe to use from several threads. A stream that nobody reads any more is let go of by itself."""

    def __init__(self) -> None:
        self._open: weakref.WeakSet[Closable] = weakref.WeakSet()
        self._lock = threading.Lock()

    def kept(self, stream: S) -> S:
        """The same, known here from now on."""
        with self._lock:
            self._open.add(stream)
        return stream

    def close(self) -> None:
        """End all of them."""
        with self._lock:
            streams = list(self._open)
        for stream in streams:
            stream.close()
