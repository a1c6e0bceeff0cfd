"""Tearing down: what goes, in which order, and what stays."""

from __future__ import annotations

from collections.abc import Iterable

from tuienv.model import Action, Address, Change, EnvironmentSpec, Layer, Operation, Resource, Status
from tuienv.plan.draft import Draft
from tuienv.plan.order import chain, in_order
from tuienv.plan.world import PlanError, World, no_such_layer


def plan_destroy(operation: Operation, spec: EnvironmentSpec | None, world: World) -> Draft:
    """Every layer of ours, those that need others first, and the ground last. Data only if `delete_data` says so."""
    target = operation.target
    layers = [layer for layer in world.answered() if target.layer in ("", layer.name)]
    if target.layer and not layers:
        _refuse_missing(target, world)
    ours = [layer for layer in layers if layer.ours]
    deletes, kept = delete_layers(world.environment, ours, operation)
    grounds = () if target.layer else _delete_grounds(world, [change.key for change in deletes])
    left = [f"{layer.name}: made by others, so it is theirs to tear down" for layer in layers if not layer.ours]
    left += [f"{silence} of {world.environment}: {silence.failure}" for silence in world.silent()]
    return Draft((*deletes, *grounds), tuple(left), kept)


def delete_layers(
    environment: str, layers: Iterable[Layer], operation: Operation
) -> tuple[tuple[Change, ...], tuple[Resource, ...]]:
    """The deletions of these layers in order, and the data that is kept."""
    order = list(reversed(in_order(layers)))
    kept = (
        []
        if operation.delete_data
        else [resource for layer in order for resource in layer.resources if resource.holds_data]
    )
    changes = [_delete(environment, layer, operation) for layer in order]
    dependents = {
        layer.name: [other.name for other in order if layer.name in other.needs and other.name != layer.name]
        for layer in order
    }
    return chain([change for change in changes if change.resources], dependents), tuple(kept)


def _delete(environment: str, layer: Layer, operation: Operation) -> Change:
    going = tuple(resource for resource in layer.resources if operation.delete_data or not resource.holds_data)
    loses = any(resource.holds_data for resource in going)
    return Change(
        action=Action.DELETE,
        address=Address(environment, layer.name),
        backend=layer.backend,
        profile=layer.profile,
        reason="data and all" if loses else "no longer wanted",
        resources=going,
        delete_data=operation.delete_data,
        final_snapshot=operation.final_snapshot,
        loses_data=loses,
        interrupts=layer.status not in (Status.ABSENT, Status.STOPPED),
        reversible=not loses,
    )


def _delete_grounds(world: World, after: list[str]) -> tuple[Change, ...]:
    """The environment's ground at each provider, unless others' layers stand on it, or nobody knows what does."""
    return tuple(
        Change(
            action=Action.DELETE,
            address=Address(world.environment),
            backend=seen.backend,
            profile=seen.profile,
            reason="nothing stands on it any more",
            resources=seen.ground,
            after=tuple(after),
        )
        for seen in world.observations
        if not seen.failures and seen.ground and all(layer.ours for layer in seen.layers)
    )


def _refuse_missing(target: Address, world: World) -> None:
    for silence in world.silent():
        raise PlanError(f"{target} is unknown: {silence.failure}", silence.failure)
    raise PlanError(no_such_layer(target, [layer.name for layer in world.answered()]))
