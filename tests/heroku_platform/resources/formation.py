"""The formation: how many dynos of each process type, and of which size. There is none before the first deploy."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from tests.heroku_platform import errors
from tests.heroku_platform.catalog import SIZES, known_id
from tests.heroku_platform.clock import stamp
from tests.heroku_platform.records import Account, App, DynoSize, Process, Release, Slug
from tests.heroku_platform.resources import dynos, releases
from tests.heroku_platform.routes import Answer, Call, Row, route
from tests.heroku_platform.shapes import app_named
from tests.heroku_platform.world import World

_QUANTITY = re.compile(r"[+-]?\d+")


def shape(app: App, process: Process) -> Row:
    return {
        "app": app_named(app),
        "command": process.command,
        "created_at": stamp(process.created_at),
        "dyno_size": {"id": process.size.id, "name": process.size.name},
        "id": process.id,
        "quantity": process.quantity,
        "size": process.size.name,
        "type": process.type,
        "updated_at": stamp(process.updated_at),
    }


def deploy(world: World, app: App, by: Account, slug: Slug, description: str) -> Release:
    """Release code, with the process types that it has."""
    if not slug.images:
        app.slugs[slug.id] = slug
    return releases.release(world, app, by, description, slug)


@route("GET", "/apps/{app}/formation")
def listed(call: Call) -> Answer:
    app = call.app
    return Answer([shape(app, process) for process in app.formation.values()])


@route("GET", "/apps/{app}/formation/{type}")
def info(call: Call) -> Answer:
    app = call.app
    return Answer(shape(app, find(app, call.names["type"])))


@route("PATCH", "/apps/{app}/formation")
def batch_update(call: Call) -> Answer:
    app, updates = call.app, call.body["updates"]
    images = {_type_of(update): update["docker_image"] for update in updates if "docker_image" in update}
    if images:
        _release_images(call, app, images)
    changed = _change(call, app, [update for update in updates if set(update) & {"quantity", "size", "dyno_size"}])
    named = [app.formation[kind] for kind in images if kind in app.formation] + changed
    return Answer([shape(app, process) for process in dict.fromkeys(named)])


@route("PATCH", "/apps/{app}/formation/{type}")
def update_one(call: Call) -> Answer:
    app = call.app
    (process,) = _change(call, app, [{**call.body, "type": find(app, call.names["type"]).type}])
    return Answer(shape(app, process))


def find(app: App, name: str) -> Process:
    """The process type of this name or id. Raises 404."""
    for process in app.formation.values():
        if name in (process.type, process.id):
            return process
    raise errors.not_found("formation")


def _type_of(update: dict[str, Any]) -> str:
    # The recorded answers were asked for with ``process``, which is what ``type`` was called then.
    return str(update.get("type", update.get("process")))


def _change(call: Call, app: App, updates: list[dict[str, Any]]) -> list[Process]:
    wanted = {process.type: (process.quantity, process.size) for process in app.formation.values()}
    changed = []
    for update in updates:
        process = find(app, _type_of(update))
        wanted[process.type] = (_quantity(update, process), _size(update, process))
        changed.append(process)
    check_tiers(wanted)
    now, texts = call.world.now(), []
    for process in changed:
        process.quantity, process.size = wanted[process.type]
        process.updated_at = now
        texts.append(f"{process.type}@{process.quantity}:{process.size.name}")
    if texts:
        call.world.write(app, "app", "api", f"Scaled to {' '.join(texts)} by user {call.account.email}")
    dynos.adopt(call.world, app)
    return changed


def _quantity(update: dict[str, Any], process: Process) -> int:
    asked = update.get("quantity", process.quantity)
    if isinstance(asked, bool) or not _QUANTITY.fullmatch(str(asked)):
        raise errors.invalid("Quantity must be an integer, or an integer with a leading + or -.")
    relative = isinstance(asked, str) and asked[0] in "+-"
    quantity = process.quantity + int(asked) if relative else int(asked)
    if not 0 <= quantity <= 100:
        raise errors.invalid("Cannot update to a quantity that is not between 0 and 100.")
    return quantity


def _size(update: dict[str, Any], process: Process) -> DynoSize:
    asked = update.get("dyno_size", update.get("size"))
    if asked is None:
        return process.size
    names = list(asked.values()) if isinstance(asked, dict) else [asked]
    for size in SIZES.values():
        if any(str(name).lower() in (size.name.lower(), size.id) for name in names):
            return size
    raise errors.invalid(f"No such size as {names[0]}. Available sizes are: {', '.join(SIZES)}.")


def check_tiers(wanted: dict[str, tuple[int, DynoSize]]) -> None:
    """Eco and Basic: at most one dyno a type, and not mixed with another tier. Raises 422."""
    for quantity, size in wanted.values():
        if size.tier in {"eco", "basic"} and quantity > 1:
            raise errors.invalid(f"Cannot update to more than 1 {size.name} size dynos per process type.")
    sizes = list(dict.fromkeys(size for _, size in wanted.values()))
    tiers = {size.tier if size.tier in {"eco", "basic"} else "professional" for size in sizes}
    if len(tiers) > 1:
        names = [size.name for size in SIZES.values() if size in sizes]
        raise errors.invalid(f"Cannot use the following dyno types in the same app: {' and '.join(names)}")


def _release_images(call: Call, app: App, images: dict[str, str]) -> None:
    if app.build_stack != "container":
        raise errors.invalid(
            f"App stack is {app.build_stack}: docker images are released on the container stack alone."
        )
    for image in images.values():
        if image not in call.world.images:
            raise errors.not_found("docker_image", "docker image")
    before = app.current.slug if app.current else None
    kept = {**(before.images if before else {}), **images}
    programs = {kind: call.world.images[image] for kind, image in kept.items()}
    commands = {
        kind: program.processes.get(kind, program.processes.get("web", "")) for kind, program in programs.items()
    }
    main = programs.get("release") or programs[next(iter(images))]
    slug_id = known_id("images", *(f"{kind}={image}" for kind, image in kept.items()))
    program = replace(main, processes=commands, stack="container", language="Container")
    slug = Slug(slug_id, call.world.now(), program, images=kept)
    deploy(call.world, app, call.account, slug, f"Deployed {', '.join(images)} ({_short(images)})")


def _short(images: dict[str, str]) -> str:
    return ", ".join(image.removeprefix("sha256:")[:12] for image in images.values())
