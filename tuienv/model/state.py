"""The live state: what the tree shows, and the notices that tell how it changed.

`tuienv.live` makes these, the worker passes them on, screens and the command line show them. They carry no facets
and no secrets, and are small enough to be sent many times a second.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuienv.model.words import Status

if TYPE_CHECKING:
    from tuienv.model.observed import Failure, Identity, Instance, Lock, Profile
    from tuienv.model.readings import Budget, Sample
    from tuienv.model.wanted import Size
    from tuienv.model.words import Kind


@dataclass(frozen=True, slots=True)
class LayerState:
    """A layer as the screen shows it: what was observed last, and what is wanted of it.

    `unknown_since`: when its provider stopped answering, None while it answers; the rest is then the last known
    state. `wanted`: replicas of the file, None if no file declares it. `drift`: what differs, one short text each.
    `instances` have no facets here.
    """

    name: str
    kind: Kind
    backend: str
    profile: str
    status: Status
    instances: tuple[Instance, ...] = ()
    wanted: int | None = None
    image: str = ""
    size: Size | None = None
    endpoints: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    drift: tuple[str, ...] = ()
    ours: bool = True
    observed_at: float | None = None
    unknown_since: float | None = None
    failure: Failure | None = None

    @property
    def ready(self) -> int:
        return sum(instance.status is Status.RUNNING for instance in self.instances)

    @property
    def told(self) -> bool:
        """Whether the provider ever told of it: also, that there is none."""
        return self.observed_at is not None or self.status is Status.ABSENT


@dataclass(frozen=True, slots=True)
class EnvironmentState:
    """An environment as the screen shows it. `source`: the file that declares it, empty if none does; `protected`: by
    the file, or by what is kept with it; `lock`: who holds it, if anybody does."""

    name: str
    status: Status
    layers: tuple[LayerState, ...] = ()
    source: str = ""
    protected: bool = False
    observed_at: float | None = None
    lock: Lock | None = None

    @property
    def declared(self) -> bool:
        return bool(self.source)

    @property
    def drift(self) -> int:
        """How many differences there are between the file and what exists."""
        return sum(len(layer.drift) for layer in self.layers)


@dataclass(frozen=True, slots=True)
class EnvironmentsChanged:
    """These environments are now so, as a whole; `gone` are no more. Of a big one the first instances come here, the
    others in the `InstancesChanged` that follow."""

    environments: tuple[EnvironmentState, ...] = ()
    gone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LayersChanged:
    """The environment and its layers are now so, all but the instances: here they are left out, and those that were
    told before stay. The layers are the same ones as before. The cheap message when a provider stops answering."""

    environment: EnvironmentState


@dataclass(frozen=True, slots=True)
class InstancesChanged:
    """Some instances of one layer changed; its counts and status with them. The cheap message of busy times."""

    environment: str
    layer: str
    layer_status: Status
    environment_status: Status
    changed: tuple[Instance, ...] = ()
    gone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ConnectionChanged:
    """A profile's connection: who it is, or why it does not answer and since when. The header shows it. `gone`: nobody
    looks there any more. `budget`: what its provider lets it still ask, where it tells; told again when it has changed
    by a twentieth."""

    backend: str
    profile: str
    identity: Identity | None = None
    failure: Failure | None = None
    since: float | None = None
    gone: bool = False
    budget: Budget | None = None


@dataclass(frozen=True, slots=True)
class ProfileState:
    """A profile as it is listed. `looked_at`: the profile's name in the pair under which its provider is looked at now
    (empty where that is the provider's own default), None if it is not; `environments`: those it was chosen for."""

    profile: Profile
    looked_at: str | None = None
    environments: tuple[str, ...] = ()

    @property
    def in_use(self) -> bool:
        return self.looked_at is not None


@dataclass(frozen=True, slots=True)
class FilesRefused:
    """The environment files that could not be used: one ``file:line:column: …`` a mistake. Empty: all are well."""

    mistakes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Samples:
    """New measurements of what is in focus."""

    samples: tuple[Sample, ...]


Notice = EnvironmentsChanged | LayersChanged | InstancesChanged | ConnectionChanged | FilesRefused | Samples
