"""From an operation, a file and what was observed to the plan. Pure: no I/O, no clock."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, replace

from tuienv.model import Change, EnvironmentSpec, Observation, Operation, Plan, Release, Verb
from tuienv.plan.applying import plan_apply
from tuienv.plan.destroying import plan_destroy
from tuienv.plan.draft import Draft
from tuienv.plan.going_back import plan_rollback
from tuienv.plan.live_changes import plan_configure, plan_restart, plan_scale, plan_start, plan_stop
from tuienv.plan.marking import plan_lock, plan_protect, plan_unlock, plan_unprotect
from tuienv.plan.world import PlanError, World, declared_at

Maker = Callable[[Operation, EnvironmentSpec | None, World], Draft]

NO_OBJECTIONS: Mapping[str, str] = {}

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
    Verb.PROTECT: plan_protect,
    Verb.UNPROTECT: plan_unprotect,
    Verb.LOCK: plan_lock,
    Verb.UNLOCK: plan_unlock,
}


def make_plan(
    operation: Operation,
    spec: EnvironmentSpec | None,
    observations: Sequence[Observation],
    releases: Sequence[Release] = (),
    keepers: Collection[tuple[str, str]] = (),
    objections: Mapping[str, str] = NO_OBJECTIONS,
) -> Plan:
    """The steps that `operation` takes from `observations` (thorough ones, of this environment). `releases`: for a
    rollback, those of its layer, newest first; `keepers`: the places where marks can be kept with it; `objections`: by
    layer of the file, why it cannot be made so.

    Raises `PlanError` where there can be none: a layer that is not there, an apply without a file.
    """
    environment = operation.target.environment
    if not environment:
        raise PlanError("An environment's name is empty, and that means nothing, not everything")
    world = World(environment, observations, releases, frozenset(keepers), objections, declared_at(spec))
    draft = _draft(operation, spec, world)
    return Plan(
        environment=environment,
        operation=operation,
        changes=draft.changes,
        fingerprint=fingerprint(draft.changes),
        left_alone=draft.left_alone,
        kept=draft.kept,
    )


def _draft(operation: Operation, spec: EnvironmentSpec | None, world: World) -> Draft:
    if operation.verb is not Verb.UNDO:
        return MAKERS[operation.verb](operation, spec, world)
    drafts = [_draft(inverse, spec, world) for inverse in operation.inverses if not _is_gone(inverse, world)]
    return Draft(
        _one_after_another([draft.changes for draft in drafts]),
        tuple(dict.fromkeys(sentence for draft in drafts for sentence in draft.left_alone)),
        tuple(dict.fromkeys(resource for draft in drafts for resource in draft.kept)),
    )


def _is_gone(inverse: Operation, world: World) -> bool:
    """Whether what this tears down is there no more, as after an undoing that did not get to its end."""
    name = inverse.target.layer
    is_teardown = inverse.verb is Verb.DESTROY and bool(name) and not world.silent()
    return is_teardown and all(layer.name != name for layer in world.answered())


def _one_after_another(groups: Sequence[Sequence[Change]]) -> tuple[Change, ...]:
    """The changes of several operations: those of each after those of all before it."""
    changes: list[Change] = []
    for group in groups:
        before = tuple(change.key for change in changes)
        changes += [replace(change, after=(*before, *change.after)) for change in group]
    return tuple(changes)


def fingerprint(changes: Sequence[Change]) -> str:
    """Names these changes against this state: it moves as soon as any step, reason or resource would be another."""
    plain = [asdict(replace(change, monthly_cost=None, leaves=())) for change in changes]
    return hashlib.sha256(json.dumps(plain, sort_keys=True, default=str).encode()).hexdigest()[:16]
