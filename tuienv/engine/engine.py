"""`Engine`: observe, preview, run."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from tuienv.backends.base import Backends, Execution, ProviderError
from tuienv.engine.commands import equivalent_command
from tuienv.engine.costs import with_costs
from tuienv.engine.history import events_of, releases_of
from tuienv.engine.inside import execute, variables
from tuienv.engine.observing import ask_all, places_of
from tuienv.engine.policy import Asked, Place, Policy, check_protected, operations_of
from tuienv.engine.running import Run
from tuienv.engine.values import ReadSecret, inputs_for
from tuienv.journal import Journal
from tuienv.model import (
    REVEAL,
    RUN,
    Address,
    Capabilities,
    EnvironmentSpec,
    Event,
    Failure,
    Layer,
    Observation,
    Operation,
    Outcome,
    Plan,
    Progress,
    Release,
    Verb,
)
from tuienv.plan import make_plan
from tuienv.plan.world import World
from tuienv.redaction import learn_settings
from tuienv.text import mask


class PlanOutdated(Exception):
    """What exists has changed since the plan was made, so it was not run. `fresh` is what would be done now."""

    def __init__(self, fresh: Plan) -> None:
        super().__init__(f"{fresh.environment} has changed since this plan was made. Look at the fresh plan first")
        self.fresh = fresh


class Engine:
    """Observes, plans and changes, through the backends it was given. Safe to call from several threads.

    `read_secret` turns a secret's name into its value; see `tuienv.credentials`.
    """

    def __init__(
        self,
        backends: Backends,
        journal: Journal,
        policy: Policy | None = None,
        *,
        read_secret: ReadSecret,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.backends = backends
        self.policy = policy or Policy()
        self._journal = journal
        self._read_secret = read_secret
        self._clock = clock

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
        learn_settings(operation.settings)
        observations = self.observe(operation.target.environment, spec, places, thorough=True)
        plan = make_plan(operation, spec, observations, self._releases_for(operation, observations))
        found = {(layer.backend, layer.name): layer for seen in observations for layer in seen.layers}
        priced = [with_costs(change, found, self._capabilities) for change in plan.changes]
        return replace(plan, changes=tuple(priced))

    def check(self, plan: Plan, spec: EnvironmentSpec | None) -> None:
        """Raises `Refused` if this plan may not run, as far as can be told without asking anybody."""
        if plan.changes:
            places = tuple(dict.fromkeys((change.backend, change.profile) for change in plan.changes))
            self.policy.check(Asked(operations_of(plan.operation), str(plan.operation.target), places))
        check_protected(plan, spec)

    def run(
        self,
        plan: Plan,
        spec: EnvironmentSpec | None,
        places: Sequence[Place],
        report: Callable[[Progress], None],
        cancel: threading.Event | None = None,
        command: str = "",
    ) -> Outcome:
        """Do this plan, and nothing else. `report` is called from several threads, one at a time.

        Raises `Refused` where policy forbids it, `PlanOutdated` where the world has moved on, `PlanError` where it
        has become impossible. What fails on the way is in the outcome.
        """
        self.check(plan, spec)
        fresh = self.preview(plan.operation, spec, places)
        if fresh.fingerprint != plan.fingerprint:
            raise PlanOutdated(fresh)
        return Run(
            fresh,
            open_backend=self.backends.acting,
            inputs=lambda change: inputs_for(change, spec, self.backends, self._read_secret),
            journal=self._journal,
            report=report,
            cancel=cancel or threading.Event(),
            command=command or equivalent_command(plan.operation),
            clock=self._clock,
        ).outcome()

    def execute(
        self, target: Address, place: Place, argv: Sequence[str], *, tty: bool = False, stdin: bool = False
    ) -> Execution:
        """A command or a shell inside an instance of a layer at `place`: it can change anything, so it is refused
        wherever a change would be. Raises `Refused`, `ProviderError`."""
        self.policy.check(Asked((RUN,), str(target), (place,)))
        return execute(self.backends.acting(*place), target, argv, tty=tty, stdin=stdin)

    def config(self, target: Address, place: Place) -> Mapping[str, str]:
        """The variables of a layer at `place`; what may be secret is masked. Raises `ProviderError`."""
        found = variables(self.backends.acting(*place), target)
        return {key: mask(key, value) for key, value in found.items()}

    def reveal(self, target: Address, place: Place) -> Mapping[str, str]:
        """The same with its secrets. Raises `Refused`, `ProviderError`."""
        self.policy.check(Asked((REVEAL,), str(target), (place,)))
        return variables(self.backends.acting(*place), target)

    def releases(self, target: Address, layer: Layer) -> list[Release]:
        """What was released of a layer, newest first. Raises `ProviderError`."""
        return releases_of(self.backends.get(layer.backend, layer.profile), layer, target)

    def events(self, target: Address, layer: Layer) -> list[Event]:
        """What happened to a layer, newest first. Raises `ProviderError`."""
        return events_of(self.backends.get(layer.backend, layer.profile), layer, target)

    def _releases_for(self, operation: Operation, observations: Sequence[Observation]) -> Sequence[Release]:
        """What a rollback goes by; nothing for other operations."""
        target = operation.target
        if operation.verb is not Verb.ROLLBACK or not target.layer:
            return ()
        return self.releases(target, World(target.environment, observations).layer(target))

    def _capabilities(self, layer: Layer) -> Capabilities:
        return self.backends.get(layer.backend, layer.profile).capabilities(layer)

    def _failed(self, environment: str) -> Callable[[Place, ProviderError], Observation]:
        def made(place: Place, error: ProviderError) -> Observation:
            failure: Failure = error.as_failure()
            return Observation(environment, *place, at=self._clock(), failure=failure)

        return made
