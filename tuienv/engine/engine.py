"""`Engine`: observe, preview, run."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial

from tuienv.backends.base import Backends, Execution, Judges, Keeps, ProviderError
from tuienv.engine.commands import equivalent_command
from tuienv.engine.costs import Found, with_costs, with_leaves
from tuienv.engine.guard import check_accounts, check_locks, check_protected, places_of_changes
from tuienv.engine.history import events_of, releases_of
from tuienv.engine.holding import Holder, this_process
from tuienv.engine.inside import Recorded, execute, variables
from tuienv.engine.inverses import done_at, left_as_it_is, undoing
from tuienv.engine.locking import Locking
from tuienv.engine.making import Making, new_run
from tuienv.engine.observing import ask_all, places_of
from tuienv.engine.policy import Asked, Place, Policy, Refused, operations_of
from tuienv.engine.running import Run
from tuienv.engine.unfinished import unfinished
from tuienv.engine.values import ReadSecret
from tuienv.journal import Journal
from tuienv.model import (
    REVEAL,
    RUN,
    Action,
    Address,
    Capabilities,
    Entry,
    EnvironmentSpec,
    Event,
    Failure,
    Identity,
    Layer,
    Lock,
    Observation,
    Operation,
    Outcome,
    Plan,
    Progress,
    Release,
    Verb,
)
from tuienv.plan.making import make_plan
from tuienv.plan.world import World, declared_at
from tuienv.redaction import learn_settings
from tuienv.spec.built import with_contents
from tuienv.text import mask


class PlanOutdated(Exception):
    """What exists has changed since the plan was made, so it was not run. `fresh` is what would be done now."""

    def __init__(self, fresh: Plan) -> None:
        super().__init__(f"{fresh.environment} has changed since this plan was made. Look at the fresh plan first")
        self.fresh = fresh


class Engine:
    """Observes, plans and changes, through the backends it was given. Safe to call from several threads.

    `read_secret` turns a secret's name into its value; see `tuienv.credentials`. `holder`: who takes locks, if that is
    not this process.
    """

    def __init__(
        self,
        backends: Backends,
        journal: Journal,
        policy: Policy | None = None,
        *,
        read_secret: ReadSecret,
        clock: Callable[[], float] = time.time,
        holder: Holder | None = None,
    ) -> None:
        self.backends = backends
        self.policy = policy or Policy()
        self._journal = journal
        self._read_secret = read_secret
        self._clock = clock
        self._locking = Locking(self._keeps, journal, holder or this_process(), clock)

    def discover(self, places: Sequence[Place]) -> list[Observation]:
        """Everything that runs at these places. A place that fails gives an observation without a name."""
        return ask_all(self.backends, places, lambda backend: backend.discover(), self._failed(""))

    def observe(
        self, environment: str, spec: EnvironmentSpec | None, places: Sequence[Place], *, thorough: bool = False
    ) -> list[Observation]:
        """One environment, wherever its file or `places` may have it. A place that fails has `failure` set."""
        return ask_all(
            self.backends,
            places_of(spec, places),
            lambda backend: [backend.observe(environment, thorough=thorough)],
            self._failed(environment),
        )

    def preview(self, operation: Operation, spec: EnvironmentSpec | None, places: Sequence[Place]) -> Plan:
        """What this operation would do now. Changes nothing. Raises `tuienv.plan.PlanError`, and `ProviderError` where
        the releases that a rollback goes by cannot be read."""
        return self._plan(operation, spec, places)[0]

    def undoing(self, environment: str = "") -> Operation:
        """The operation that undoes what was done last from here (in that environment). Raises `PlanError`."""
        return undoing(self._journal, environment)

    def check(self, plan: Plan, spec: EnvironmentSpec | None, places: Sequence[Place]) -> None:
        """Raises `Refused` if this plan may not run now, `ProviderError` where nobody can tell. Changes nothing."""
        self._check(plan, spec, places)

    def run(
        self,
        plan: Plan,
        spec: EnvironmentSpec | None,
        places: Sequence[Place],
        report: Callable[[Progress], None],
        cancel: threading.Event | None = None,
    ) -> Outcome:
        """Do this plan, and nothing else. `report` is called from several threads, one at a time.

        Raises `Refused` where policy or somebody's lock forbids it, `PlanOutdated` where the world has moved on,
        `PlanError` where it has become impossible, `ProviderError` where nobody can tell who we are. What fails on the
        way is in the outcome.
        """
        cancel = cancel or threading.Event()
        identities = self._check(plan, spec, places)
        if not plan.changes:
            self._clear(plan, self.observe(plan.environment, spec, places))
        with self._held(plan, spec, places, cancel) as lock:
            fresh, seen = self._plan(plan.operation, spec, places)
            check_protected(fresh, spec, seen)
            if fresh.fingerprint != plan.fingerprint:
                raise PlanOutdated(fresh)
            if not fresh.changes and not any(one.failures for one in seen):
                self._note_undone(fresh)
            making = Making(
                fresh,
                spec,
                self.backends,
                self._read_secret,
                _layers(seen),
                identities,
                self._locking.holder,
                lock,
                self._clock(),
                equivalent_command(plan.operation),
            )
            return Run(
                fresh,
                make=making.make,
                entry=making.entry,
                journal=self._journal,
                report=report,
                cancel=cancel,
                clock=self._clock,
            ).outcome()

    def execute(
        self, target: Address, place: Place, argv: Sequence[str], *, tty: bool = False, stdin: bool = False
    ) -> Execution:
        """A command or a shell inside an instance of a layer at `place`: it can change anything, so it is refused
        wherever a change would be. Raises `Refused`, `ProviderError`."""
        # What follows the program's name may hold anything, a password included.
        number = self._note(RUN, target, place, argv[0] if argv else "")
        with self._failing(number):
            execution = execute(self.backends.acting(*place), target, argv, tty=tty, stdin=stdin)
        return Recorded(execution, partial(self._journal.end, number))

    def config(self, target: Address, place: Place) -> Mapping[str, str]:
        """The variables of a layer at `place`; what may be secret is masked. Raises `ProviderError`."""
        found = variables(self.backends.acting(*place), target)
        return {key: mask(key, value) for key, value in found.items()}

    def reveal(self, target: Address, place: Place) -> Mapping[str, str]:
        """The same with its secrets. Raises `Refused`, `ProviderError`."""
        number = self._note(REVEAL, target, place, "its variables")
        with self._failing(number):
            found = variables(self.backends.acting(*place), target)
        self._journal.end(number, "done")
        return found

    def releases(self, target: Address, layer: Layer) -> list[Release]:
        """What was released of a layer, newest first. Raises `ProviderError`."""
        return releases_of(self.backends.get(layer.backend, layer.profile), layer, target)

    def events(self, target: Address, layer: Layer) -> list[Event]:
        """What happened to a layer, newest first. Raises `ProviderError`."""
        return events_of(self.backends.get(layer.backend, layer.profile), layer, target)

    # --- inside -------------------------------------------------------------------------------------------------

    def _plan(
        self, operation: Operation, spec: EnvironmentSpec | None, places: Sequence[Place]
    ) -> tuple[Plan, list[Observation]]:
        """What this operation would do now, and what that follows from."""
        learn_settings(operation.settings)
        environment = operation.target.environment
        if operation.verb is Verb.UNDO and not operation.inverses:
            operation = undoing(self._journal, environment)
        at = done_at(self._journal, operation)
        seen = self.observe(environment, spec, [*places, *at], thorough=True)
        spec = with_contents(_within(spec, at)) if spec is not None else None
        there = [one for one in seen if not at or _place(one) in at]
        keepers = [place for place in map(_place, there) if self._keeps(place)]
        releases = self._releases_for(operation, World(environment, there, declared=declared_at(spec)))
        plan = make_plan(operation, spec, there, releases, keepers, self._objections(spec))
        layers = _layers(seen)
        priced = with_costs(plan.changes, layers, self._capabilities)
        priced = [with_leaves(change, layers, self._capabilities) for change in priced]
        left: tuple[str, ...] = ()
        if operation.verb is Verb.UNDO:
            left = left_as_it_is(self._journal, operation)
        elif operation.verb is Verb.APPLY:
            left = unfinished(self._journal, environment)
        elif operation.verb is Verb.LOCK and not plan.changes:
            left = self._locking.taken(environment, seen)
        return replace(plan, changes=tuple(priced), left_alone=(*plan.left_alone, *left)), seen

    def _objections(self, spec: EnvironmentSpec | None) -> Mapping[str, str]:
        """What the backends that a file names have against it."""
        found: dict[str, str] = {}
        for backend, profile in places_of(spec, ()):
            try:
                judge = self.backends.get(backend, profile)
            except ProviderError:
                continue  # it is not here; whoever observes says so
            if spec is not None and isinstance(judge, Judges):
                found |= judge.objections(spec, profile)
        return found

    def _releases_for(self, operation: Operation, world: World) -> Sequence[Release]:
        """What a rollback goes by, also one that undoes; nothing for other operations."""
        for one in (operation, *operation.inverses):
            if one.verb is Verb.ROLLBACK and one.target.layer:
                return self.releases(one.target, world.layer(one.target))
        return ()

    def _check(self, plan: Plan, spec: EnvironmentSpec | None, places: Sequence[Place]) -> dict[Place, Identity]:
        """Everything that may forbid it; the rules first, which contact nobody. Gives who we are at each place."""
        if not plan.changes:
            self._check_taken(plan, spec, places)
            return {}
        touched = places_of_changes(plan.changes)
        self.policy.check(Asked(operations_of(plan.operation), str(plan.operation.target), touched))
        check_protected(plan, spec)
        seen = self.observe(plan.environment, spec, [*places, *touched])
        check_protected(plan, spec, seen)
        identities = check_accounts(seen, touched, self._identify)
        check_locks(plan, seen, self._locking)
        return identities

    def _check_taken(self, plan: Plan, spec: EnvironmentSpec | None, places: Sequence[Place]) -> None:
        """Raises `Refused` for a lock that would be put on where somebody else's is."""
        if plan.operation.verb is Verb.LOCK:
            for said in self._locking.taken(plan.environment, self.observe(plan.environment, spec, places)):
                raise Refused(said)

    def _note(self, operation: str, target: Address, place: Place, what: str) -> int:
        """Check and write down what is done with one layer past any plan; the number completes the record."""
        identity = self._check_layer(operation, target, place)
        who = f"{identity.name} ({identity.account})"
        return self._journal.begin(Entry(target.environment, str(target), operation, *place, identity=who, reason=what))

    @contextmanager
    def _failing(self, number: int) -> Iterator[None]:
        """Complete the record if the block fails."""
        try:
            yield
        except ProviderError as error:
            self._journal.end(number, "failed", str(error))
            raise

    def _check_layer(self, operation: str, target: Address, place: Place) -> Identity:
        """As `_check`, for one layer. A lock keeps no secret."""
        self.policy.check(Asked((operation,), str(target), (place,)))
        seen = self.observe(target.environment, None, [place])
        identity = check_accounts(seen, [place], self._identify)[place]
        if operation == RUN:
            self._locking.check(target.environment, seen, runs=True)
        return identity

    @contextmanager
    def _held(
        self, plan: Plan, spec: EnvironmentSpec | None, places: Sequence[Place], cancel: threading.Event
    ) -> Iterator[Lock | None]:
        """Under the environment's lock, unless the lock is all that this is about."""
        if all(change.action in (Action.LOCK, Action.UNLOCK) for change in plan.changes):
            yield None
            return

        touched, why = places_of_changes(plan.changes), equivalent_command(plan.operation)

        def look() -> list[Observation]:
            return self.observe(plan.environment, spec, [*places, *touched])

        with self._locking.held(plan.environment, touched, why, look, cancel) as lock:
            yield lock

    def _clear(self, plan: Plan, seen: Sequence[Observation]) -> None:
        """Take off the lock of a run that was killed when all was done: nothing is left to change, and so nobody else
        would."""
        with suppress(Refused):
            self.policy.check(Asked(operations_of(plan.operation), plan.environment, tuple(map(_place, seen))))
            self._locking.break_left(seen)

    def _note_undone(self, plan: Plan) -> None:
        """Write down that there was nothing left to undo: said again, undo goes on to what was done before that."""
        if plan.operation.verb is not Verb.UNDO:
            return
        name, command, said = plan.environment, equivalent_command(plan.operation), "nothing was left to undo"
        with suppress(Refused):
            self.policy.check(Asked(operations_of(plan.operation), name))
            entry = Entry(name, name, "undo", reason=said, command=command, run=new_run(), undoes=plan.operation.undone)
            self._journal.end(self._journal.begin(entry), "done")

    def _identify(self, place: Place) -> Identity:
        return self.backends.get(*place).identity()

    def _keeps(self, place: Place) -> Keeps | None:
        backend = self.backends.acting(*place)
        return backend if isinstance(backend, Keeps) else None

    def _capabilities(self, layer: Layer) -> Capabilities:
        return self.backends.get(layer.backend, layer.profile).capabilities(layer)

    def _failed(self, environment: str) -> Callable[[Place, ProviderError], Observation]:
        def made(place: Place, error: ProviderError) -> Observation:
            failure: Failure = error.as_failure()
            return Observation(environment, *place, at=self._clock(), failure=failure)

        return made


def _place(seen: Observation) -> Place:
    return seen.backend, seen.profile


def _within(spec: EnvironmentSpec, places: Sequence[Place]) -> EnvironmentSpec:
    """What a file wants at these places alone; at all where none is named."""
    layers = tuple(layer for layer in spec.layers if not places or (layer.backend, layer.profile) in places)
    return spec if layers == spec.layers else replace(spec, layers=layers)


def _layers(seen: Sequence[Observation]) -> Found:
    return {(layer.backend, layer.profile, layer.name): layer for one in seen for layer in one.layers}
