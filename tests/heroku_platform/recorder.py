"""What clients sent: each request with the link of the schema that it used, and what the schema has against it."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass
from typing import Any

from tests.heroku_platform import bodies
from tests.heroku_platform.schema import Link


@dataclass(frozen=True)
class Request:
    """One request, and the status of its answer (0: none was given)."""

    method: str
    path: str
    link: Link | None
    mistakes: tuple[str, ...]
    agent: str
    status: int

    @property
    def changing(self) -> bool:
        return self.method != "GET"

    def __str__(self) -> str:
        return f"{self.method} {self.path} → {self.status}"


class Recorder:
    """Keeps the requests, in the order in which they were answered. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: list[Request] = []

    def note(self, method: str, path: str, body: dict[str, Any], accept: str, agent: str, status: int) -> None:
        """Keep one request."""
        link, mistakes = bodies.strict(method, path, body, accept)
        with self._lock:
            self._requests.append(Request(method, path, link, tuple(mistakes), agent, status))

    @property
    def requests(self) -> tuple[Request, ...]:
        with self._lock:
            return tuple(self._requests)

    def clear(self) -> None:
        """Forget what was sent until now."""
        with self._lock:
            self._requests.clear()

    def mistakes(self) -> list[str]:
        """Each request that is not valid against the schema, with the reasons."""
        return [f"{request}: {mistake}" for request in self.requests for mistake in request.mistakes]

    def links(self) -> Counter[str]:
        """Which links were used, and how often: ``GET /apps (app: List)``."""
        return Counter(str(request.link) for request in self.requests if request.link)
