"""From a change to the room where it is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tuienv.backends.aws import balancers, caches, databases, ground, naming, services
from tuienv.backends.aws.job import Job
from tuienv.backends.aws.network import find_group
from tuienv.backends.base import Conflict, Invalid, NotFound
from tuienv.model import Action, Kind, LayerSpec

Room = Callable[[Job], None]

_MAKERS: Mapping[Kind, Callable[[Job, LayerSpec, int], None]] = {
    Kind.APP: services.make,
    Kind.LOAD_BALANCER: balancers.make,
    Kind.CACHE: caches.make,
    Kind.DATABASE: databases.make,
}
_LIVE: Mapping[Kind, Mapping[Action, Room]] = {
    Kind.APP: {
        Action.SCALE: services.scale,
        Action.RESIZE: services.resize,
        Action.RESTART: services.restart,
        Action.STOP: services.stop,
        Action.START: services.start,
        Action.UPDATE: services.configure,
        Action.ROLLBACK: services.roll_back,
        Action.DELETE: services.delete,
    },
    Kind.LOAD_BALANCER: {Action.DELETE: balancers.delete},
    Kind.CACHE: {
        Action.SCALE: caches.scale,
        Action.RESIZE: caches.resize,
        Action.RESTART: caches.restart,
        Action.DELETE: caches.delete,
    },
    Kind.DATABASE: {
        Action.RESIZE: databases.resize,
        Action.RESTART: databases.restart,
        Action.STOP: databases.stop,
        Action.START: databases.start,
        Action.DELETE: databases.delete,
    },
}


def make_change(job: Job) -> None:
    """Make one change and wait until it is done. Raises the contract's errors."""
    change = job.change
    if not change.address.layer:
        _ground(job)
    elif change.spec is not None and change.action in (Action.CREATE, Action.UPDATE):
        wanted = change.spec.replicas if change.replicas is None else change.replicas
        _MAKERS[change.spec.kind](job, change.spec, wanted)
    else:
        _live(job)


def _ground(job: Job) -> None:
    if job.change.action is Action.DELETE:
        ground.delete_ground(job)
    else:
        ground.ensure_ground(job)


def _live(job: Job) -> None:
    """What goes by what exists: its security group says of which kind that is."""
    kind = _kind_of(job)
    if kind is None:
        if job.change.action is Action.DELETE:
            return  # it is gone
        raise NotFound(str(job.change.action), job.address, "it does not exist", "Create it with apply.")
    room = _LIVE[kind].get(job.change.action)
    if room is None:
        raise Conflict(str(job.change.action), job.address, f"a {kind} on AWS cannot do that", "")
    room(job)


def _kind_of(job: Job) -> Kind | None:
    found = find_group(job.session, job.address)
    written = naming.tags_in((found or {}).get("Tags")).get(naming.KIND, "")
    if found is None or not written:
        return None
    try:
        return Kind(written)
    except ValueError as error:
        raise Invalid(str(job.change.action), job.address, f"nobody knows the kind {written!r}") from error
