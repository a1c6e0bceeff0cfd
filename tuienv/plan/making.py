"""From an operation, a file and what was observed to the plan. Pure: no I/O, no clock."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace

from tuienv.model import Change, EnvironmentSpec, Observation, Operation, Plan, Release, Verb
from tuienv.plan.applying import plan_apply
from tuienv.plan.destroying import plan_destroy
from tuienv.plan.draft import Draft
from tuienv.plan.going_back import plan_rollback
from tuienv.plan.live_changes import plan_configure, plan_restart, plan_scale, plan_start, plan_stop
from tuienv.plan.world import PlanError, World

Maker = Callable[[Operation, EnvironmentSpec | None, World], Draft]

MAKERS: Mapping[Verb, Maker] = {
    Verb.APPLY: plan_apply,
    Verb.DESTROY: plan_destroy,
    Verb.SCALE: plan_scale,
    Verb.RESIZE: plan_scale,
    Verb.RESTART: plan_restart,
    Verb.STOP: plan_stop,
    Verb.START: plan_start,
    Verb.CONFIGURE: plan_configure,
    Verb.ROLLBACK: plan_rollback,
}


def make_plan(
    operation: Operation,
    spec: EnvironmentSpec | None,
    observations: Sequence[Observation],
    releases: Sequence[Release] = (),
) -> Plan:
    """The steps that `operation` takes from `observations` (thorough ones, of this environment). `releases`: for a
    rollback, those of its layer, newest first.

    Raises `PlanError` where there can be none: a layer that is not there, an apply without a file.
    """
    environment = operation.target.environment
    if not environment:
        raise PlanError("An environment's name is empty, and that means nothing, not everything")
    draft = MAKERS[operation.verb](operation, spec, World(environment, observations, releases))
    return Plan(
        environment=environment,
        operation=operation,
        changes=draft.changes,
        fingerprint=fingerprint(draft.changes),
        left_alone=draft.left_alone,
        kept=draft.kept,
    )


def fingerprint(changes: Sequence[Change]) -> str:
    """Names these changes against this state: it moves as soon as any step, reason or resource would be another."""
    plain = [asdict(replace(change, monthly_cost=None)) for change in changes]
    return hashlib.sha256(json.dumps(plain, sort_keys=True, default=str).encode()).hexdigest()[:16]
