"""Instances that come: created, started, and let in once they are ready."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tuienv.backends.base import ProviderError
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
    gate.hold()
    pending = [(make(job, recipe, number), recipe.name(number)) for number in numbers]
    try:
        for container, name in pending:
            job.start(container, name)
        while pending:
            admit(job, *pending[0], recipe, gate)
            pending.pop(0)
    except ProviderError:
        for container, name in pending:
            job.quietly().remove(container, name)
        raise


def admit(job: Job, container: str, name: str, recipe: Recipe, gate: Gate) -> None:
    """Wait until it is ready, and let requests reach it."""
    checks: list[Callable[[Row], str]] = [lambda inspected: gate.verdict(address_in(inspected))]
    if recipe.answers is not None:
        checks.append(recipe.answers)
    wait_ready(job, container, name, recipe.health.grace, checks)
    if gate:
        gate.admit(address_in(job.inspect(container, name)))


def revive(job: Job, members: Sequence[Found], recipe: Recipe, gate: Gate) -> None:
    """Start what is stopped, and see that it gets ready."""
    down = [one for one in members if one.state != "running"]
    if not down:
        return
    gate.hold()
    for one in down:
        _start_again(job, one)
    for one in down:
        admit(job, one.id, one.name, recipe, gate)


def _start_again(job: Job, one: Found) -> None:
    if one.state == "paused":
        job.unpause(one)
    elif one.state == "restarting":
        job.restart(one)  # the engine waits ever longer between its own attempts
    else:
        job.start(one.id, one.name)
