"""What a file asks for and apply does not do: it would take data out of service, or change what others made."""

from __future__ import annotations

from tuienv.model import Action, Change, EnvironmentSpec, Kind, Layer, LayerSpec, Status
from tuienv.plan.facets import gibibytes
from tuienv.plan.world import World


def refusal(change: Change, layer: LayerSpec, spec: EnvironmentSpec, world: World) -> str:
    """Why this change of a layer is not made, and what would be right; or nothing."""
    found = world.found(layer)
    if found is None:
        return _not_moved(layer, spec, world) if change.action is Action.CREATE else ""
    if not found.ours:
        return f"made by others, so that no file changes it ({change.reason}): give the layer of the file another name"
    if found.kind is not layer.kind:
        return (
            f"it is there as {found.kind}, and cannot become {layer.kind}: give the new one another name. "
            "What the file has no more is torn down, its data kept"
        )
    return _not_moved(layer, spec, world) if found.status is Status.ABSENT else _not_upgraded(layer, spec, change)


def elsewhere(layer: LayerSpec, world: World) -> Layer | None:
    """The database of that name that runs at another place than the file wants one, and at none where it does."""
    found = world.found(layer)
    if layer.kind is not Kind.DATABASE or (found is not None and found.status is not Status.ABSENT):
        return None
    place = (layer.backend, layer.profile)
    return next(
        (
            other
            for other in world.answered()
            if other.name == layer.name
            and other.ours
            and other.kind is Kind.DATABASE
            and (other.backend, other.profile) != place
            and other.status is not Status.ABSENT
        ),
        None,
    )


def _not_moved(layer: LayerSpec, spec: EnvironmentSpec, world: World) -> str:
    other = elsewhere(layer, world)
    if other is None:
        return ""
    place = f"{other.backend} {other.profile}".strip()
    return (
        f"it runs at {place}, and its data does not move by itself: a new one would be empty. "
        f"{_by_hand('one', spec, layer)}"
    )


def _not_upgraded(layer: LayerSpec, spec: EnvironmentSpec, change: Change) -> str:
    """A database's files are written by one major version and not read by another (PostgreSQL's manual, "Upgrading a
    PostgreSQL Cluster"; MySQL upgrades, but never goes back), so that an update in place would leave it down."""
    moved = {difference.facet for difference in change.differences} & {"engine", "version"}
    if layer.kind is not Kind.DATABASE or not moved:
        return ""
    what = "; ".join(str(difference) for difference in change.differences if difference.facet in moved)
    return f"{what}: another version cannot read the data that is there. {_by_hand('version', spec, layer)}"


def storage_kept(layer: LayerSpec, found: Layer | None) -> str:
    """What to say of less room than the file asked for when it was made; or nothing. All else of the layer, and what
    needs it, does not wait for that."""
    there = found.storage if found is not None and found.ours and found.kind is layer.kind else None
    if there is None or layer.storage is None or layer.storage >= there.asked:
        return ""
    return (
        f"storage: {gibibytes(there.asked)} → {gibibytes(layer.storage)}: it is never made smaller, for what is stored "
        f"may need it, and stays at {gibibytes(there.there)}. Write what it has, or move the data to a new layer"
    )


def _by_hand(what: str, spec: EnvironmentSpec, layer: LayerSpec) -> str:
    return f"Add the new {what} as a layer of its own, move the data, then remove {spec.name}/{layer.name}"
