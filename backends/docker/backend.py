"""The Docker backend: the contract's calls, each handed to the room where it is done.

Looking is what a process that has just been started is waited for. The rooms of everything else are entered when they
are needed.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from tuienv.backends.docker.listing import host_of, inspect_layers, list_all
from tuienv.backends.docker.uptime import Lifetimes
from tuienv.backends.docker.watching import Watch
from tuienv.backends.docker_engine.client import Client
from tuienv.model import Identity, Observation
from tuienv.text import plain

if TYPE_CHECKING:
    from tuienv.backends.base import Execution, Hint, Inputs, Steps, Stream
    from tuienv.backends.docker.reading import Listing
    from tuienv.model import (
        Address,
        Capabilities,
        Change,
        EnvironmentSpec,
        Event,
        Layer,
        Lock,
        LogLine,
        Sample,
    )


class DockerBackend:
    """One Docker Engine. `profile` is a Docker context; empty, the engine that the docker command would use."""

    name = "docker"

    def __init__(self, profile: str = "") -> None:
        self.profile = profile
        self.client = Client(profile)
        self._lives = Lifetimes()

    def identity(self) -> Identity:
        """The engine's own ID; as its name, that of its machine and its version."""
        info = self.client.get("/info", tried="identify", target="Docker Engine")
        name = f"{plain(str(info.get('Name', '')))} · Docker {plain(str(info.get('ServerVersion', '')))}"
        return Identity(self.name, self.profile, plain(str(info.get("ID", ""))), name)

    def discover(self) -> list[Observation]:
        """Every environment on the engine: ours, other Compose projects, and containers of no project at all."""
        at, listing = time.time(), list_all(self.client)
        return [self._observation(listing, environment, at) for environment in listing.environments()]

    def observe(self, environment: str, *, thorough: bool = False) -> Observation:
        """One environment, in three requests; `thorough` adds one a container, several at once."""
        at, listing = time.time(), list_all(self.client, environment)
        observation = self._observation(listing, environment, at)
        if not thorough:
            return observation
        layers = inspect_layers(self.client, observation.layers, self._lives)
        return replace(observation, layers=layers)

    def apply(self, change: Change, inputs: Inputs, steps: Steps) -> None:
        """Make one change; see `Backend.apply`."""
        from tuienv.backends.docker.applying import make_change
        from tuienv.backends.docker.job import Job

        make_change(Job(self.client, change, inputs, steps))

    def capabilities(self, layer: Layer) -> Capabilities:
        """What can be done with this layer. Contacts nobody."""
        from tuienv.backends.docker.capable import capabilities_of

        return capabilities_of(layer)

    def watch(self) -> Stream[Hint]:
        """Hints from the engine's events. Raises `Unreachable` if it does not answer."""
        return Watch(self.client, self._lives)

    def logs(
        self, target: Address, *, tail: int | None = None, since: float | None = None, follow: bool = False
    ) -> Stream[list[LogLine]]:
        """The lines of every container of the target, merged; see `Reads`."""
        from tuienv.backends.docker.logs import LogStream

        return LogStream(self.client, target, tail=tail, since=since, follow=follow)

    def copy(self, target: Address, *, tail: int | None = None, since: float | None = None) -> Stream[bytes] | None:
        """What one container wrote; see `Copies`."""
        from tuienv.backends.docker.logs import copy_log

        return copy_log(self.client, target, tail=tail, since=since)

    def metrics(self, targets: Sequence[Address]) -> Stream[list[Sample]]:
        """Samples of these instances, about one a second each; those that do not run have none."""
        from tuienv.backends.docker.metrics import MetricsStream

        return MetricsStream(self.client, targets)

    def run(self, target: Address, argv: Sequence[str], *, tty: bool = False, stdin: bool = False) -> Execution:
        """Start a command in an instance, or in the first of a layer that runs."""
        from tuienv.backends.docker.running import DockerExecution, find_running

        return DockerExecution(self.client, find_running(self.client, target), argv, tty=tty, stdin=stdin)

    def connection(self, address: Address) -> Mapping[str, str]:
        """What a layer answers to on its environment's network; see `Connects`."""
        from tuienv.backends.docker.connecting import connection_of

        return connection_of(self.client, address)

    def config(self, address: Address) -> Mapping[str, str]:
        """The variables that a layer was given, without those of its image."""
        from tuienv.backends.docker.connecting import config_of

        return config_of(self.client, address)

    def events(self, address: Address) -> list[Event]:
        """What happened to the containers of a layer that are there; see `Reports`."""
        from tuienv.backends.docker.reporting import events_of

        return events_of(self.client, address)

    def take_lock(self, environment: str, lock: Lock) -> Lock:
        """Put the lock on, as a volume that only one of two can make; see `Keeps`."""
        from tuienv.backends.docker import keeping

        return keeping.take_lock(self.client, environment, lock)

    def drop_lock(self, environment: str, token: str) -> None:
        """Take the lock of this token off."""
        from tuienv.backends.docker import keeping

        keeping.drop_lock(self.client, environment, token)

    def protect(self, environment: str, protected: bool) -> None:
        """Put the protection on, as a volume, or take it off."""
        from tuienv.backends.docker import keeping

        keeping.protect(self.client, environment, protected)

    def objections(self, spec: EnvironmentSpec, profile: str) -> Mapping[str, str]:
        """What layers elsewhere need of this engine and cannot reach. Contacts nobody."""
        from tuienv.backends.docker.judging import objections_of

        return objections_of(spec, profile)

    def close(self) -> None:
        """End every stream and let go of every connection."""
        self.client.close()

    def _observation(self, listing: Listing, environment: str, at: float) -> Observation:
        host = host_of(str(self.client.endpoint))
        layers = listing.layers(environment, self.profile, host, self._lives)
        ground, marks = listing.ground(environment), listing.marks(environment)
        return Observation(environment, self.name, self.profile, at, layers, ground, marks=marks)
