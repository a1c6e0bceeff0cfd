"""Containers in any number on an engine that nobody else uses."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import docker

from tests.docker_engine.daemon import Daemon
from tests.docker_engine.images import PAUSE, put

NAME = "bench"


class Crowd:
    """`running` containers named ``bench-001`` and so on, and after them some that were only created."""

    def __init__(self, daemon: Daemon) -> None:
        self.daemon = daemon
        self.host = daemon.host
        self.client = docker.DockerClient(base_url=daemon.host, version="1.41", timeout=120, max_pool_size=16)
        self._count = 0

    def grow(self, running: int, created: int = 0) -> None:
        """Bring it to so many of each, of which there may be some already (running ones first)."""
        wanted = range(self._count + 1, running + created + 1)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda at: self._add(at, start=at <= running), wanted))
        self._count = max(self._count, running + created)

    def create(self, name: str) -> None:
        """One more, whose name is looked for on the screens."""
        self.client.api.create_container(PAUSE, name=name)

    def start(self, name: str) -> None:
        self.client.api.start(name)

    def started_at(self, name: str) -> float:
        """The engine's own stamp of its last start, in Unix seconds: the program before may have had that name too."""
        now = int(time.time()) + 1
        filters = {"container": [name], "event": ["start"]}
        events = self.client.api.events(since=now - 120, until=now, filters=filters, decode=True)
        return max(float(event["timeNano"]) for event in events) / 1e9

    def remove(self, name: str) -> None:
        self.client.api.remove_container(name, force=True)

    @property
    def pid(self) -> int:
        """The dockerd process."""
        assert self.daemon.process is not None
        return self.daemon.process.pid

    def _add(self, at: int, *, start: bool) -> None:
        identity = self.client.api.create_container(PAUSE, name=f"{NAME}-{at:03}")["Id"]
        if start:
            self.client.api.start(identity)


@contextlib.contextmanager
def crowd() -> Iterator[Crowd]:
    """An engine of its own, empty, taken down at the end."""
    daemon = Daemon()
    try:
        daemon.start()
        there = Crowd(daemon)
        put(there.client)
        yield there
        there.client.close()
    finally:
        daemon.stop()
        daemon.remove()
