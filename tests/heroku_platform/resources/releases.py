"""Releases: each change of code, config or add-ons makes one; one of them is current and runs."""

from __future__ import annotations

from tests.heroku_platform import errors, execution
from tests.heroku_platform.catalog import SIZES
from tests.heroku_platform.clock import stamp
from tests.heroku_platform.records import Account, App, Output, Process, Program, Release, Slug
from tests.heroku_platform.resources import dynos
from tests.heroku_platform.routes import Answer, Call, Row, pages, route
from tests.heroku_platform.shapes import app_named, user_named
from tests.heroku_platform.world import World

FIRST_SIZE = "Basic"


def shape(world: World, app: App, release: Release) -> Row:
    return {
        "addon_plan_names": list(release.addon_plans),
        "artifacts": [{"type": "slug", "id": release.slug.id}] if release.slug and not release.slug.images else [],
        "app": app_named(app),
        "created_at": stamp(release.created_at),
        "description": release.description,
        "id": release.id,
        "updated_at": stamp(release.updated_at),
        "slug": {"id": release.slug.id} if release.slug and not release.slug.images else None,
        "status": release.status,
        "user": user_named(release.user),
        "version": release.version,
        "current": release is app.current,
        "output_stream_url": f"{world.base_url}/_streams/releases/{release.id}" if release.output else None,
        "eligible_for_rollback": release.slug is not None and release.status == "succeeded",
    }


def release(world: World, app: App, by: Account, description: str, slug: Slug | None = None) -> Release:
    """Make a release of what the app is now, with this code or what runs already.

    It is current at once, unless the code has a release phase: then it is pending until that ended well."""
    slug = slug or (app.current.slug if app.current else None)
    now, version = world.now(), len(app.releases) + 1
    plans = tuple(attachment.addon.plan.name for attachment in world.attachments_of(app))
    made = Release(world.new_id(), version, description, now, now, by, slug, world.config_of(app), plans)
    app.releases.append(made)
    world.write(app, "app", "api", f"Release v{version} created by user {by.email}")
    world.write(app, "app", "api", f"{description} by user {by.email}")
    if slug and "release" in slug.program.processes:
        _begin_phase(world, app, made, slug)
    else:
        _take_effect(world, app, made)
    return made


def _begin_phase(world: World, app: App, made: Release, slug: Slug) -> None:
    made.status, process = "pending", f"release.{world.number(1000, 9999)}"
    made.output = world.outputs[made.id] = Output()
    command = slug.program.processes["release"]
    world.write(app, "heroku", process, f"Starting process with command `{command}`")

    def say(text: str) -> None:
        assert made.output
        made.output.lines.append(text)
        world.write(app, "app", process, text)

    def end(status: int) -> None:
        world.write(app, "heroku", process, f"Process exited with status {status}")
        _end_phase(world, app, made, status)

    def run() -> None:
        if slug.program.release_exits is None:
            return execution.run(world, command, made.config, say, end)
        for text in slug.program.release_says:
            say(text)
        return end(slug.program.release_exits)

    world.clock.after(world.seconds["release"], run)


def _end_phase(world: World, app: App, made: Release, status: int) -> None:
    assert made.output
    made.output.over, made.updated_at = True, world.now()
    if status:
        made.status = "failed"
        world.write(app, "app", "api", f"Release v{made.version} command failed with status {status}")
    elif any(later.version > made.version and later.status == "succeeded" for later in app.releases):
        made.status = "expired"
    else:
        made.status = "succeeded"
        _take_effect(world, app, made)


def _declare(world: World, app: App, program: Program) -> None:
    """Give the app the process types of the code that it runs from now on: one web dyno first, none of the rest."""
    now = world.now()
    for kind, command in program.processes.items():
        if kind == "release":
            continue
        if kind in app.formation:
            app.formation[kind].command = command
            continue
        quantity = 1 if kind == "web" and not app.formation else 0
        size = next((process.size for process in app.formation.values()), SIZES[FIRST_SIZE])
        app.formation[kind] = Process(world.new_id(), kind, command, quantity, size, now, now)


def _take_effect(world: World, app: App, made: Release) -> None:
    app.current = made
    app.released_at = app.updated_at = world.now()
    if made.slug:
        app.stack = made.slug.program.stack
        _declare(world, app, made.slug.program)
    dynos.adopt(world, app)


def find(app: App, name: str) -> Release:
    """The release of this id or version. Raises 404."""
    for known in app.releases:
        if name in (known.id, str(known.version), f"v{known.version}"):
            return known
    raise errors.not_found("release")


@route("GET", "/apps/{app}/releases")
def listed(call: Call) -> Answer:
    app = call.app
    return pages([shape(call.world, app, known) for known in app.releases], "version", "id")


@route("GET", "/apps/{app}/releases/{release}")
def info(call: Call) -> Answer:
    app = call.app
    return Answer(shape(call.world, app, find(app, call.names["release"])))


@route("GET", "/apps/{app}/releases/{release}/config-vars")
def config(call: Call) -> Answer:
    return Answer(find(call.app, call.names["release"]).config)


@route("POST", "/apps/{app}/releases")
def create(call: Call) -> Answer:
    app = call.app
    if "release" in call.body:
        made = _roll_back(call, app)
    else:
        slug = app.slugs.get(call.body["slug"])
        if slug is None:
            raise errors.not_found("slug")
        made = release(call.world, app, call.account, call.body.get("description", f"Deploy {slug.id[:7]}"), slug)
    return Answer(shape(call.world, app, made), 201)


def _roll_back(call: Call, app: App) -> Release:
    target = find(app, str(call.body["release"]))
    if target.slug is None or target.status != "succeeded":
        raise errors.invalid(f"Cannot roll back to v{target.version}: it has no code, or its release failed.")
    app.config = {name: value for name, value in target.config.items() if name not in _attached(call.world, app)}
    return release(call.world, app, call.account, f"Rollback to v{target.version}", target.slug)


def _attached(world: World, app: App) -> set[str]:
    return set(world.config_of(app)) - set(app.config)
