"""The engine of a test run: the one that answers, or one brought up for the run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import docker
from docker.errors import DockerException

from tests.docker_engine import images, machine
from tests.docker_engine.daemon import Daemon, answers
from tests.docker_engine.leftovers import clear_abandoned
from tests.docker_engine.machine import Unavailable

# Seconds: importing the root file system is one request.
TIMEOUT = 300
DEFAULT_HOST = "unix:///var/run/docker.sock"


@dataclass(frozen=True)
class Engine:
    """An engine that answers and has the images. `host` is what DOCKER_HOST takes; `borrowed`: not brought up by us."""

    host: str
    client: docker.DockerClient
    borrowed: bool


@contextmanager
def engine(environment: Mapping[str, str]) -> Iterator[Engine]:
    """An engine for a test run, as it was found when it ends. Raises `Unavailable` where none can be had."""
    host = found(environment)
    if host:
        with connected(host) as client:
            yield from borrowed(host, client)
    else:
        with own() as daemon, connected(daemon.host) as client:
            images.put(client)
            yield Engine(daemon.host, client, borrowed=False)


def found(environment: Mapping[str, str]) -> str | None:
    """The address of an engine that answers: DOCKER_HOST, else the usual socket."""
    hosts = [environment.get("DOCKER_HOST", ""), DEFAULT_HOST]
    return next((host for host in hosts if host and answers(host)), None)


def borrowed(host: str, client: docker.DockerClient) -> Iterator[Engine]:
    """Somebody's engine: the stand-ins lose the official images' names when the run ends."""
    made = images.put(client)
    try:
        yield Engine(host, client, borrowed=True)
    finally:
        for name in made:
            if not name.startswith("tuienv-test/"):
                client.images.remove(name, force=True)


@contextmanager
def own(*, alone: bool = False) -> Iterator[Daemon]:
    """An engine that is ours alone, running; nothing of it is left afterwards. Raises `Unavailable`."""
    machine.install()
    if not machine.is_root():
        raise Unavailable("no Docker Engine answers, and bringing one up needs root")
    clear_abandoned()
    daemon = Daemon(alone=alone)
    try:
        daemon.start()
        yield daemon
    finally:
        daemon.remove()


@contextmanager
def connected(host: str) -> Iterator[docker.DockerClient]:
    """A client of an engine, closed afterwards."""
    try:
        client = docker.DockerClient(base_url=host, timeout=TIMEOUT)
    except DockerException as error:
        raise Unavailable(f"the engine at {host} went away: {error}") from error
    try:
        yield client
    finally:
        client.close()


def share(source: docker.DockerClient, target: docker.DockerClient, name: str) -> None:
    """Give an image that one engine has to another: much cheaper than making it again."""
    target.images.load(b"".join(source.images.get(name).save(named=name)))
