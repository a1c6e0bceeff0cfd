"""What a listener has not been told yet: the marks of a `World`, compared with what was told last, as notices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tuienv.model import Instance, Status
from tuienv.model.state import EnvironmentsChanged, InstancesChanged, LayersChanged
from tuienv.plan import environment_status

if TYPE_CHECKING:
    from tuienv.live.world import World
    from tuienv.model.state import EnvironmentState, Notice

Instances = dict[str, Instance]


@dataclass(slots=True)
class Told:
    """One environment as it was told last: `state` as by `_bare`; by layer, the instances and the statuses, which
    move on with every hint."""

    state: EnvironmentState
    instances: dict[str, Instances]
    statuses: dict[str, Status]

    @property
    def status(self) -> Status:
        return environment_status(self.statuses.values())

    def bare(self) -> EnvironmentState:
        """What was told beside the instances."""
        layers = tuple(replace(layer, status=self.statuses[layer.name]) for layer in self.state.layers)
        return replace(self.state, layers=layers, status=self.status)


class Teller:
    """Turns the marks of a world into notices, the smallest that will do; nothing where nothing differs."""

    def __init__(self, world: World, expected: Iterable[str] = ()) -> None:
        """`expected`: environments that the listener knows from before."""
        self._world = world
        self._expected = set(expected)
        self._told: dict[str, Told] = {}

    def drain(self) -> list[Notice]:
        """The notices for everything that was marked; clears the marks."""
        with self._world.lock:
            marks, self._world.marks = self._world.marks, type(self._world.marks)()
            notices: list[Notice] = [self._world.connection(pair) for pair in marks.connections]
            if marks.files:
                notices.append(self._world.files())
            notices += self._environments(marks.environments)
            if self._expected and self._world.complete():
                gone, self._expected = self._expected.difference(self._world.names()), set()
                notices += [EnvironmentsChanged(gone=tuple(sorted(gone)))] if gone else []
            for (environment, layer), names in marks.instances.items():
                if environment not in marks.environments:
                    notices += self._touched(environment, layer, names)
            return notices

    def _environments(self, names: Iterable[str]) -> Iterator[Notice]:
        changed: list[EnvironmentState] = []
        gone: list[str] = []
        smaller: list[Notice] = []
        for name in sorted(names):
            state = self._world.state(name)
            if state is None:
                if self._told.pop(name, None) is not None:
                    gone.append(name)
            elif self._same_shape(state):
                smaller += self._differences(state)
            else:
                self._told[name] = _told(state)
                changed.append(state)
        if changed or gone:
            yield EnvironmentsChanged(tuple(changed), tuple(gone))
        yield from smaller

    def _same_shape(self, state: EnvironmentState) -> bool:
        told = self._told.get(state.name)
        return told is not None and [layer.name for layer in told.state.layers] == [
            layer.name for layer in state.layers
        ]

    def _differences(self, state: EnvironmentState) -> Iterator[Notice]:
        told = self._told[state.name]
        if _bare(state) != told.bare():
            yield LayersChanged(_without_instances(state))
        now = self._told[state.name] = _told(state)
        for layer in state.layers:
            known, instances = told.instances[layer.name], now.instances[layer.name]
            changed = tuple(each for name, each in instances.items() if known.get(name) != each)
            gone = tuple(name for name in known if name not in instances)
            if changed or gone:
                yield InstancesChanged(state.name, layer.name, layer.status, state.status, changed, gone)

    def _touched(self, environment: str, layer: str, names: Iterable[str]) -> Iterator[Notice]:
        told = self._told.get(environment)
        record = self._world.owner(environment, layer)
        if told is None or record is None or layer not in told.instances:
            return
        known = told.instances[layer]
        changed = tuple(
            shown for name in names if (shown := record.shown.get(name)) is not None and known.get(name) != shown
        )
        gone = tuple(name for name in names if name not in record.shown and name in known)
        # What a silent provider's layer was told to be it stays until the provider has answered a question.
        status = told.statuses[layer]
        status = status if status is Status.UNKNOWN else record.status
        if not (changed or gone or status is not told.statuses[layer]):
            return
        known.update({instance.name: instance for instance in changed})
        for name in gone:
            del known[name]
        told.statuses[layer] = status
        yield InstancesChanged(environment, layer, status, told.status, changed, gone)


def _told(state: EnvironmentState) -> Told:
    return Told(
        _bare(state),
        {layer.name: {instance.name: instance for instance in layer.instances} for layer in state.layers},
        {layer.name: layer.status for layer in state.layers},
    )


def _without_instances(state: EnvironmentState) -> EnvironmentState:
    return replace(state, layers=tuple(replace(layer, instances=()) for layer in state.layers))


def _bare(state: EnvironmentState) -> EnvironmentState:
    """What makes a difference beside the instances. That it was looked at again makes none."""
    layers = tuple(replace(layer, instances=(), observed_at=None) for layer in state.layers)
    return replace(state, layers=layers, observed_at=None)
