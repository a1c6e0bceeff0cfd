"""Operations on what runs: scale, resize, restart, stop, start, configure. The file has no say in these."""

from __future__ import annotations

from dataclasses import replace

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
    Size,
    Status,
)
from tuienv.plan.applying import plan_layer
from tuienv.plan.draft import Draft
from tuienv.plan.facets import VARIABLE, configured, difference, live, variable
from tuienv.plan.order import chain, in_order
from tuienv.plan.world import PlanError, World


def plan_scale(operation: Operation, spec: EnvironmentSpec | None, world: World) -> Draft:
    """More or fewer instances, bigger or smaller ones, or both, in this order. Nothing where it holds already.

    A new instance is made like one that is there; only a layer that has none is made from the file.
    """
    declared = spec.layer(operation.target.layer) if spec is not None else None
    _check_single(operation, declared, world)
    if declared is not None and operation.replicas and not _has_instances(operation.target.layer, world):
        wanted = replace(declared, replicas=operation.replicas, size=operation.size or declared.size)
        first = plan_layer(world.environment, wanted, None)
        return Draft((first,) if first is not None else ())
    layer = _one_layer(operation, world)
    changes = []
    count = len(live(layer))
    if operation.replicas is not None and (operation.replicas != count or _half_done(layer)):
        changes.append(_scale(operation, layer, count, operation.replicas))
    if operation.size is not None and not _all_of_size(layer, operation.size):
        changes.append(_resize(operation, layer, operation.size))
    return Draft(chain(changes, {}))


def plan_restart(operation: Operation, spec: EnvironmentSpec | None, world: World) -> Draft:
    """Restart an instance, a layer, or every layer; nobody notices where another instance goes on serving."""
    layers = [layer for layer in _layers(operation, world) if live(layer)]
    _check_instance(operation, layers)
    return Draft(
        tuple(
            _simple(Action.RESTART, operation, layer, "asked for", interrupts=len(live(layer)) < 2) for layer in layers
        ),
        _unknown(operation, world),
    )


def plan_stop(operation: Operation, spec: EnvironmentSpec | None, world: World) -> Draft:
    """Stop what runs, those that need others first."""
    layers = [layer for layer in _layers(operation, world) if _any_instance(operation, layer, stopped=False)]
    changes = [_simple(Action.STOP, operation, layer, "asked for", interrupts=True) for layer in reversed(layers)]
    dependents = {layer.name: [other.name for other in layers if layer.name in other.needs] for layer in layers}
    return Draft(chain(changes, dependents), _unknown(operation, world))


def plan_start(operation: Operation, spec: EnvironmentSpec | None, world: World) -> Draft:
    """Start what is stopped, what others need first."""
    layers = [layer for layer in _layers(operation, world) if _any_instance(operation, layer, stopped=True)]
    changes = [_simple(Action.START, operation, layer, "is stopped", interrupts=False) for layer in layers]
    return Draft(chain(changes, {layer.name: layer.needs for layer in layers}), _unknown(operation, world))


def plan_configure(operation: Operation, spec: EnvironmentSpec | None, world: World) -> Draft:
    """Set and unset variables of a live layer; nothing for those that are so already."""
    layer = _one_layer(operation, world)
    made_from = [dict(instance.facets) for instance in live(layer) if instance.facets]
    before = made_from[0] if made_from else {}
    after = configured(before, operation.settings)
    differences = tuple(_setting(key, value, made_from) for key, value in sorted(operation.settings.items()))
    moved = tuple(each for each in differences if each.before != each.after or each.empty)
    if before and not moved:
        return Draft()
    return Draft(
        (
            Change(
                action=Action.UPDATE,
                address=Address(world.environment, layer.name),
                backend=layer.backend,
                profile=layer.profile,
                reason="; ".join(map(str, moved or differences)),
                facets=after,
                differences=moved or differences,
                settings=operation.settings,
                needs=layer.needs,
                interrupts=layer.kind is not Kind.APP,
            ),
        )
    )


def _setting(key: str, value: str | None, made_from: list[dict[str, str]]) -> Difference:
    """How one variable changes. The instances may differ, if an earlier change of it was interrupted."""
    facet, after = VARIABLE + key, None if value is None else variable(key, value)
    found = [facets.get(facet) for facets in made_from] or [None]
    return difference(facet, next((before for before in found if before != after), after), after)


def _check_single(operation: Operation, declared: LayerSpec | None, world: World) -> None:
    """Raises `PlanError` for a database that shall be several, or none: that is no question of how many."""
    there = [layer for layer in world.answered() if layer.name == operation.target.layer and layer.ours]
    kinds = [layer.kind for layer in there] or ([declared.kind] if declared is not None else [])
    if Kind.DATABASE in kinds and operation.replicas not in (None, 1):
        raise PlanError(
            f"{operation.target} is a database, and there is one of it. `tuienv scale {operation.target} --size` makes "
            f"it bigger, `tuienv stop {operation.target}` stops it"
        )


def _has_instances(layer: str, world: World) -> bool:
    """False only where every provider answered, so that a silent one is never taken for empty."""
    return bool(world.silent()) or any(found.name == layer and live(found) for found in world.answered())


def _one_layer(operation: Operation, world: World) -> Layer:
    if not operation.target.layer:
        raise PlanError(f"Name a layer: {operation.target.environment}/LAYER")
    layer = world.layer(operation.target)
    if not layer.instances:
        raise PlanError(f"{operation.target} has no instance to go by. `tuienv apply` makes one")
    return layer


def _layers(operation: Operation, world: World) -> list[Layer]:
    """The target layer, or all of the environment, what others need first."""
    if operation.target.layer:
        return [world.layer(operation.target)]
    if not world.answered() and world.silent():
        failure = world.silent()[0].failure
        raise PlanError(f"{world.environment} is unknown: {failure}", failure)
    return in_order(world.answered())


def _unknown(operation: Operation, world: World) -> tuple[str, ...]:
    """What is not touched, because no provider tells of it; nothing where a layer was named, for that is known."""
    return () if operation.target.layer else tuple(f"{silence}: {silence.failure}" for silence in world.silent())


def _check_instance(operation: Operation, layers: list[Layer]) -> None:
    wanted = operation.target.instance
    if wanted and not any(instance.name == wanted for layer in layers for instance in layer.instances):
        names = ", ".join(instance.name for layer in layers for instance in layer.instances)
        raise PlanError(f"{operation.target.parent} has no instance {wanted!r}. It has {names or 'none'}")


def _any_instance(operation: Operation, layer: Layer, *, stopped: bool) -> bool:
    """Whether an instance in question is stopped (or, with `stopped` false, is not)."""
    _check_instance(operation, [layer])
    down = (Status.STOPPED, Status.FAILED) if stopped else (Status.STOPPED,)
    return any(
        (instance.status in down) is stopped
        for instance in live(layer)
        if operation.target.instance in ("", instance.name)
    )


def _half_done(layer: Layer) -> bool:
    """Whether a scaling was interrupted: some run and others were never started, or a backend tells what is left."""
    stopped = [instance.status is Status.STOPPED for instance in live(layer)]
    return (any(stopped) and not all(stopped)) or any(UNFINISHED in instance.facets for instance in live(layer))


def _all_of_size(layer: Layer, size: Size) -> bool:
    return all(size.same_as(instance.size) for instance in live(layer))


def _scale(operation: Operation, layer: Layer, before: int, after: int) -> Change:
    return Change(
        action=Action.SCALE,
        address=operation.target.parent if operation.target.instance else operation.target,
        backend=layer.backend,
        profile=layer.profile,
        reason=f"{before} → {after}",
        differences=(Difference("replicas", str(before), str(after)),),
        replicas=after,
        interrupts=after == 0,
    )


def _resize(operation: Operation, layer: Layer, size: Size) -> Change:
    before = ", ".join(sorted({str(instance.size or Size()) for instance in live(layer)}))
    return Change(
        action=Action.RESIZE,
        address=operation.target,
        backend=layer.backend,
        profile=layer.profile,
        reason=f"{before} → {size}",
        differences=(Difference("size", before, str(size)),),
        size=size,
    )


def _simple(action: Action, operation: Operation, layer: Layer, reason: str, *, interrupts: bool) -> Change:
    return Change(
        action=action,
        address=Address(operation.target.environment, layer.name, operation.target.instance),
        backend=layer.backend,
        profile=layer.profile,
        reason=reason,
        interrupts=interrupts,
    )
