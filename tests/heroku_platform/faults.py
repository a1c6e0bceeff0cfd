"""Bad days, on demand: each has a name, the requests that it is for, and how often it strikes."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What goes wrong."""

    SLOW = "slow"  # the answer comes after `seconds`
    STALL = "stall"  # half of the answer comes, and then nothing for `seconds`
    RESET = "reset"  # half of the answer comes, and then the connection is reset
    DROP = "drop"  # nothing is done, and the connection is closed
    LOST = "lost"  # it is done, and the connection is closed before the answer
    HTML_503 = "html-503"  # a page for people, from something in between
    RATE_LIMIT = "rate-limit"  # 429
    LOOPING_RANGE = "looping-range"  # Next-Range asks for the same page again, for ever
    SECRET_ECHOED = "secret-echoed"  # an error repeats the key and the values that were sent
    APP_VANISHES = "app-vanishes"  # `name` is deleted right after this answer
    EXPIRED_SESSION = "expired-session"  # 401: the token was good once
    REVOKED_KEY = "revoked-key"  # 401, now and from now on: the key that was used is taken away
    ADDON_STUCK = "addon-stuck"  # the add-on that is made here stays in provisioning
    ERROR = "error"  # any other: `status`, with `name` as what it says
    FORBIDDEN = "forbidden"  # 403, with `name` as what it says
    NAME_TAKEN = "name-taken"  # 422: the app name belongs to somebody else


@dataclass(frozen=True)
class Fault:
    """Strikes requests with this method (any when empty) and a path that this pattern is found in.

    `times`: how often, None for always. `later_pages`: only when a page after the first is asked for.
    """

    kind: Kind
    method: str = ""
    path: str = ""
    times: int | None = 1
    later_pages: bool = False
    seconds: float = 600.0
    name: str = ""
    status: int = 500

    def strikes(self, method: str, path: str, asked_range: str) -> bool:
        """Whether this request is one of those."""
        if self.method and self.method != method:
            return False
        return re.search(self.path, path) is not None and (not self.later_pages or "]" in asked_range)


class Faults:
    """The faults that wait for a request. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []
        self.over = threading.Event()  # set when what stalls is to go on

    def add(self, kind: Kind | str, **about: Any) -> Fault:
        """Let this go wrong; `about` is what `Fault` takes."""
        fault = Fault(Kind(kind), **about)
        with self._lock:
            self._waiting.append(fault)
            self.over.clear()
        return fault

    @contextmanager
    def on(self, kind: Kind | str, **about: Any) -> Iterator[None]:
        """Let this go wrong always, until the end of the block."""
        self.add(kind, **{"times": None, **about})
        try:
            yield
        finally:
            self.clear()

    def clear(self) -> None:
        """Let nothing go wrong any more, and what stalls go on."""
        with self._lock:
            self._waiting.clear()
            self.over.set()

    def waiting(self) -> tuple[Fault, ...]:
        with self._lock:
            return tuple(self._waiting)

    def take(self, method: str, path: str, asked_range: str) -> Fault | None:
        """The fault that strikes this request, if any; it has struck once more then."""
        with self._lock:
            for place, fault in enumerate(self._waiting):
                if fault.strikes(method, path, asked_range):
                    if fault.times == 1:
                        del self._waiting[place]
                    elif fault.times is not None:
                        self._waiting[place] = replace(fault, times=fault.times - 1)
                    return fault
        return None
