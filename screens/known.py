"""What the screen knows: the last state of every environment, as the worker's notices tell it.

Kept so that a notice about one instance costs the same with ten instances and with ten thousand: instances live in
a dict by name, counts are kept up by what changed, and nothing is copied.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from tuienv.model import Address, Failure, Instance, Kind, Sample, Status
from tuienv.model.state import (
    ConnectionChanged,
    EnvironmentsChanged,
    EnvironmentState,
    FilesRefused,
    InstancesChanged,
    LayersChanged,
    LayerState,
    Notice,
    Samples,
)
from tuienv.settings import Rules

NO_RULES = Rules()

HISTORY = 180
"""Samples kept of one instance: three minutes at one a second, as wide as the widest graph."""

MEASURED = 512
"""Instances whose samples are kept; those measured longest ago go first."""

LASTS = 900.0
"""Seconds after which a measurement says nothing about now any more, however it is marked: the slowest provider, which
tells of every five minutes when they are over, has had a newer one by then."""

_DIGITS = re.compile(r"(\d+)")


def by_number(name: str) -> list[tuple[int, str]]:
    """Sorts ``web-2`` before ``web-10``."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in _DIGITS.split(name) if part]


class Layer:
    """One layer as it is known now. `state` is without instances: they are in `instances`, their order in `names`."""

    __slots__ = ("instances", "names", "ready", "state")

    def __init__(self, state: LayerState) -> None:
        self.state = replace(state, instances=())
        self.instances = {instance.name: instance for instance in state.instances}
        self.names = sorted(self.instances, key=by_number)
        self.ready = state.ready

    @property
    def wanted(self) -> int:
        """How many instances there should be: as the file says, else as many as there are."""
        return len(self.instances) if self.state.wanted is None else self.state.wanted

    @property
    def there(self) -> int:
        """How many instances a scaling begins with: not those on their way out."""
        return sum(instance.status is not Status.DELETING for instance in self.instances.values())

    @property
    def count(self) -> str:
        """``2/3`` are ready; a dash for a load balancer that its provider runs by itself."""
        counted = self.instances or self.wanted or self.state.kind is not Kind.LOAD_BALANCER
        return f"{self.ready}/{self.wanted}" if counted else "-"

    def take(self, notice: InstancesChanged) -> bool:
        """Apply what changed; whether instances came or went."""
        self.state = replace(self.state, status=notice.layer_status)
        came_or_went = [self._put(instance) for instance in notice.changed]
        came_or_went += [self._drop(name) for name in notice.gone]
        if any(came_or_went):
            self.names = sorted(self.instances, key=by_number)
            return True
        return False

    def _put(self, instance: Instance) -> bool:
        before = self.instances.get(instance.name)
        self.ready += _runs(instance) - _runs(before)
        self.instances[instance.name] = instance
        return before is None

    def _drop(self, name: str) -> bool:
        before = self.instances.pop(name, None)
        self.ready -= _runs(before)
        return before is not None


def _runs(instance: Instance | None) -> bool:
    return instance is not None and instance.status is Status.RUNNING


class Environment:
    """One environment as it is known now. `remembered`: from the last session, not confirmed in this one."""

    __slots__ = ("layers", "remembered", "state")

    def __init__(self, state: EnvironmentState, *, remembered: bool = False) -> None:
        self.state = replace(state, layers=())
        self.layers = {layer.name: Layer(layer) for layer in state.layers}
        self.remembered = remembered

    @property
    def drift(self) -> int:
        return sum(len(layer.state.drift) for layer in self.layers.values())

    def freeze(self) -> EnvironmentState:
        """The same as one value, to be remembered."""
        layers = tuple(
            replace(layer.state, instances=tuple(layer.instances.values())) for layer in self.layers.values()
        )
        return replace(self.state, layers=layers)


@dataclass(slots=True)
class Taken:
    """What a notice changed: `shape`, which rows there are; `state`, what rows say; `header`; `samples`."""

    shape: bool = False
    state: bool = False
    header: bool = False
    samples: bool = False

    def add(self, other: Taken) -> None:
        """Be both."""
        self.shape |= other.shape
        self.state |= other.state
        self.header |= other.header
        self.samples |= other.samples


class Known:
    """Everything the screen shows of the world, kept up by `take`."""

    def __init__(self, remembered: Iterable[EnvironmentState] = (), rules: Rules = NO_RULES) -> None:
        """`rules`: what the settings let be changed from here."""
        self.rules = rules
        self.environments = {state.name: Environment(state, remembered=True) for state in remembered}
        self.connections: dict[tuple[str, str], ConnectionChanged] = {}
        self.mistakes: tuple[str, ...] = ()
        self.confirmed = False
        self.trouble: Failure | None = None
        """Why the worker tells nothing, while it does not: nothing that is known is confirmed then."""
        self._before: list[tuple[Environment, EnvironmentState]] = []
        self._layers_before: list[tuple[Layer, LayerState]] = []
        self._samples: dict[str, deque[Sample]] = {}

    def take(self, notice: Notice) -> Taken:
        """Apply one notice of the worker."""
        match notice:
            case InstancesChanged():
                return self._take_instances(notice)
            case Samples():
                return self._take_samples(notice)
            case EnvironmentsChanged():
                return self._take_environments(notice)
            case LayersChanged():
                return self._take_layers(notice.environment)
            case ConnectionChanged():
                self._take_connection(notice)
            case FilesRefused():
                self.mistakes = notice.mistakes
        return Taken(header=True)

    def silent(self, since: float, failure: Failure) -> None:
        """The worker says nothing, and may yet: what is known is unknown since then, and stays."""
        self.trouble = failure
        self._doubt(since, failure)

    def lost(self, since: float, failure: Failure) -> None:
        """The worker is gone: what is known stays unknown until the next one tells it again."""
        self.trouble = failure
        self._doubt(since, None)
        self._before, self._layers_before = [], []

    def heard_again(self) -> None:
        """The worker that was silent says something; it tells what has changed meanwhile."""
        self.trouble = None
        for environment, state in self._before:
            environment.state = state
        for layer, before in self._layers_before:
            layer.state = before
        self._before, self._layers_before = [], []

    def _doubt(self, since: float, failure: Failure | None) -> None:
        for environment in self.environments.values():
            if environment.remembered:
                continue
            self._before.append((environment, environment.state))
            environment.state = replace(environment.state, status=Status.UNKNOWN)
            for layer in environment.layers.values():
                self._layers_before.append((layer, layer.state))
                unknown_since = layer.state.unknown_since or since
                layer.state = replace(layer.state, status=Status.UNKNOWN, unknown_since=unknown_since, failure=failure)

    def environment(self, name: str) -> Environment | None:
        return self.environments.get(name)

    def read_only(self, address: Address) -> str:
        """What makes a layer, or the whole of an environment, read-only by the settings; see
        `tuienv.settings.Rules.read_only`. Empty where something of it may be changed."""
        if not (self.rules.environments or self.rules.profiles):  # asked with every row that is painted
            return ""
        environment = self.environments.get(address.environment)
        layers = environment.layers if environment is not None else {}
        concerned = [layers[address.layer]] if address.layer in layers else list(layers.values())
        places = [[(layer.state.backend, layer.state.profile)] for layer in concerned] or [[]]
        reasons = [self.rules.read_only(address.environment, place) for place in places]
        return reasons[0] if all(reasons) else ""

    def layer(self, address: Address) -> Layer | None:
        """The layer of a layer's or an instance's address."""
        environment = self.environments.get(address.environment)
        return environment.layers.get(address.layer) if environment else None

    def instance(self, address: Address) -> Instance | None:
        layer = self.layer(address)
        return layer.instances.get(address.instance) if layer else None

    def samples(self, address: Address) -> deque[Sample]:
        """The measurements of one instance, oldest first; none is an empty one."""
        return self._samples.get(str(address)) or deque()

    def measured(self, layer: Address) -> set[str]:
        """The names of the instances of a layer that there are measurements of; what has ended uses nothing now."""
        start = f"{layer.environment}/{layer.layer}/"
        names = {address[len(start) :] for address in self._samples if address.startswith(start)}
        return {name for name in names if not self._has_ended(Address(layer.environment, layer.layer, name))}

    def latest(self, address: Address, now: float) -> Sample | None:
        """What an instance uses, as far as it was measured lately and has not ended. It may be minutes old: see
        `tuienv.screens.widgets.usage.aged`."""
        samples = self._samples.get(str(address))
        if not samples or now - samples[-1].time >= LASTS or self._has_ended(address):
            return None
        return samples[-1]

    def _has_ended(self, address: Address) -> bool:
        instance = self.instance(address)
        return instance is not None and instance.status in (Status.STOPPED, Status.FAILED)

    def has(self, address: Address) -> bool:
        """Whether there is anything at an address."""
        if address.instance:
            return self.instance(address) is not None
        return (self.layer(address) if address.layer else self.environment(address.environment)) is not None

    def addresses(self) -> Iterator[Address]:
        """Every environment and layer, for completion."""
        for name, environment in self.environments.items():
            yield Address(name)
            yield from (Address(name, layer) for layer in environment.layers)

    def forget_samples(self) -> None:
        """Measurements are kept by address alone, whoever's it was."""
        self._samples.clear()

    def _take_connection(self, notice: ConnectionChanged) -> None:
        if notice.gone:
            self.connections.pop((notice.backend, notice.profile), None)
        else:
            self.connections[notice.backend, notice.profile] = notice

    def _take_environments(self, notice: EnvironmentsChanged) -> Taken:
        self.confirmed = True
        for state in notice.environments:
            self.environments[state.name] = Environment(state)
        for name in notice.gone:
            self.environments.pop(name, None)
        return Taken(shape=True, state=True)

    def _take_layers(self, state: EnvironmentState) -> Taken:
        environment = self.environments.get(state.name)
        if environment is None:
            return Taken()
        environment.state = replace(state, layers=())
        for layer in state.layers:
            if layer.name in environment.layers:
                environment.layers[layer.name].state = replace(layer, instances=())
        return Taken(state=True)

    def _take_instances(self, notice: InstancesChanged) -> Taken:
        environment = self.environments.get(notice.environment)
        layer = environment.layers.get(notice.layer) if environment else None
        if environment is None or layer is None:
            return Taken()
        if environment.state.status is not notice.environment_status:
            environment.state = replace(environment.state, status=notice.environment_status)
        return Taken(shape=layer.take(notice), state=True)

    def _take_samples(self, notice: Samples) -> Taken:
        for sample in notice.samples:
            history = self._samples.pop(sample.address, None) or deque(maxlen=HISTORY)
            history.append(sample)
            self._samples[sample.address] = history
        while len(self._samples) > MEASURED:
            del self._samples[next(iter(self._samples))]
        return Taken(samples=True)
