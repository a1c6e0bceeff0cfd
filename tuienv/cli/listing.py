"""``ls`` and ``status``: what there is, and how it is. They show what the screen shows, made by the same code."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from tuienv.cli import shapes, tables
from tuienv.cli.addresses import ADDRESS
from tuienv.cli.codes import Exit, of_failures
from tuienv.cli.common import with_session
from tuienv.cli.errors import LIMIT, say
from tuienv.cli.session import Session
from tuienv.model import Address, EnvironmentSpec, Failure, Instance, Observation
from tuienv.model.state import EnvironmentState, LayerState
from tuienv.screens.words import KINDS, age, image_name, locked
from tuienv.text import plain

if TYPE_CHECKING:
    from tuienv.live.world import World


@click.command()
@with_session
def ls(session: Session) -> int:
    """List all environments, those of the files and those that run anyway."""
    declared = session.declared
    seen = session.engine.discover(session.all_places())
    world = _world(declared.specs, seen)
    states = [state for state in map(world.state, sorted(world.names())) if state is not None]
    if session.common.json:
        shapes.print_json([shapes.environment(state, instances=False) for state in states])
    else:
        _print_environments(states)
    for mistake in declared.mistakes:
        say(mistake)
    failures = list(dict.fromkeys(failure for observation in seen for failure in observation.failures))
    for failure in failures:
        say(f"tuienv: {failure}")
    return of_failures(failures) or (Exit.FAILED if declared.mistakes else Exit.DONE)


@click.command()
@click.argument("target", metavar="ENV[/LAYER]", type=ADDRESS)
@with_session
def status(session: Session, target: Address) -> int:
    """Show an environment: its layers, their instances, and how they differ from the file."""
    from tuienv.spec import with_contents

    found = session.find(target.environment, thorough=True)
    session.require_layer(found, target)
    state = _world([with_contents(found.spec)] if found.spec else [], found.observations).state(target.environment)
    assert state is not None, "an environment that was found has layers"
    shown = replace(state, layers=tuple(layer for layer in state.layers if target.layer in ("", layer.name)))
    if session.common.json:
        shapes.print_json(shapes.environment(shown))
    else:
        click.echo("\n".join(_environment(shown)))
    return of_failures(layer.failure for layer in shown.layers)


def _world(specs: Iterable[EnvironmentSpec], seen: Iterable[Observation]) -> World:
    """What was seen, put together with what the files want."""
    from tuienv.live.world import World

    world = World(time.time())
    world.declare(specs, ())
    answers: dict[tuple[str, str], list[Observation]] = {}
    for observation in seen:
        place = (observation.backend, observation.profile)
        if observation.failure is not None:
            world.failed(place, observation.failure, observation.at)
        else:
            answers.setdefault(place, []).append(observation)
    for place, observations in answers.items():
        world.discovered(place, observations)
    return world


# --- ls ---------------------------------------------------------------------------------------------------------


def _print_environments(states: list[EnvironmentState]) -> None:
    if not states:
        say("There is no environment yet: write a tuienv.yaml, or start something. tuienv demo shows how it looks.")
        return
    head = ["ENVIRONMENT", "STATUS", "LAYERS", "READY", "DRIFT", "WHERE", "SOURCE"]
    click.echo(tables.table(head, [_environment_row(state) for state in states]))


def _environment_row(state: EnvironmentState) -> list[str]:
    ready = sum(layer.ready for layer in state.layers) if any(layer.told for layer in state.layers) else "?"
    wanted = sum(_wanted(layer) for layer in state.layers)
    where = ", ".join(dict.fromkeys(layer.backend for layer in state.layers))
    return [
        tables.cell(f"{state.name}{_marks(state)}"),
        tables.status(state.status),
        str(len(state.layers)),
        f"{ready}/{wanted}",
        str(state.drift or tables.NOTHING),
        tables.cell(where),
        tables.cell(state.source),
    ]


def _marks(state: EnvironmentState) -> str:
    marks = [word for holds, word in ((state.protected, "protected"), (state.lock is not None, "locked")) if holds]
    return f" ({', '.join(marks)})" if marks else ""


def _wanted(layer: LayerState) -> int:
    return len(layer.instances) if layer.wanted is None else layer.wanted


# --- status -----------------------------------------------------------------------------------------------------


def _environment(state: EnvironmentState) -> Iterator[str]:
    source = plain(state.source) if state.declared else "declared by no file"
    yield f"{click.style(plain(state.name), bold=True)}  {tables.status(state.status)}  {source}"
    if state.protected:
        yield "protected: nothing that holds data is destroyed or replaced"
    if state.lock is not None:
        yield click.style(plain(locked(state.lock, time.time())), fg="yellow")
    head = ["NAME", "STATUS", "READY", "SIZE", "UP", "WHAT"]
    several = len({(layer.backend, layer.profile) for layer in state.layers}) > 1
    rows = [row for layer in state.layers for row in (_layer_row(layer, several), *map(_instance_row, layer.instances))]
    yield tables.table(head, rows)
    for layer in state.layers:
        yield from _remarks(layer)


def _layer_row(layer: LayerState, several: bool) -> list[str]:
    """One layer; with its place, where the environment has `several`."""
    place = plain(f"{layer.backend} {layer.profile}".strip()) if several else ""
    what = [KINDS[layer.kind], place, image_name(layer.image), *map(plain, layer.endpoints)]
    size = tables.cell(layer.size or "")
    return [tables.cell(layer.name), tables.status(layer.status), _ready(layer), size, "", _listed(what)]


def _instance_row(instance: Instance) -> list[str]:
    up = "" if instance.started_at is None else age(time.time() - instance.started_at)
    size = "" if instance.size is None else tables.cell(instance.size)
    what = [plain(instance.detail), plain(instance.id)[:12], plain(instance.host or "")]
    return [f"  {tables.cell(instance.name)}", tables.status(instance.status), "", size, up, _listed(what)]


def _ready(layer: LayerState) -> str:
    if layer.told and not (layer.instances or _wanted(layer)):
        return "-"  # its provider runs it by itself
    return f"{layer.ready if layer.told else '?'}/{_wanted(layer)}"


def _listed(words: Iterable[str]) -> str:
    return ", ".join(word for word in words if word)


def _remarks(layer: LayerState) -> Iterator[str]:
    """What the table has no room for: why a layer is unknown, and how it differs from the file."""
    if layer.failure is not None:
        yield f"{layer.name}: unknown: {_failure(layer.failure)}"
    for difference in layer.drift:
        yield click.style(f"{layer.name}: drift: {plain(difference, LIMIT)}", fg="yellow")


def _failure(failure: Failure) -> str:
    return plain(str(failure), LIMIT)
