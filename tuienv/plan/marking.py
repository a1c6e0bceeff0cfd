"""Changing the marks that are kept with an environment: its protection, and the lock on it."""

from __future__ import annotations

from collections.abc import Sequence

from tuienv.model import Action, Address, Change, EnvironmentSpec, Observation, Operation
from tuienv.plan.draft import Draft
from tuienv.plan.world import PlanError, World


def plan_protect(operation: Operation, spec: EnvironmentSpec | None, world: World) -> Draft:
    """Protect it wherever something of it is."""
    places = _places(world)
    return _draft(Action.PROTECT, world, [seen for seen in places if not seen.marks.protected], "asked for")


def plan_unprotect(operation: Operation, spec: EnvironmentSpec | None, world: World) -> Draft:
    """Take the protection off."""
    places = [seen for seen in world.observations if seen.failure is None and seen.marks.protected]
    return _draft(Action.UNPROTECT, world, places, "asked for")


def plan_lock(operation: Operation, spec: EnvironmentSpec | None, world: World) -> Draft:
    """Lock it wherever something of it is or is wanted; where it is locked already, by the same person, it stays so."""
    places = _places(world, spec)
    return _draft(Action.LOCK, world, [seen for seen in places if seen.marks.lock is None], operation.why)


def plan_unlock(operation: Operation, spec: EnvironmentSpec | None, world: World) -> Draft:
    """Take the locks off. Whether they may be taken off is the engine's to say."""
    places = [seen for seen in world.observations if seen.failure is None and seen.marks.lock is not None]
    return _draft(Action.UNLOCK, world, places, "asked for")


def protections(spec: EnvironmentSpec, world: World, changes: Sequence[Change]) -> tuple[Change, ...]:
    """The protection that a file asks for, put on as the last thing where it is not on yet."""
    if not spec.protected:
        return ()
    made = {(change.backend, change.profile) for change in changes}
    places = [
        seen
        for seen in _keeping(world)
        if not seen.marks.protected and (_exists(seen) or (seen.backend, seen.profile) in made)
    ]
    after = tuple(change.key for change in changes)
    return tuple(_change(Action.PROTECT, world, seen, f"{spec.source or 'the file'} says so", after) for seen in places)


def _places(world: World, spec: EnvironmentSpec | None = None) -> list[Observation]:
    """Where marks can be kept and something of the environment is, or is wanted by its file. Raises `PlanError` where
    there is no such place."""
    wanted = {(layer.backend, layer.profile) for layer in spec.layers} if spec is not None else set()
    found = [seen for seen in _keeping(world) if _exists(seen) or (seen.backend, seen.profile) in wanted]
    if found:
        return found
    for seen in world.silent():
        raise PlanError(f"{world.environment} is unknown: {seen.failure}", seen.failure)
    there = ", ".join(sorted({seen.backend for seen in world.observations if _exists(seen)}))
    said = f"{there} cannot keep such a mark with it" if there else "there is nothing of it yet"
    raise PlanError(f"{world.environment} cannot be marked: {said}")


def _keeping(world: World) -> list[Observation]:
    return [
        seen for seen in world.observations if seen.failure is None and (seen.backend, seen.profile) in world.keepers
    ]


def _exists(seen: Observation) -> bool:
    return bool(seen.layers or seen.ground)


def _draft(action: Action, world: World, places: Sequence[Observation], reason: str) -> Draft:
    left = [f"{seen} of {world.environment}: {seen.failure}" for seen in world.silent()]
    return Draft(tuple(_change(action, world, seen, reason) for seen in places), tuple(left))


def _change(action: Action, world: World, seen: Observation, reason: str, after: tuple[str, ...] = ()) -> Change:
    return Change(
        action,
        Address(world.environment),
        seen.backend,
        seen.profile,
        reason,
        lock=seen.marks.lock if action is Action.UNLOCK else None,
        after=after,
    )
