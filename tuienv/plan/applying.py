"""Making what exists as the file wants it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from tuienv.model import (
    Action,
    Address,
    Change,
    Difference,
    EnvironmentSpec,
    Kind,
    Layer,
    LayerSpec,
    Operation,
    Resource,
    Status,
)
from tuienv.plan.destroying import delete_layers
from tuienv.plan.draft import Draft
from tuienv.plan.facets import drift, facet_drift, facets
from tuienv.plan.marking import protections
from tuienv.plan.order import chain, sort_names
from tuienv.plan.world import PlanError, World, no_such_layer

REPLACED_IN_PLACE = (Kind.CACHE, Kind.DATABASE, Kind.LOAD_BALANCER)
"""Kinds of which there is one: a new one takes the place of the old one, and nobody answers in between."""


@dataclass
class _Sorting:
    """What becomes of each wanted layer, filled in the order of their needs."""

    changes: list[Change] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)


def plan_apply(operation: Operation, spec: EnvironmentSpec | None, world: World) -> Draft:
    """Create what is absent, mend what differs, delete what the file no longer has; leave alone what is unknown."""
    if spec is None:
        raise PlanError(f"No file declares {world.environment}, so there is nothing to apply")
    wanted = _wanted(operation.target, spec)
    sorting = _Sorting()
    for layer in wanted:
        _sort_layer(layer, spec, world, sorting)
    changes = [*_grounds(world, sorting.changes, wanted), *sorting.changes]
    chained = chain(changes, {layer.name: ("", *layer.needs) for layer in wanted})
    if operation.target.layer:
        return Draft((*chained, *protections(spec, world, chained)), tuple(sorting.left.values()))
    deletes, kept, others = _orphans(operation, spec, world, [change.key for change in chained])
    changes = [*chained, *deletes]
    return Draft((*changes, *protections(spec, world, changes)), (*sorting.left.values(), *others), kept)


def _wanted(target: Address, spec: EnvironmentSpec) -> list[LayerSpec]:
    """The layers to look at, each after those it needs: all of them, or one and what it needs."""
    by_name = {layer.name: layer for layer in spec.layers}
    if target.layer and target.layer not in by_name:
        raise PlanError(no_such_layer(target, by_name))
    order = sort_names({name: layer.needs for name, layer in by_name.items()})
    if not target.layer:
        return [by_name[name] for name in order]
    reached = {target.layer}
    for name in reversed(order):
        if name in reached:
            reached.update(by_name[name].needs)
    return [by_name[name] for name in order if name in reached]


def _sort_layer(layer: LayerSpec, spec: EnvironmentSpec, world: World, sorting: _Sorting) -> None:
    """Plan one layer, or say why it is left alone."""
    failure = world.failure(layer)
    if failure is not None:
        sorting.left[layer.name] = f"{layer.name}: unknown. {failure}"
        return
    change = plan_layer(world.environment, layer, world.found(layer))
    if change is None:
        return
    if change.spec is not None:
        why = _stands_against(layer, world, sorting)
        if why:
            sorting.left[layer.name] = f"{layer.name}: {why}"
            return
    refused = _refused(layer, spec, change)
    if refused:
        sorting.left[layer.name] = refused
        return
    sorting.changes.append(change)


def _stands_against(layer: LayerSpec, world: World, sorting: _Sorting) -> str:
    """Why a layer is not made or mended: it cannot be so, or what it needs was left alone."""
    if layer.name in world.objections:
        return world.objections[layer.name]
    blocked = next((name for name in layer.needs if name in sorting.left), None)
    if blocked is None:
        return ""
    return f"waits for {blocked}, which {'cannot be made' if blocked in world.objections else 'is unknown'}"


def plan_layer(environment: str, spec: LayerSpec, layer: Layer | None) -> Change | None:
    """The one change that makes this layer as wanted; None if it is."""
    differences = drift(spec, layer)
    if not differences:
        return None
    if layer is None or layer.status is Status.ABSENT:
        return _change(Action.CREATE, environment, spec, "does not exist", (), interrupts=False)
    return _mend(environment, spec, layer, differences)


def _mend(environment: str, spec: LayerSpec, layer: Layer, differences: tuple[Difference, ...]) -> Change:
    """The least that mends these differences: a scale, a resize, a start, or an update of the whole layer."""
    kinds = {difference.facet for difference in differences}
    reason = "; ".join(map(str, differences))
    if kinds == {"replicas"} and layer.instances:
        return _live(Action.SCALE, environment, spec, reason, differences)
    if kinds == {"size"}:
        return _live(Action.RESIZE, environment, spec, reason, differences)
    if kinds == {"status"}:
        return _live(Action.START, environment, spec, reason, differences)
    replaced = bool(facet_drift(spec, layer)) and spec.kind in REPLACED_IN_PLACE
    return _change(Action.UPDATE, environment, spec, reason, differences, interrupts=replaced)


def _live(
    action: Action, environment: str, spec: LayerSpec, reason: str, differences: tuple[Difference, ...]
) -> Change:
    return Change(
        action=action,
        address=Address(environment, spec.name),
        backend=spec.backend,
        profile=spec.profile,
        reason=reason,
        differences=differences,
        replicas=spec.replicas if action is Action.SCALE else None,
        size=spec.size if action is Action.RESIZE else None,
        interrupts=action is Action.SCALE and spec.replicas == 0,
    )


def _change(
    action: Action,
    environment: str,
    spec: LayerSpec,
    reason: str,
    differences: tuple[Difference, ...],
    *,
    interrupts: bool,
) -> Change:
    return Change(
        action=action,
        address=Address(environment, spec.name),
        backend=spec.backend,
        profile=spec.profile,
        reason=reason,
        spec=spec,
        facets=facets(spec),
        differences=differences,
        replicas=spec.replicas,
        size=spec.size,
        needs=spec.needs,
        interrupts=interrupts,
    )


def _refused(layer: LayerSpec, spec: EnvironmentSpec, change: Change) -> str:
    """Why a change of data in place is not made, or nothing.

    A database's files are written by one major version and not read by another (PostgreSQL's manual, "Upgrading a
    PostgreSQL Cluster"; MySQL upgrades, but never goes back), so that an update in place would leave it down.
    """
    moved = {difference.facet for difference in change.differences} & {"engine", "version"}
    if layer.kind is not Kind.DATABASE or not moved:
        return ""
    what = "; ".join(str(difference) for difference in change.differences if difference.facet in moved)
    return (
        f"{layer.name}: {what}: another version cannot read the data that is there. "
        f"Add the new version as a layer of its own, move the data, then remove {spec.name}/{layer.name}"
    )


def _grounds(world: World, changes: Sequence[Change], wanted: Sequence[LayerSpec]) -> list[Change]:
    """The environment's ground at each provider that has none yet and is to carry a layer."""
    pairs: Mapping[tuple[str, str], None] = dict.fromkeys((layer.backend, layer.profile) for layer in wanted)
    grounds = []
    for backend, profile in pairs:
        seen = world.at(backend, profile)
        bare = seen is not None and seen.failure is None and seen.ground == ()
        if bare and any((change.backend, change.profile) == (backend, profile) for change in changes):
            ground = Address(world.environment)
            grounds.append(Change(Action.CREATE, ground, backend, profile, reason="what its layers stand on"))
    return grounds


def _orphans(
    operation: Operation, spec: EnvironmentSpec, world: World, earlier: Sequence[str]
) -> tuple[tuple[Change, ...], tuple[Resource, ...], tuple[str, ...]]:
    """What exists and is in the file no more: deletions after all else, the data kept, and what others made."""
    places = {(layer.name, layer.backend, layer.profile) for layer in spec.layers}
    orphans = [layer for layer in world.answered() if (layer.name, layer.backend, layer.profile) not in places]
    ours = [layer for layer in orphans if layer.ours]
    deletes, kept = delete_layers(world.environment, ours, operation)
    others = tuple(f"{layer.name}: not in the file, made by others" for layer in orphans if not layer.ours)
    return tuple(replace(change, after=(*earlier, *change.after)) for change in deletes), kept, others
