"""Changes of a live layer: scale, resize, restart, stop, start, other settings. They go by what exists."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from tuienv.backends.base import Conflict, Invalid, NotFound
from tuienv.backends.docker import naming
from tuienv.backends.docker.balancing import Gate
from tuienv.backends.docker.cloning import publishes, recipe_of, writes_outside
from tuienv.backends.docker.job import Job
from tuienv.backends.docker.layer import LiveLayer
from tuienv.backends.docker.listing import list_layer
from tuienv.backends.docker.making import add, admit, revive
from tuienv.backends.docker.reading import UP, Found, image_of, kind_of
from tuienv.backends.docker.recipes.data import check_settings
from tuienv.backends.docker.recipes.recipe import Recipe, as_it_is, limits_of
from tuienv.backends.docker.reconcile import chosen_numbers, resize, tidy
from tuienv.backends.docker.rolling import replace_one, retire
from tuienv.model import Kind


def scale(job: Job) -> None:
    """More by copying one that is there, fewer by draining those with the highest numbers. The rest is not touched.

    Raises `NotFound` where there is none to copy, `Conflict` where only one can be.
    """
    wanted = job.change.replicas
    if wanted is None:
        raise Invalid("scale", job.address, "nobody said to how many")
    if job.address.environment == naming.LOOSE:
        raise Conflict("scale", job.address, "it belongs to no project", "Run it with Compose or from a file.")
    layer = _existing(job)
    if not wanted and not any(naming.LAYER in one.labels for one in layer.current):
        said = "others made it, and with its last instance would go what it is made from"
        raise Conflict("scale", job.address, said, f"Stop it: tuienv stop {job.address}.")
    keep = chosen_numbers(layer.numbers, wanted)
    try:
        if missing := sorted(keep - layer.numbers):
            model = _model(layer)
            _check_copies(job, model)
            add(job, recipe_of(job, model), missing, layer.gate)
        retire(job, [one for one in layer.current if one.number not in keep], layer.gate)
    finally:
        layer.gate.release()


def _check_copies(job: Job, model: Found) -> None:
    """Raises `Conflict` for what there can be one of. Two servers that write the same files destroy them: each takes
    the other for gone, as it sees no process of it."""
    inspected = job.inspect(model.id, model.name)
    if publishes(inspected):
        remedy = "Publish it on a load balancer instead."
        raise Conflict("scale", job.address, "it publishes a port that only one instance can have", remedy)
    kind = kind_of(model.labels, image_of(model))
    if kind in (Kind.CACHE, Kind.DATABASE) and writes_outside(inspected):
        said = f"two instances of a {kind} would write the same files and destroy them"
        raise Conflict("scale", job.address, said, "Give it more memory instead: tuienv scale --size.")


def resize_layer(job: Job) -> None:
    """Other limits for every instance, in place. Raises `Invalid` for a size without numbers."""
    size = job.change.size
    if size is None or not limits_of(size):
        raise Invalid("resize", job.address, "the size has no limits", "Name one, such as small, or cpu and memory.")
    resize(job, _meant(job, _existing(job)), size)


def restart(job: Job) -> None:
    """One at a time where a load balancer can send requests to the others meanwhile, else all of them."""
    layer = _existing(job)
    try:
        for one in _meant(job, layer):
            _restart_one(job, one, layer.gate)
    finally:
        layer.gate.release()


def _restart_one(job: Job, one: Found, gate: Gate) -> None:
    if gate and one.ip:
        gate.hold()
        gate.drain([one.ip])
    job.restart(one)
    admit(job, one.id, one.name, as_it_is(one), gate)


def stop(job: Job) -> None:
    """All of them at once, or one; data, addresses and settings stay."""
    layer = _existing(job)
    running = [one for one in _meant(job, layer) if one.state in UP]
    try:
        if layer.gate and running:
            job.say(f"drain {job.address}")
            layer.gate.drain([one.ip for one in running if one.ip])
        job.stop_all(running)
        _wait_until_listed(job, {one.id for one in running})
    finally:
        layer.gate.release()


def _wait_until_listed(job: Job, stopped: Collection[str]) -> None:
    """Wait, five seconds at most, until the engine lists them as stopped: some (26.1) answer a moment before, and who
    looks then sees them run."""
    for _ in range(50):
        if not any(one.id in stopped and one.state in UP for one in list_layer(job.client, job.address)):
            return
        job.steps.pause(0.1)


def start(job: Job) -> None:
    layer = _existing(job)
    try:
        for one in _meant(job, layer):
            revive(job, [one], as_it_is(one), layer.gate)
    finally:
        layer.gate.release()


def configure(job: Job) -> None:
    """Set and unset variables: every instance is replaced by a copy with the new ones, as in a rollout."""
    layer = _existing(job)
    try:
        for one in layer.current:
            recipe = recipe_of(job, one)
            changed = _with_settings(job, recipe)
            if changed.body != recipe.body:
                if naming.LAYER in one.labels and kind_of(one.labels, "") is Kind.DATABASE:
                    check_settings(job, changed)
                replace_one(job, changed, one, layer.gate)
    finally:
        layer.gate.release()


def _with_settings(job: Job, recipe: Recipe) -> Recipe:
    environment = settings_applied(recipe.body.get("Env") or (), job.change.settings)
    labels = {**recipe.labels, **(naming.facet_labels(job.change.facets) if job.change.facets else {})}
    return replace(recipe, body={**recipe.body, "Env": environment, "Labels": labels})


def settings_applied(environment: list[str] | tuple[()], settings: Mapping[str, str | None]) -> list[str]:
    """``KEY=value`` lines with these set, or unset where the value is None; the rest in its order."""
    kept = [line for line in environment if line.partition("=")[0] not in settings]
    return [*kept, *(f"{key}={value}" for key, value in sorted(settings.items()) if value is not None)]


def _existing(job: Job) -> LiveLayer:
    layer = tidy(job)
    if not layer.current:
        raise NotFound(str(job.change.action), job.address, "it has no instances", "Create it with apply.")
    return layer


def _meant(job: Job, layer: LiveLayer) -> list[Found]:
    """The instances that the change is about: the one it names, or all. Raises `NotFound` if that one is gone."""
    name = job.address.instance
    found = [one for one in layer.current if name in ("", one.address.instance)]
    if not found:
        remedy = "`tuienv status` shows which there are."
        raise NotFound(str(job.change.action), job.address, "there is no such instance", remedy)
    return found


def _model(layer: LiveLayer) -> Found:
    """The one to copy: one that runs, if any does."""
    running = [one for one in layer.current if one.state == "running"]
    return (running or layer.current)[0]
