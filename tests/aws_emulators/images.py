"""The images that ministack asks for, under its names: the stand-ins that the Docker tests have."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import docker
from docker.errors import ImageNotFound

ALIASES = {
    "postgres:15": "postgres:15-alpine",
    "redis:7": "redis:7-alpine",
}

REGISTRY = "127.0.0.1:1"
"""Where nobody is: ministack pulls before each start, and is refused at once instead of after a while."""


@contextmanager
def aliased(client: docker.DockerClient) -> Iterator[None]:
    """Give the stand-ins ministack's names, where the engine has no such images of its own. They are left: other runs
    may use them, and they take no room."""
    for name, alias in ALIASES.items():
        try:
            client.images.get(alias)
        except ImageNotFound:
            client.images.get(name).tag(alias)
    yield
