"""Instances that come: created, started, and let in once they are ready.

Behind a load balancer a container bears a name with ``-next`` until it serves and nothing is held back any more: so
wherever this is killed, the next look finds an instance missing, and not one that nobody sends requests to.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

from tuienv.backends.base import ProviderError
from tuienv.backends.docker import naming
from tuienv.backends.docker.balancing import Gate
from tuienv.backends.docker.job import Job
from tuienv.backends.docker.readiness import address_in, wait_ready
from tuienv.backends.docker.reading import Found, Row
from tuienv.backends.docker.recipes.recipe import Recipe


def make(job: Job, recipe: Recipe, number: int, ending: str = "") -> str:
    """Create one instance with its files in it, not yet started; returns its ID."""
    name = recipe.name(number) + ending
    container = job.create(name, recipe.numbered(number))
    if recipe.files:
        job.put(container, name, recipe.files)
    for network, aliases in recipe.more_networks.items():
        job.connect(container, name, network, aliases)
    return container


def add(job: Job, recipe: Recipe, numbers: Sequence[int], gate: Gate) -> None:
    """Make the missing ones, all at once; if one does not get ready, those that did not are removed again."""
    if not numbers:
        return
    ending = naming.NEXT if gate else ""
    gate.hold()
    made = [(make(job, recipe, number, ending), recipe.name(number)) for number in numbers]
    admitted = 0
    try:
        for container, name in made:
            job.start(container, name)
        for container, name in made:
            admit(job, container, name, recipe, gate)
            admitted += 1
    except ProviderError:
        for container, name in made[admitted:]:
            job.quietly().remove(container, name, data=True)
        raise
    finally:
        _name(job, made[:admitted], gate)


def _name(job: Job, admitted: Sequence[tuple[str, str]], gate: Gate) -> None:
    """Nothing is held back any more, so they can have their names."""
    if gate and admitted:
        gate.release()
        for container, name in admitted:
            job.rename(container, name)


def admit(job: Job, container: str, name: str, recipe: Recipe, gate: Gate) -> None:
    """Wait until it is ready, and let requests reach it."""
    candidate, network = gate.candidate(recipe.health.path), naming.network_name(job.address.environment)
    checks: list[Callable[[Row], str]] = [lambda inspected: candidate.verdict(address_in(inspected, network))]
    if recipe.answers is not None:
        checks.append(recipe.answers)
    wait_ready(job, container, name, recipe.health.grace, checks)
    if gate:
        gate.admit(address_in(job.inspect(container, name), network))


def bring_in(job: Job, one: Found, recipe: Recipe, gate: Gate) -> None:
    """Start one that is there, let it in, and give it its own name if it has another."""
    name = one.name.removesuffix(naming.NEXT)
    gate.hold()
    _start_again(job, one)
    admit(job, one.id, name, recipe, gate)
    gate.release()
    if gate or one.name != name:
        job.rename(one.id, name)


def revive(job: Job, members: Sequence[Found], recipe: Recipe, gate: Gate) -> None:
    """Start what is stopped, and see that it gets ready."""
    for one in members:
        if one.state == "running":
            continue
        if not gate:
            bring_in(job, one, recipe, gate)
            continue
        job.rename(one.id, one.name + naming.NEXT)
        try:
            bring_in(job, one, recipe, gate)
        except ProviderError:
            _put_back(job.quietly(), one)
            raise


def _put_back(job: Job, one: Found) -> None:
    """As it was, for whoever looks: under its name to come it would count as none, and could not be stopped."""
    with suppress(ProviderError):  # gone, or out of reach: why it did not start is the better thing to tell
        if one.state == "exited":
            job.stop(one)
        job.rename(one.id, one.name)


def _start_again(job: Job, one: Found) -> None:
    if one.state == "paused":
        job.unpause(one)
    elif one.state == "restarting":
        job.restart(one)  # the engine waits ever longer between its own attempts
    elif one.state != "running":
        job.start(one.id, one.name)
