"""What a look leaves behind for the next: where things are, what never changes, and what was told a moment ago.

Nothing here is a state of its own: it spares calls, and what was noted too long ago is asked again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from tuienv.backends.aws.looking.parts import Form, Row

T = TypeVar("T")

A_WHILE = 150.0
"""Seconds for which what was seen closely stands in for a look: longer than it takes from one sweep to the next."""

LONG = 900.0
"""Seconds for which tags are believed that cost a call of their own, where nobody asks thoroughly."""

EVER = float("inf")


class Noted(Generic[T]):
    """Values by name, each believed for so many seconds. Safe to use from several threads."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._clock = seconds, clock
        self._lock = threading.Lock()
        self._noted: dict[str, tuple[float, T]] = {}

    def get(self, name: str) -> T | None:
        with self._lock:
            if name not in self._noted:
                return None
            at, value = self._noted[name]
            return value if self._clock() - at < self._seconds else None

    def put(self, name: str, value: T) -> None:
        with self._lock:
            self._noted[name] = self._clock(), value

    def drop(self, name: str) -> None:
        with self._lock:
            self._noted.pop(name, None)

    def forget(self) -> None:
        with self._lock:
            self._noted.clear()


@dataclass(frozen=True)
class Home:
    """Where an environment was seen: in which ECS clusters, on which EC2 instances outside of groups, and as what."""

    clusters: frozenset[str] = frozenset()
    machines: frozenset[str] = frozenset()
    forms: frozenset[Form] = frozenset()


@dataclass
class Notes:
    """`homes`: by environment. `places`: the environment of each service and group, by ARN. `revisions`: task
    definitions by ARN, which never change. `bounds`: the least and the most that Application Auto Scaling keeps of a
    service. `roots`: the name of the outermost stack by the ID of a nested one. The others by the ARN of what they are
    told of."""

    health: Noted[Sequence[Row]] = field(default_factory=lambda: Noted(A_WHILE))
    listeners: Noted[Sequence[Row]] = field(default_factory=lambda: Noted(A_WHILE))
    bounds: Noted[tuple[int, int]] = field(default_factory=lambda: Noted(LONG))
    tags: Noted[dict[str, str]] = field(default_factory=lambda: Noted(LONG))
    homes: Noted[Home] = field(default_factory=lambda: Noted(EVER))
    places: Noted[str] = field(default_factory=lambda: Noted(EVER))
    revisions: Noted[Row] = field(default_factory=lambda: Noted(EVER))
    roots: Mapping[str, str] = field(default_factory=dict)

    def changed(self, environment: str) -> None:
        """Something was done to it: what was noted of it may be so no more."""
        self.homes.drop(environment)
        for noted in (self.health, self.listeners, self.bounds, self.tags):
            noted.forget()
