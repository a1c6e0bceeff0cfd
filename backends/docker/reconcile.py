"""Making a layer be as its recipe says, from whatever state it was left in.

Nothing is remembered between two runs: each looks at what there is and takes the next step, so that one that was
killed anywhere is simply run again. Three marks at the engine make that sure: a container that was created and never
started is worth nothing; one whose name ends in ``-next`` or ``-old`` is half of a replacement; every other one has a
number of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

from tuienv.backends.base import Conflict
from tuienv.backends.docker import naming
from tuienv.backends.docker.balancing import Gate
from tuienv.backends.docker.job import Job
from tuienv.backends.docker.layer import LiveLayer, is_next, is_old, look
from tuienv.backends.docker.making import add, revive
from tuienv.backends.docker.reading import Found, read_size
from tuienv.backends.docker.recipes.recipe import Recipe, limits_of
from tuienv.backends.docker.rolling import clear_old, finish, replace_one, retire
from tuienv.model import Size

_WORTHLESS = frozenset({"created", "dead", "removing"})
"""Never started, or past saving: removed before anything else, since only a whole start proves the files in it. So is
only what we made: what others made and did not start yet may hold what they put into it."""


def reconcile(job: Job, recipe: Recipe, wanted: int) -> None:
    """Have `wanted` instances made from `recipe`, all ready. Raises `Conflict` if new ones do not get ready; what
    served before then still does."""
    layer = tidy(job, recipe)
    keep = chosen_numbers(layer.numbers, wanted)
    kept = [one for one in layer.current if one.number in keep]
    try:
        outdated = [one for one in kept if _outdated(job, recipe, one)]
        revive(job, [one for one in kept if one not in outdated], recipe, layer.gate)
        add(job, recipe, sorted(keep - layer.numbers), layer.gate)
        for one in outdated:
            replace_one(job, recipe, one, layer.gate)
        retire(job, [one for one in layer.current if one.number not in keep], layer.gate)
        resize(job, [one for one in kept if one not in outdated], recipe.size)
    finally:
        layer.gate.release()


def chosen_numbers(numbers: set[int], wanted: int) -> set[int]:
    """Which numbers to have: the lowest of those there are, and the lowest free ones for what is missing."""
    keep = set(sorted(numbers)[:wanted])
    number = 1
    while len(keep) < wanted:
        keep.add(number)
        number += 1
    return keep


def tidy(job: Job, recipe: Recipe | None = None) -> LiveLayer:
    """Clear away what an interrupted run left, and finish the replacements that it had begun."""
    layer = look(job)
    worthless = [one for one in layer.members if one.state in _WORTHLESS and naming.is_made_here(one.labels)]
    live = [one for one in layer.members if one not in worthless]
    coming, going = [one for one in live if is_next(one)], [one for one in live if is_old(one)]
    layer.gate.release(but=[one.ip for one in coming if one.ip])
    job.remove_all(worthless, data=True)
    try:
        _finish_all(job, recipe, live, layer.gate)
    except BaseException:
        layer.gate.release()
        raise
    return look(job) if worthless or coming or going else layer


def _finish_all(job: Job, recipe: Recipe | None, live: Sequence[Found], gate: Gate) -> None:
    """Finish what is on its way in, then let go what is on its way out."""
    coming, going = [one for one in live if is_next(one)], [one for one in live if is_old(one)]
    for one in coming:
        old = next((other for other in live if other.number == one.number and not is_next(other)), None)
        finish(job, recipe, one, old, gate)
    taken = {one.number for one in live if not is_next(one) and not is_old(one)}
    finished = {one.number for one in coming}
    for one in going:
        if one.number not in finished:
            clear_old(job, one, gate, successor=one.number in taken)


def _outdated(job: Job, recipe: Recipe, one: Found) -> bool:
    """Whether only another container will do: made from something else, or limited where no limit is wanted (the
    engine can change a limit of a running container but not lift it)."""
    if not recipe.made(one):
        return True
    has = read_size(job.inspect(one.id, one.name)["HostConfig"])
    return bool((has.cpu and not recipe.size.cpu) or (has.memory and not recipe.size.memory))


def resize(job: Job, members: Sequence[Found], size: Size) -> None:
    """Give them the limits of `size` while they run; those that have them are left alone."""
    limits = limits_of(size)
    for one in members:
        if not limits or size.same_as(read_size(job.inspect(one.id, one.name)["HostConfig"])):
            continue
        if not job.client.limits:
            said = "this engine runs without cgroups and holds no container to limits"
            raise Conflict("resize", one.name, said, "Give that engine cgroups (version 2, with systemd), or leave it.")
        job.update(one.id, one.name, limits)
