"""From a change to the room where it is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tuienv.backends.base import Invalid
from tuienv.backends.docker import ground, operations
from tuienv.backends.docker.job import Job
from tuienv.backends.docker.recipes import recipe_for
from tuienv.backends.docker.reconcile import reconcile
from tuienv.model import Action, Kind

_LIVE: Mapping[Action, Callable[[Job], None]] = {
    Action.SCALE: operations.scale,
    Action.RESIZE: operations.resize_layer,
    Action.RESTART: operations.restart,
    Action.STOP: operations.stop,
    Action.START: operations.start,
    Action.UPDATE: operations.configure,
    Action.DELETE: ground.delete_layer,
}


def make_change(job: Job) -> None:
    """Make one change and wait until it is done. Raises the contract's errors."""
    change = job.change
    if not change.address.layer:
        _ground(job)
    elif change.spec is not None and change.action in (Action.CREATE, Action.UPDATE):
        wanted = change.spec.replicas if change.replicas is None else change.replicas
        if wanted > 1 and change.spec.kind in (Kind.CACHE, Kind.DATABASE):
            said = f"a {change.spec.kind} has one instance: two would write the same files and destroy them"
            raise Invalid(str(change.action), change.address, said, "Ask for one.")
        ground.create_network(job)
        reconcile(job, recipe_for(job, change.spec), wanted)
    elif change.action in _LIVE:
        _LIVE[change.action](job)
    else:
        raise Invalid(str(change.action), change.address, "nobody said what it shall be")


def _ground(job: Job) -> None:
    if job.change.action is Action.DELETE:
        ground.delete_network(job)
    else:
        ground.create_network(job)
