"""A provider whose every answer the test decides, and a listener that can be waited for."""

from __future__ import annotations

import queue
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from tuienv.backends.base import Backend, Backends, Hint, Inputs, ProviderError, Steps, Stream, Unreachable
from tuienv.live.freshness import Live
from tuienv.live.pace import Pace
from tuienv.model import (
    Address,
    Capabilities,
    Change,
    Identity,
    Instance,
    Kind,
    Layer,
    Observation,
    Sample,
    Status,
)
from tuienv.model.state import EnvironmentsChanged, EnvironmentState, InstancesChanged, LayersChanged, Notice

T = TypeVar("T")
PATIENCE = 20.0
"""Seconds after which a test gives up waiting: far more than anything here takes."""

QUICK = Pace(
    coalesce=0.01,
    probe=60,
    patience=60,
    patience_long=60,
    sweep=60,
    focus=0.02,
    glance=0.02,
    spend=1_000_000,
    again=0.01,
    settle=60,
    retry=0.01,
    retry_most=0.05,
    files=0.02,
    samples=0.02,
    refocus=0.01,
    remember=0.01,
)
"""What need not be waited for comes soon; what a test does not ask for does not come at all."""


def instance(name: str, status: Status = Status.RUNNING, **more: Any) -> Instance:
    return Instance(name, f"id-{name}", status, **more)


def layer(name: str, *instances: Instance, status: Status = Status.RUNNING, backend: str = "fake") -> Layer:
    return Layer(name, Kind.APP, backend, "", status, instances)


class Tape:
    """A stream that the test feeds. An exception in it is raised to the reader."""

    def __init__(self) -> None:
        self._items: queue.Queue[Any] = queue.Queue()
        self.closed = False

    def put(self, item: object) -> None:
        self._items.put(item)

    def close(self) -> None:
        self.closed = True
        self._items.put(StopIteration())

    def __iter__(self) -> Tape:
        return self

    def __next__(self) -> Any:
        item = self._items.get()
        if isinstance(item, Exception):
            raise item
        return item


class Provider:
    """One provider with one profile. Set `trouble` and every call raises it; `refused`, and looking at
    that environment does; clear `gate` and every call waits."""

    def __init__(self, name: str = "fake") -> None:
        self.name, self.profile = name, ""
        self.environments: dict[str, tuple[Layer, ...]] = {}
        self.trouble: ProviderError | None = None
        self.refused: dict[str, ProviderError] = {}
        self.gate = threading.Event()
        self.gate.set()
        self.calls: Counter[str] = Counter()
        self.account = "account-1"

    def identity(self) -> Identity:
        self._called("identity")
        return Identity(self.name, self.profile, self.account, "somebody")

    def discover(self) -> list[Observation]:
        self._called("discover")
        return [Observation(name, self.name, "", 100.0, layers) for name, layers in self.environments.items()]

    def observe(self, environment: str, *, thorough: bool = False) -> Observation:
        self._called("observe")
        if environment in self.refused:
            raise self.refused[environment]
        return Observation(environment, self.name, "", 100.0, self.environments.get(environment, ()))

    def capabilities(self, layer: Layer) -> Capabilities:
        return Capabilities(frozenset())

    def apply(self, change: Change, inputs: Inputs, steps: Steps) -> None:
        raise NotImplementedError

    def close(self) -> None:
        self.gate.set()

    def _called(self, call: str) -> None:
        self.calls[call] += 1
        self.gate.wait()
        if self.trouble is not None:
            raise self.trouble


class Pushing(Provider):
    """The same, but it pushes hints and can be measured."""

    def __init__(self, name: str = "fake") -> None:
        super().__init__(name)
        self.tape = Tape()
        self.measured: list[tuple[Sequence[Address], Tape]] = []

    def watch(self) -> Stream[Hint]:
        self._called("watch")
        self.tape = Tape()
        self.tape.put(Hint())
        return self.tape

    def metrics(self, targets: Sequence[Address]) -> Stream[list[Sample]]:
        tape = Tape()
        self.measured.append((targets, tape))
        return tape

    def hint(self, environment: str, layer: str, changed: Instance) -> None:
        self.tape.put(Hint(environment, layer, changed))

    def die(self) -> None:
        """It goes away in the middle of everything."""
        self.trouble = Unreachable("reach", self.name, "connection refused", "Start it")
        self.tape.put(self.trouble)


class Told:
    """The listener: keeps what it was told, and what is now so for whoever was told only that."""

    def __init__(self) -> None:
        self.notices: list[Notice] = []
        self.states: dict[str, EnvironmentState] = {}
        self.instances: dict[tuple[str, str], dict[str, Instance]] = {}
        self._changed = threading.Condition()

    def __call__(self, notices: Sequence[Notice]) -> None:
        with self._changed:
            for notice in notices:
                self.notices.append(notice)
                self._take(notice)
            self._changed.notify_all()

    def wait(self, found: Callable[[], T]) -> T:
        """Wait until `found` gives something true, and give it back."""
        with self._changed:
            assert self._changed.wait_for(found, PATIENCE), f"never told; the last was {self.notices[-3:]}"
            return found()

    def of(self, kind: type[T]) -> list[T]:
        return [notice for notice in self.notices if isinstance(notice, kind)]

    def layer_status(self, environment: str, name: str) -> Status | None:
        state = self.states.get(environment)
        return next((layer.status for layer in state.layers if layer.name == name), None) if state else None

    def _take(self, notice: Notice) -> None:
        match notice:
            case EnvironmentsChanged(environments, gone):
                for name in gone:
                    self.states.pop(name, None)
                for state in environments:
                    self.states[state.name] = state
                    for each in state.layers:
                        self.instances[state.name, each.name] = {one.name: one for one in each.instances}
            case LayersChanged(state):
                self.states[state.name] = state
            case InstancesChanged():
                known = self.instances[notice.environment, notice.layer]
                known.update({one.name: one for one in notice.changed})
                for name in notice.gone:
                    del known[name]


@contextmanager
def living(*providers: Backend, told: Told, pace: Pace = QUICK, **more: Any) -> Iterator[Live]:
    """A `Live` over these providers, ended in any case."""
    openers = {each.name: (lambda profile="", each=each: each) for each in providers}
    backends = Backends(openers)
    live = Live(backends, [(each.name, "") for each in providers], told, pace=pace, **more)
    live.start()
    try:
        yield live
    finally:
        live.close()
        backends.close()


def until(found: Callable[[], bool]) -> None:
    """Wait for what no listener is told."""
    waiting = threading.Event()
    for _ in range(int(PATIENCE / 0.005)):
        if found():
            return
        waiting.wait(0.005)
    raise AssertionError("it never became so")
