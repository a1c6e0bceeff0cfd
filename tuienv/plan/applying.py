"""Making what exists as the file wants it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from tuienv.model import (
    UNFINISHED,
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
from tuienv.plan.refusing import elsewhere, refusal, storage_kept
from tuienv.plan.world import PlanError, World, no_such_layer

REPLACED_IN_PLACE = (Kind.CACHE, Kind.DATABASE, Kind.LOAD_BALANCER)
"""Kinds of which there is one: a new one takes the place of the old one, and nobody answers in between."""


@dataclass
class _Sorting:
    """What becomes of each wanted layer, filled in the order of their needs. `left`: a sentence for each that is left
    alone; `why`: the same for those that need it. `short`: a sentence for each of which a part is left alone."""

    changes: list[Change] = field(default_factory=list)
    short: list[str] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)

    def leave(self, layer: LayerSpec, why: str, sentence: str) -> None:
        self.left[layer.name], self.why[layer.name] = f"{layer.name}: {sentence}", why

    @property
    def sentences(self) -> tuple[str, ...]:
        return (*self.left.values(), *self.short)


def plan_apply(operation: Operation, spec: EnvironmentSpec | None, world: World) -> Draft:
    """Create what is absent, mend what differs, delete what the file no longer has; leave alone what is unknown."""
    if spec is None:
        raise PlanError(f"No file declares {world.environment}, so there is nothing to apply")
    wanted = _wanted(operation.target, spec)
    sorting = _Sorting()
    for layer in wanted:
        _sort_layer(layer, spec, world, sorting)
    changes = [*_grounds(world, sorting.changes, wanted, spec), *sorting.changes]
    chained = chain(changes, {layer.name: ("", *layer.needs) for layer in wanted})
    if operation.target.layer:
        return Draft((*chained, *protections(spec, world, chained)), sorting.sentences)
    deletes, kept, others = _orphans(operation, spec, world, [change.key for change in chained])
    changes = [*chained, *deletes]
    return Draft((*changes, *protections(spec, world, changes)), (*sorting.sentences, *others), kept)


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
        sorting.leave(layer, "is unknown", f"unknown. {failure}")
        return
    found = world.found(layer)
    if kept := storage_kept(layer, found):
        sorting.short.append(f"{layer.name}: {kept}")
    change = plan_layer(world.environment, layer, found)
    if change is None:
        return
    refused = refusal(change, layer, spec, world)
    blocked = next((name for name in layer.needs if name in sorting.left), None)
    if change.spec is not None and layer.name in world.objections:
        sorting.leave(layer, "cannot be made", world.objections[layer.name])
    elif change.spec is not None and blocked is not None:
        sorting.leave(layer, "waits as well", f"waits for {blocked}, which {sorting.why[blocked]}")
    elif refused:
        sorting.leave(layer, "is left as it is", refused)
    else:
        sorting.changes.append(change)


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
    if kinds <= {"replicas", UNFINISHED} and layer.instances:
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


def _grounds(
    world: World, changes: Sequence[Change], wanted: Sequence[LayerSpec], spec: EnvironmentSpec
) -> list[Change]:
    """The environment's ground at each provider that has none yet and is to carry a layer."""
    pairs: Mapping[tuple[str, str], None] = dict.fromkeys((layer.backend, layer.profile) for layer in wanted)
    grounds = []
    for backend, profile in pairs:
        seen = world.at(backend, profile)
        bare = seen is not None and seen.failure is None and seen.ground == ()
        if bare and any((change.backend, change.profile) == (backend, profile) for change in changes):
            ground, options = Address(world.environment), spec.options.get(backend, {})
            reason = "what its layers stand on"
            grounds.append(Change(Action.CREATE, ground, backend, profile, reason=reason, options=options))
    return grounds


def _orphans(
    operation: Operation, spec: EnvironmentSpec, world: World, earlier: Sequence[str]
) -> tuple[tuple[Change, ...], tuple[Resource, ...], tuple[str, ...]]:
    """What exists and is in the file no more: deletions after all else, the data kept, and what others made."""
    places = {(layer.name, layer.backend, layer.profile) for layer in spec.layers}
    orphans = [layer for layer in world.answered() if (layer.name, layer.backend, layer.profile) not in places]
    staying = {id(layer) for wanted in spec.layers if (layer := elsewhere(wanted, world)) is not None}
    ours = [layer for layer in orphans if layer.ours and id(layer) not in staying]
    deletes, kept = delete_layers(world.environment, ours, operation)
    others = tuple(f"{layer.name}: not in the file, made by others" for layer in orphans if not layer.ours)
    return tuple(replace(change, after=(*earlier, *change.after)) for change in deletes), kept, others
