"""From a change to the room where it is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from tuienv.backends.aws import balancers, caches, databases, ground, naming, services
from tuienv.backends.aws.failures import is_there
from tuienv.backends.aws.job import Job
from tuienv.backends.aws.looking.atlas import Atlas
from tuienv.backends.aws.looking.parts import Form
from tuienv.backends.aws.network import find_group
from tuienv.backends.aws.others import change_others
from tuienv.backends.base import Conflict, ProviderError
from tuienv.model import Action, Change, Kind, LayerSpec

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


def make_change(job: Job, atlas: Atlas) -> None:
    """Make one change and wait until it is done. Raises the contract's errors.

    What cannot be made since it is there already was not there a moment ago: an earlier try made it, of this call
    (botocore gave it up and tried again) or of this change (given up, and its request arrived later). It is begun
    again, once for each: every step looks first, and finds what is there, or that it is somebody else's.
    """
    met: set[str] = set()
    while True:
        try:
            _make(job, atlas)
        except ProviderError as error:
            if not is_there(error) or str(error) in met:
                raise
            met.add(str(error))
            job.say(f"{error.target} is there: AWS was slow to say so")
        else:
            return


def _make(job: Job, atlas: Atlas) -> None:
    change = job.change
    if not change.address.layer:
        _ground(job)
    elif change.spec is not None and change.action in (Action.CREATE, Action.UPDATE):
        wanted = change.spec.replicas if change.replicas is None else change.replicas
        _MAKERS[change.spec.kind](job, change.spec, wanted)
    elif (kind := kind_of(job)) is not None:
        _room(kind, job.change)(job)
    elif change.action is not Action.DELETE:  # what is not there need not be removed
        _others(job, atlas)


def _ground(job: Job) -> None:
    if job.change.action is Action.DELETE:
        ground.delete_ground(job)
    else:
        ground.ensure_ground(job)


def _room(kind: Kind, change: Change) -> Room:
    if change.action not in _LIVE[kind]:
        raise Conflict(str(change.action), change.address, f"a {kind} on AWS cannot do that", "")
    return _LIVE[kind][change.action]


def kind_of(job: Job) -> Kind | None:
    """What kind of layer of ours is there, as its security group says; None if there is none."""
    found = find_group(job.session, job.address)
    written = naming.tags_in((found or {}).get("Tags")).get(naming.KIND, "")
    return Kind(written) if written in set(Kind) else None


def _others(job: Job, atlas: Atlas) -> None:
    """What others made is changed by what it is, under the names that they gave. Raises `NotFound`."""
    part = atlas.find(job.address, str(job.change.action)).part
    if part.form is not Form.SERVICE:
        change_others(job, part)
        return
    _room(Kind.APP, job.change)(replace(job, others=(part.home, part.name)))
