"""What the sandbox keeps of each thing that exists in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tuienv.model import Address, Health, Instance, Kind, Size, Status


class Phase(StrEnum):
    """Where an instance is in its life. `DRAINED` gets no new requests; `DRAINING` still ends those it has."""

    CREATED = "created"
    STARTING = "starting"
    RUNNING = "running"
    DRAINING = "draining"
    DRAINED = "drained"
    STOPPED = "stopped"
    FAILED = "failed"
    DELETING = "deleting"


STATUS: Mapping[Phase, Status] = {
    Phase.CREATED: Status.STOPPED,
    Phase.STARTING: Status.STARTING,
    Phase.RUNNING: Status.RUNNING,
    Phase.DRAINING: Status.DEGRADED,
    Phase.DRAINED: Status.STOPPED,
    Phase.STOPPED: Status.STOPPED,
    Phase.FAILED: Status.FAILED,
    Phase.DELETING: Status.DELETING,
}
"""A drained instance runs, but nobody is sent to it. It is left so only by a change that was interrupted, and must
look like something to mend, or a plan would leave it there for ever."""

SERVING = frozenset({Phase.RUNNING, Phase.DRAINING})
"""The phases in which an instance answers requests."""


@dataclass(frozen=True, slots=True)
class Blueprint:
    """Everything an instance is made from; instances of one layer usually share one.

    `wanted`: how many the layer was to have when this one was made; a replacement that was interrupted, with one
    instance too many, has no other way to know.
    """

    kind: Kind
    image: str
    command: tuple[str, ...] = ()
    port: int | None = None
    health: Health | None = None
    size: Size = field(default_factory=Size)
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    facets: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    wanted: int = 1
    ours: bool = True


@dataclass(slots=True)
class Record:
    """One instance. `epoch` counts its starts and ends, so that what was scheduled for an earlier life is dropped.

    `ready_at`: when it began to work. `lines`: the log lines of its life (started, crashed, …); those of its work are
    computed (`life.work_lines`).
    """

    id: str
    address: Address
    blueprint: Blueprint
    seed: int
    phase: Phase = Phase.CREATED
    detail: str = "created"
    started_at: float | None = None
    ready_at: float | None = None
    ended_at: float | None = None
    host: str | None = None
    epoch: int = 0
    lines: list[tuple[float, str]] = field(default_factory=list)
    view: Instance | None = None

    @property
    def number(self) -> int:
        return int(self.address.instance)

    @property
    def label(self) -> str:
        """Its name as the provider shows it: ``shop-web-1``."""
        return f"{self.address.environment}-{self.address.layer}-{self.address.instance}"

    def as_instance(self) -> Instance:
        """How a listing shows it; made once for each time it changed."""
        if self.view is None:
            status, facets = STATUS[self.phase], self.blueprint.facets
            name = self.address.instance
            self.view = Instance(name, self.id, status, self.detail, self.started_at, self.host, facets)
        return self.view


@dataclass(slots=True)
class Network:
    """The ground that an environment stands on. `account`: who made it; empty where nobody noted it."""

    name: str
    environment: str
    account: str = ""


@dataclass(slots=True)
class Volume:
    """Where a layer keeps its data. `password`: of the database on it, so that a lost instance can be remade. `number`
    tells it from another of its name."""

    name: str
    environment: str
    layer: str
    kind: Kind
    password: str = field(default="", repr=False)
    size: int | None = None
    ours: bool = True
    number: int = 0
