"""The state of everything: what providers said, what files want, put together. No threads, no clock, no I/O.

Whatever is taken in marks what it touched; `telling.Teller` turns the marks into notices. Whoever shares a `World`
between threads holds its `lock`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING

from tuienv.live.picture import Picture, as_observed, beside_name
from tuienv.live.records import LayerRecord, PairRecord
from tuienv.model import Status
from tuienv.model.state import ConnectionChanged, FilesRefused
from tuienv.plan import environment_status

if TYPE_CHECKING:
    from tuienv.backends.base import Hint
    from tuienv.live.records import Pair
    from tuienv.model import Address, Budget, EnvironmentSpec, Failure, Identity, Layer, Observation
    from tuienv.model.state import EnvironmentState


class Look(Enum):
    """What a hint makes necessary beside what was applied."""

    NOTHING = "nothing"
    SETTLE = "settle"
    NOW = "now"


@dataclass(slots=True)
class Marks:
    """What was touched since it was last told: whole environments, single instances, connections, files."""

    environments: set[str] = field(default_factory=set)
    instances: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    connections: set[Pair] = field(default_factory=set)
    files: bool = False

    def __bool__(self) -> bool:
        return bool(self.environments or self.instances or self.connections or self.files)


class World:
    """See the module. Pairs come with `watch`; what they had in the last session with `remember`."""

    def __init__(self, started: float) -> None:
        self.lock = threading.RLock()
        self.marks = Marks()
        self._started = started
        self._pairs: dict[Pair, PairRecord] = {}
        self._specs: dict[str, EnvironmentSpec] = {}
        self._mistakes: tuple[str, ...] = ()
        self._files_read = self._watched = False
        self._remembered: dict[str, EnvironmentState] = {}

    # --- what comes in

    def remember(self, states: Iterable[EnvironmentState]) -> None:
        """The state of the last session, shown until each provider has answered and the files were read."""
        for state in states:
            self._remembered[state.name] = state
            for layer in state.layers:
                at = layer.observed_at or self._started
                found = as_observed(layer)
                record = self.pair((layer.backend, layer.profile))
                name = layer.name.partition("@")[0]
                record.environments.setdefault(state.name, {})[name] = LayerRecord(replace(found, name=name), at)
                record.since = min(at, record.since or at)
            self.marks.environments.add(state.name)

    def watch(self, pairs: Iterable[Pair]) -> None:
        """These are the pairs that are looked at; what others had is forgotten."""
        wanted = set(pairs)
        for pair in [pair for pair in self._pairs if pair not in wanted]:
            self.marks.environments.update(self._pairs.pop(pair).environments)
            self.marks.connections.add(pair)
        for pair in wanted:
            self.pair(pair)
        self._watched = True

    def discovered(self, pair: Pair, observations: Sequence[Observation], identity: Identity | None = None) -> None:
        """The provider told everything it has."""
        record = self.pair(pair)
        self._back(record, identity)
        self.marks.environments.update(record.replace_all(observations))
        if not record.answered:
            record.answered = True
            self._mark_declared(pair)

    def found(self, pair: Pair, observations: Sequence[Observation]) -> None:
        """The provider told a part of what it has; the rest is to come."""
        record = self.pair(pair)
        for observation in observations:
            record.replace_one(observation)
            self.marks.environments.add(observation.environment)

    def observed(self, pair: Pair, observation: Observation) -> None:
        """The provider told of one environment."""
        self.pair(pair).replace_one(observation)
        self.marks.environments.add(observation.environment)

    def identified(self, pair: Pair, identity: Identity) -> None:
        record = self.pair(pair)
        if record.identity != identity:
            record.identity = identity
            self.marks.connections.add(pair)

    def budgeted(self, pair: Pair, budget: Budget | None) -> None:
        """What is left at a provider that counts requests; told again when it has moved by a step."""
        record = self.pair(pair)
        if _steps_left(budget) != _steps_left(record.budget):
            record.budget = budget
            self.marks.connections.add(pair)

    def failed(self, pair: Pair, failure: Failure, now: float) -> None:
        """The provider does not answer. What it told last stays, marked; a second failure of the same kind changes
        nothing, so that a dead provider is told of once."""
        record = self.pair(pair)
        if record.failure is not None and record.failure.kind == failure.kind:
            return
        if record.failure is None:
            record.since = now if record.answered else (record.since or self._started)
        record.failure = failure
        self._mark_all(record)

    def hinted(self, pair: Pair, hint: Hint) -> Look:
        """Apply what a provider pushed, and say whether its environment has to be looked at."""
        record = self.pair(pair).layer(hint.environment, hint.layer)
        if hint.gone:
            return self._gone(record, hint)
        if hint.instance is None or record is None:
            return Look.NOW
        came = record.put(hint.instance)
        self._mark_instance(hint.environment, hint.layer, hint.instance.name)
        return Look.SETTLE if came else Look.NOTHING

    def declare(self, specs: Iterable[EnvironmentSpec], mistakes: Sequence[str]) -> None:
        """The files say this now."""
        before = set(self._specs) | set(self._remembered)
        self._specs = {spec.name: spec for spec in specs}
        self._files_read = True
        self._remembered = {}
        self.marks.environments.update(before, self._specs)
        self.marks.files = self.marks.files or self._mistakes != tuple(mistakes)
        self._mistakes = tuple(mistakes)

    # --- what is asked

    def spec(self, environment: str) -> EnvironmentSpec | None:
        return self._specs.get(environment)

    def pairs(self) -> list[Pair]:
        return list(self._pairs)

    def identity(self, pair: Pair) -> Identity | None:
        record = self._pairs.get(pair)
        return record.identity if record else None

    def failing(self, pair: Pair) -> bool:
        record = self._pairs.get(pair)
        return record is not None and record.failure is not None

    @property
    def has_read_files(self) -> bool:
        return self._files_read

    def listed(self, pair: Pair) -> bool:
        """Whether this provider has told everything it has, in this session."""
        record = self._pairs.get(pair)
        return record is not None and record.answered

    def answered(self) -> bool:
        """Whether any provider has told everything it has, in this session."""
        return any(record.answered for record in self._pairs.values())

    def complete(self) -> bool:
        """Whether it is known who is looked at, every provider has told everything it has, and the files were read."""
        return self._files_read and self._watched and all(record.answered for record in self._pairs.values())

    def untold(self, pair: Pair, environment: str) -> bool:
        """Whether the provider named layers of it and did not tell how they are: a look at them does."""
        layers = self.pair(pair).environments.get(environment, {}).values()
        return not self.failing(pair) and any(record.status is Status.UNKNOWN for record in layers)

    def layer(self, environment: str, name: str) -> Layer | None:
        """A layer as it was observed last, facets and all."""
        record = self.owner(environment, name)
        return record.whole() if record else None

    def owner(self, environment: str, name: str) -> LayerRecord | None:
        """The record that stands for a layer: where the file wants it; else with the first pair that has it; one that
        stands beside another of its name (``web@work``), with its own."""
        name, _, place = name.partition("@")
        if place:
            at = (pair for pair in self._pairs if beside_name(name, pair) == f"{name}@{place}")
            return next((kept for pair in at if (kept := self._pairs[pair].layer(environment, name))), None)
        spec = self._specs.get(environment)
        wanted = spec.layer(name) if spec else None
        if wanted is not None:
            record = self._pairs.get((wanted.backend, wanted.profile))
            return record.layer(environment, name) if record else None
        found = (record.layer(environment, name) for record in self._pairs.values())
        return next((layer for layer in found if layer is not None), None)

    def where(self, address: Address) -> list[Pair]:
        """The pairs that have something of this address."""
        return [
            pair
            for pair, record in self._pairs.items()
            if address.environment in record.environments
            and (not address.layer or address.layer in record.environments[address.environment])
        ]

    def wanted_at(self, address: Address) -> list[Pair]:
        """The pairs where the files want something of this address."""
        spec = self._specs.get(address.environment)
        layers = spec.layers if spec else ()
        return list(dict.fromkeys((each.backend, each.profile) for each in layers if address.layer in ("", each.name)))

    def to_remember(self) -> list[EnvironmentState]:
        """Every environment as it was known last: what a silent provider said before, and nothing that is absent."""
        states = (self.state(name) for name in self.names())
        return [known for state in states if state is not None and (known := self._last_known(state)).layers]

    def names(self) -> list[str]:
        """Every environment there is, declared or found."""
        found = (name for record in self._pairs.values() for name in record.environments)
        return list(dict.fromkeys([*self._specs, *found]))

    def connection(self, pair: Pair) -> ConnectionChanged:
        record = self._pairs.get(pair)
        if record is None:
            return ConnectionChanged(*pair, gone=True)
        since = record.since if record.failure else None
        return ConnectionChanged(*pair, record.identity, record.failure, since, budget=record.budget)

    def files(self) -> FilesRefused:
        return FilesRefused(self._mistakes)

    def state(self, name: str) -> EnvironmentState | None:
        """An environment as it is shown; None if there is none of that name."""
        return Picture(name, self._specs.get(name), self._remembered.get(name), self._pairs, self._started).state()

    # --- inside

    def _last_known(self, state: EnvironmentState) -> EnvironmentState:
        found = [(layer, self.owner(state.name, layer.name)) for layer in state.layers]
        layers = tuple(replace(layer, status=kept.status, failure=None) for layer, kept in found if kept is not None)
        return replace(state, layers=layers, status=environment_status(layer.status for layer in layers))

    def pair(self, pair: Pair) -> PairRecord:
        """What is known at one pair, from now on or from before."""
        return self._pairs.setdefault(pair, PairRecord(pair))

    def _back(self, record: PairRecord, identity: Identity | None) -> None:
        if record.failure is not None or (identity is not None and identity != record.identity):
            self.marks.connections.add(record.pair)
        if record.failure is not None:
            self._mark_declared(record.pair)
        record.failure = record.since = None
        record.identity = identity or record.identity

    def _mark_all(self, record: PairRecord) -> None:
        self.marks.connections.add(record.pair)
        self.marks.environments.update(record.environments)
        self._mark_declared(record.pair)

    def _mark_declared(self, pair: Pair) -> None:
        self.marks.environments.update(
            spec.name
            for spec in self._specs.values()
            if any((layer.backend, layer.profile) == pair for layer in spec.layers)
        )

    def _mark_instance(self, environment: str, layer: str, name: str) -> None:
        if environment in self._specs or sum(environment in each.environments for each in self._pairs.values()) > 1:
            # how far it is from what its file wants may have changed as well; or another may have one of its name
            self.marks.environments.add(environment)
        else:
            self.marks.instances.setdefault((environment, layer), set()).add(name)

    def _gone(self, record: LayerRecord | None, hint: Hint) -> Look:
        name = hint.gone.rsplit("/", 1)[-1]
        if record is None or not record.drop(name):
            return Look.NOTHING if record is not None else Look.NOW
        self._mark_instance(hint.environment, hint.layer, name)
        return Look.SETTLE if record.instances else Look.NOW


def _steps_left(budget: Budget | None) -> int | None:
    """How much is left, in twentieths of the limit: what a screen is told of. None where nothing is to be shown."""
    return None if budget is None or budget.own or not budget.limit else 20 * budget.remaining // budget.limit
