"""What the contract suite needs to know of a provider, beside the backend itself."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Protocol

from tests.contract import planted
from tuienv.backends.base import Backend, Backends, ProviderError
from tuienv.engine import Engine
from tuienv.engine.holding import Holder, started, this_process
from tuienv.journal import Journal
from tuienv.model import SIZES, Address, EnvironmentSpec, Kind, Operation, Outcome, Progress, Size


@dataclass(frozen=True)
class Images:
    """App images that exist at the provider. They write a line with the word ``tick`` several times a second.

    `sick` starts and never gets healthy, and writes `complaint`; `absent` does not exist.
    """

    good: str
    better: str
    sick: str
    absent: str
    complaint: str


@dataclass(frozen=True)
class Traits:
    """What a provider is like, where providers differ in what they are and not in how well they do it.

    `managed`: layers that it runs by itself, so that they have no instances. `able`: layers with logs, measurements
    and commands. `keeps_instances`: an instance outlives what is done to its neighbours, a stop, a failed version; else
    all are made anew at once. `data_apart`: data lies beside the instance and outlives it; else the instance is the
    data. `keeps_names`: what is restarted keeps its name. `heals`: layers whose lost instances it replaces by itself.
    `steps`: changing calls that every update makes at least. `small`, `big`: two sizes of which several can run.
    """

    managed: frozenset[str] = frozenset()
    able: frozenset[str] = frozenset({"edge", "web", "cache", "db"})
    keeps_instances: bool = True
    data_apart: bool = True
    keeps_names: bool = True
    heals: frozenset[str] = frozenset()
    steps: int = 4
    small: Size = SIZES["micro"]
    big: Size = SIZES["small"]


@dataclass(frozen=True)
class Outside:
    """What there is of an environment, seen without the backend: ``web/1`` and so on, networks and volumes."""

    running: tuple[str, ...] = ()
    idle: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()

    @property
    def nothing(self) -> bool:
        return self == Outside()

    def count(self, layer: str) -> int:
        """How many instances of a layer run."""
        return sum(name.startswith(f"{layer}/") for name in self.running)


@dataclass
class Calls:
    """The provider calls that one backend made: names in order."""

    reading: list[str] = field(default_factory=list)
    changing: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Deed:
    """Something that a person does, and may be interrupted in: an operation, with its file."""

    operation: Operation
    spec: EnvironmentSpec | None


class Harness(Protocol):
    """One provider under test. Everything but `open` goes around the backend."""

    name: str
    images: Images
    traits: Traits

    def open(self) -> Backend:
        """A new client."""

    def port(self) -> int:
        """A port that a load balancer may publish."""

    def count(self, backend: Backend) -> Calls:
        """Count the calls of this client from now on."""

    def killed(self, step: int, deed: Deed) -> bool:
        """Do this as a client that dies, with all its threads, just before its `step`-th changing call (the first
        is 1). False if it came to its end without making so many; then it ended well."""

    def outside(self, environment: str) -> Outside:
        """What there is of this environment."""

    def remove(self, address: Address) -> None:
        """Delete one instance behind the backend's back."""

    def troubles(self) -> Mapping[type[ProviderError], Callable[[], AbstractContextManager[None]]]:
        """The bad days that can be had here: clients that are opened within one of these meet that error."""

    def silences(self) -> Mapping[Kind, Callable[[], AbstractContextManager[None]]]:
        """The kinds of layers that come from a service of their own, each with a day on which that does not answer
        while the others do. None where one service tells everything."""

    def wipe(self, environment: str) -> None:
        """Remove everything of this environment, whatever state it is in."""


def no_secret(name: str) -> str:
    raise AssertionError(f"no secret is used here, but {name} was asked for")


@cache
def ended() -> Holder:
    """A process of this machine that has ended. Clients that die in threads of the tests take their locks as it: what
    they leave behind is what a killed process leaves."""
    gone = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    holder = replace(this_process(), pid=gone.pid, start=started(gone.pid))
    gone.communicate()
    return holder


def perform(
    backend: Backend,
    deed: Deed,
    journal: Path,
    report: Callable[[Progress], None] | None = None,
    holder: Holder | None = None,
) -> Outcome:
    """Plan and run it through the engine, as the command line does; as a process that has `ended`, or as `holder`."""
    backends = Backends({backend.name: lambda profile="": backend})
    engine = Engine(backends, Journal(journal), read_secret=planted.read_secret, holder=holder or ended())
    places = [(backend.name, backend.profile)]
    plan = engine.preview(deed.operation, deed.spec, places)
    return engine.run(plan, deed.spec, places, report or (lambda progress: None))
