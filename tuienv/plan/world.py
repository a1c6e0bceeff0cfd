"""What a plan is made against: the observations of one environment, looked up by layer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tuienv.model import Status

if TYPE_CHECKING:
    from tuienv.model import Address, EnvironmentSpec, Failure, Kind, Layer, LayerSpec, Observation, Release


class PlanError(Exception):
    """There can be no plan, and why. With a `failure`, because a provider would not answer."""

    def __init__(self, message: str, failure: Failure | None = None) -> None:
        super().__init__(message)
        self.failure = failure


@dataclass(frozen=True, slots=True)
class Silence:
    """What a provider would not tell of an environment: one kind of its layers, or anything (`kind` None)."""

    backend: str
    kind: Kind | None
    failure: Failure

    def __str__(self) -> str:
        return f"every {self.kind} that {self.backend} has" if self.kind else f"whatever {self.backend} has"


@dataclass(frozen=True, slots=True)
class World:
    """All observations of one environment; and for a rollback, the releases of its layer, newest first. `keepers`: the
    places (backend and profile) where marks can be kept. `objections`: by layer of the file, why its backend, or that
    of a layer it needs, cannot make it so. `declared`: by layer of the file, the place where it wants it."""

    environment: str
    observations: Sequence[Observation]
    releases: Sequence[Release] = ()
    keepers: frozenset[tuple[str, str]] = frozenset()
    objections: Mapping[str, str] = field(default_factory=dict)
    declared: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def at(self, backend: str, profile: str) -> Observation | None:
        """What that provider said, or None if it was not asked."""
        return next((seen for seen in self.observations if (seen.backend, seen.profile) == (backend, profile)), None)

    def failure(self, spec: LayerSpec) -> Failure | None:
        """Why the layer's provider did not answer, or not for layers of this kind, if so."""
        seen = self.at(spec.backend, spec.profile)
        return (seen.failure or seen.unanswered.get(spec.kind)) if seen is not None else None

    def found(self, spec: LayerSpec) -> Layer | None:
        """The layer as it exists where the file wants it."""
        seen = self.at(spec.backend, spec.profile)
        return next((layer for layer in seen.layers if layer.name == spec.name), None) if seen is not None else None

    def answered(self) -> list[Layer]:
        """Every layer that a provider told of now."""
        told = (seen for seen in self.observations if seen.failure is None)
        return [layer for seen in told for layer in seen.layers if layer.kind not in seen.unanswered]

    def silent(self) -> list[Silence]:
        """What no provider told of."""
        whole = [Silence(seen.backend, None, seen.failure) for seen in self.observations if seen.failure is not None]
        parts = (
            (seen.backend, kind, failure) for seen in self.observations for kind, failure in seen.unanswered.items()
        )
        return [*whole, *(Silence(*part) for part in parts)]

    def layer(self, address: Address) -> Layer:
        """The live layer of that address: where there are several of the name, the one that the file means. Raises
        `PlanError` if there is none, if nobody can tell, and if it could be this one or that."""
        layers = meant(address.layer, self.answered(), self.declared)
        if len(layers) > 1:
            raise PlanError(several(address, layers))
        if layers:
            return layers[0]
        for silence in self.silent():
            raise PlanError(f"{address} is unknown: {silence.failure}", silence.failure)
        raise PlanError(no_such_layer(address, [layer.name for layer in self.answered()]))


def meant(name: str, layers: Iterable[Layer], declared: Mapping[str, tuple[str, str]]) -> list[Layer]:
    """Those that may be meant by a name: the one at the place where the file wants it, or all that are called so."""
    called = [layer for layer in layers if layer.name == name]
    return [layer for layer in called if (layer.backend, layer.profile) == declared.get(name)] or called


def several(address: Address, layers: Sequence[Layer]) -> str:
    """The sentence for a name that several layers have: none of them is changed by chance."""
    places = sorted(f"{layer.backend} {layer.profile}".strip() for layer in layers)
    return (
        f"{address} is {len(layers)} layers: at {', at '.join(places)}. Say which one is meant with --backend and "
        "--profile"
    )


def declared_at(spec: EnvironmentSpec | None) -> Mapping[str, tuple[str, str]]:
    """By layer of a file, the place (backend and profile) where the file wants it."""
    return {} if spec is None else {layer.name: (layer.backend, layer.profile) for layer in spec.layers}


def no_such_layer(address: Address, names: Iterable[str]) -> str:
    """The sentence for a layer that is not there, with the nearest one that is."""
    from difflib import get_close_matches

    there = list(names)
    near = get_close_matches(address.layer, there, n=1)
    if near:
        return f"{address.environment} has no layer {address.layer!r}. Did you mean {near[0]!r}?"
    if there:
        return f"{address.environment} has no layer {address.layer!r}. It has {', '.join(sorted(there))}"
    return f"{address.environment} has no layers"


def environment_status(statuses: Iterable[Status]) -> Status:
    """One status for a whole, from those of its parts: the worst that wants attention, running only if all are."""
    there = set(statuses)
    if not there:
        return Status.ABSENT
    if len(there) == 1:
        return there.pop()
    for status in (Status.UNKNOWN, Status.DELETING, Status.STARTING):
        if there <= {status, Status.RUNNING}:
            return status
    return Status.DEGRADED
