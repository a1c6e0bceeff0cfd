"""What is known of each layer at one provider: the last observation, with the hints since then applied to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tuienv.model import Kind, Marks
from tuienv.plan import environment_status

if TYPE_CHECKING:
    from tuienv.model import Budget, Failure, Identity, Instance, Layer, Observation, Status

Pair = tuple[str, str]
"""A backend's name and a profile."""


class LayerRecord:
    """One layer. `layer` has no instances: `instances` has them, by name, as observed; `shown` the same as they are
    told, without facets. A hint costs the same whatever the number of instances."""

    __slots__ = ("_counts", "at", "instances", "layer", "shown", "status")

    def __init__(self, layer: Layer, at: float) -> None:
        self.layer = replace(layer, instances=())
        self.at = at
        self.status = layer.status
        self.instances = {instance.name: instance for instance in layer.instances}
        self.shown = {instance.name: slim(instance) for instance in layer.instances}
        self._counts = Counter(instance.status for instance in layer.instances)

    def put(self, instance: Instance) -> bool:
        """Take in the new state of one instance; whether that may have changed more than its status."""
        before = self.instances.get(instance.name)
        if before is not None:
            self._counts[before.status] -= 1
            if before.id == instance.id:
                instance = _completed(instance, before)
        self._counts[instance.status] += 1
        self.instances[instance.name] = instance
        self.shown[instance.name] = slim(instance)
        self.status = self._rollup()
        return before is None or before.id != instance.id or before.facets != instance.facets

    def drop(self, name: str) -> bool:
        """Take out an instance that is gone; whether it was there."""
        before = self.instances.pop(name, None)
        if before is None:
            return False
        del self.shown[name]
        self._counts[before.status] -= 1
        self.status = self._rollup()
        return True

    def whole(self) -> Layer:
        """The layer with its instances, facets and all."""
        return replace(self.layer, status=self.status, instances=tuple(self.instances.values()))

    def _rollup(self) -> Status:
        return environment_status(status for status, count in self._counts.items() if count)


def _completed(instance: Instance, before: Instance) -> Instance:
    """The new state of an instance, with what a hint does not carry and does not change."""
    if (instance.facets or not before.facets) and (instance.host or not before.host):
        return instance
    return replace(instance, facets=instance.facets or before.facets, host=instance.host or before.host)


def slim(instance: Instance) -> Instance:
    """The instance without its facets."""
    return replace(instance, facets={}) if instance.facets else instance


Layers = dict[str, LayerRecord]


@dataclass(frozen=True, slots=True)
class Silence:
    """Why something is not told, and since when."""

    failure: Failure
    since: float | None


Silences = Mapping[Kind, Silence]


@dataclass(slots=True)
class PairRecord:
    """What is known at one provider, by environment and layer.

    `answered`: it has told everything it has at least once. `failure`: why it does not answer now, `since`: when it
    stopped. `silent`: the kinds that it tells nothing of, by environment; under ``""`` for those that it did not name.
    `marks`: what is kept with an environment, by its name.
    """

    pair: Pair
    environments: dict[str, Layers] = field(default_factory=dict)
    identity: Identity | None = None
    answered: bool = False
    failure: Failure | None = None
    since: float | None = None
    silent: dict[str, Silences] = field(default_factory=dict)
    marks: dict[str, Marks] = field(default_factory=dict)
    budget: Budget | None = None

    def replace_all(self, observations: Iterable[Observation]) -> Iterator[str]:
        """Everything is now so; gives the names of the environments that this concerns, old and new."""
        told = {observation.environment: observation for observation in observations}
        before = list(self.environments)
        nowhere = self._silences("", told.pop("", None))
        for name in [name for name in before if name not in told]:
            self._put(name, self._kept(name, nowhere))
        silent = {name: self._silences(name, observation) for name, observation in told.items()}
        kept = {name: marks for name, marks in self.marks.items() if name in self.environments and name not in told}
        self.marks = kept | {name: self._marked(observation) for name, observation in told.items()}
        for name, observation in told.items():
            if observation.failure is None:
                self._put(name, self._kept(name, silent[name]) | _records(observation))
        self.silent = {name: silences for name, silences in {**silent, "": nowhere}.items() if silences}
        yield from dict.fromkeys([*before, *self.environments])

    def replace_one(self, observation: Observation) -> None:
        """One environment is now so; where the provider would not tell of it, it stays as it was, marked."""
        name = observation.environment
        self.marks[name] = self._marked(observation)
        silences = self.silent[name] = self._silences(name, observation)
        if observation.failure is None:
            self._put(name, self._kept(name, silences) | _records(observation))

    def layer(self, environment: str, name: str) -> LayerRecord | None:
        return self.environments.get(environment, {}).get(name)

    def silence(self, environment: str, kind: Kind) -> Silence | None:
        """Why layers of this kind are unknown, if they are."""
        if self.failure is not None:
            return Silence(self.failure, self.since)
        return self.silent.get(environment, self.silent.get("", {})).get(kind)

    def _marked(self, observation: Observation) -> Marks:
        """Its marks; those of before where nothing is told of it now."""
        known = self.marks.get(observation.environment, Marks())
        return observation.marks if observation.failure is None else known

    def _silences(self, environment: str, observation: Observation | None) -> Silences:
        """What this observation does not tell; of what was not told before either, since then."""
        if observation is None:
            return {}
        before = self.silent.get(environment, self.silent.get("", {}))
        failure = observation.failure
        unanswered = observation.unanswered if failure is None else dict.fromkeys(Kind, failure)
        return {
            kind: replace(before.get(kind) or Silence(failure, observation.at), failure=failure)
            for kind, failure in unanswered.items()
        }

    def _kept(self, environment: str, silences: Silences) -> Layers:
        """The layers that stay as they were known last, because nothing is told of their kind."""
        known = self.environments.get(environment, {})
        return {name: record for name, record in known.items() if record.layer.kind in silences}

    def _put(self, environment: str, layers: Layers) -> None:
        if layers:
            self.environments[environment] = layers
        else:
            self.environments.pop(environment, None)


def _records(observation: Observation) -> Layers:
    told = (layer for layer in observation.layers if layer.kind not in observation.unanswered)
    return {layer.name: LayerRecord(layer, observation.at) for layer in told}
