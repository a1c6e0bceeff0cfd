"""Instances that are replaced, and instances that go: nothing in front of them notices.

An app's new instance runs beside the old one until it is ready; then the old one is drained and goes. What can run
only once (it has the volume, or the published port) changes places: the old one stops, the new one starts, and if
that does not get ready, the old one is started again.
"""

from __future__ import annotations

from collections.abc import Sequence

from tuienv.backends.base import ProviderError
from tuienv.backends.docker import naming
from tuienv.backends.docker.balancing import Gate
from tuienv.backends.docker.job import Job
from tuienv.backends.docker.layer import is_old
from tuienv.backends.docker.making import admit, bring_in, make
from tuienv.backends.docker.reading import Found
from tuienv.backends.docker.recipes.recipe import Recipe, as_it_is, keeping_data


def replace_one(job: Job, recipe: Recipe, old: Found, gate: Gate) -> None:
    """Put a new instance in the place of `old`, under its number."""
    recipe = keeping_data(job, recipe, old)
    gate.hold()
    _take_over(job, recipe, make(job, recipe, old.number, naming.NEXT), old.number, old, gate)


def finish(job: Job, recipe: Recipe | None, new: Found, old: Found | None, gate: Gate) -> None:
    """Go on with what was on its way in when it was interrupted; what is no longer wanted is undone."""
    wanted = recipe is None or recipe.made(new)
    if wanted and (old is None or is_old(old)):
        bring_in(job, new, recipe or as_it_is(new), gate)
        retire(job, [old] if old is not None else [], gate)
    elif wanted and recipe is not None:
        recipe = keeping_data(job, recipe, old) if old is not None else recipe
        _take_over(job, recipe, new.id, new.number, old, gate)
    else:
        retire(job, [new], gate)
        if old is not None:
            _restore(job, old)


def _restore(job: Job, old: Found) -> None:
    """Have the old one serve again, under its own name."""
    if old.state == "exited":
        job.start(old.id, old.name)
    if is_old(old):
        job.rename(old.id, old.name.removesuffix(naming.OLD))


def clear_old(job: Job, old: Found, gate: Gate, *, successor: bool) -> None:
    """Let one go whose place was taken; if whoever took it is gone itself, it has its place back."""
    if successor:
        retire(job, [old], gate)
    else:
        _restore(job, old)


def _take_over(job: Job, recipe: Recipe, new: str, number: int, old: Found | None, gate: Gate) -> None:
    name = recipe.name(number)
    if old is not None and not recipe.surge:
        job.stop(old)
    try:
        job.start(new, name + naming.NEXT)
        admit(job, new, name + naming.NEXT, recipe, gate)
    except ProviderError:
        _give_back(job, recipe, new, name, old)
        raise
    gate.release()
    if old is not None:
        job.rename(old.id, name + naming.OLD)
    job.rename(new, name)
    if old is not None:
        retire(job, [old], gate)


def _give_back(job: Job, recipe: Recipe, new: str, name: str, old: Found | None) -> None:
    """Undo: the failed one goes, the old one serves again. Cancelling does not stop this halfway."""
    quiet = job.quietly()
    quiet.remove(new, name + naming.NEXT, data=True)
    if old is not None and not recipe.surge:
        quiet.start(old.id, old.name)


def retire(job: Job, members: Sequence[Found], gate: Gate) -> None:
    """Drain them, stop them, remove them. Their slots at the load balancer are open again before they are gone, so
    that whoever comes next is served, wherever this is interrupted."""
    if not members:
        return
    addresses = [one.ip for one in members if one.ip]
    if gate and addresses:
        job.say(f"drain {', '.join(one.name for one in members)}")
        gate.drain(addresses)
    job.stop_all(members)
    if addresses:
        gate.forget(addresses)
        gate.release()
    job.remove_all(members)
