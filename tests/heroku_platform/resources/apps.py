"""Apps: create, read, change, delete, and the domains and releases that come with a new one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from tests.heroku_platform import errors
from tests.heroku_platform.catalog import DEFAULT_STACK, REGIONS, STACKS, known_id
from tests.heroku_platform.clock import stamp
from tests.heroku_platform.records import Account, App, Domain, Team
from tests.heroku_platform.resources import addons, certificates, releases
from tests.heroku_platform.routes import Answer, Call, Row, pages, route
from tests.heroku_platform.shapes import known, user_named
from tests.heroku_platform.world import World

NAME = re.compile(r"[a-z][a-z0-9-]{1,28}[a-z0-9]")
RANGES = ("name", "id", "updated_at")


def shape(app: App) -> Row:
    slug = app.current.slug if app.current else None
    team = {"id": app.team.id, "name": app.team.name} if app.team else None
    owner = {"email": f"{app.team.name}@herokumanager.com", "id": app.team.id} if app.team else user_named(app.owner)
    return {
        "acm": app.acm,
        "archived_at": None,
        "buildpack_provided_description": slug.program.language if slug else None,
        "build_stack": known("stack", app.build_stack),
        "created_at": stamp(app.created_at),
        "generation": known("generation", "cedar"),
        "git_url": f"https://git.heroku.com/{app.name}.git",
        "id": app.id,
        "internal_routing": None,
        "maintenance": app.maintenance,
        "name": app.name,
        "owner": owner,
        "organization": team,
        "team": team,
        "region": known("region", app.region),
        "released_at": stamp(app.released_at) if app.released_at else None,
        "repo_size": None,
        "slug_size": slug.size if slug else None,
        "space": None,
        "stack": known("stack", app.stack),
        "updated_at": stamp(app.updated_at),
        "web_url": app.web_url,
    }


@route("GET", "/apps")
def listed(call: Call) -> Answer:
    return pages([shape(app) for app in call.visible_apps()], *RANGES)


@route("GET", "/users/{user}/apps")
def listed_for_user(call: Call) -> Answer:
    if call.names["user"] not in {"~", call.account.id, call.account.email}:
        raise errors.not_found("user")
    return listed(call)


@route("GET", "/teams/{team}/apps")
def listed_for_team(call: Call) -> Answer:
    team = call.world.teams.get(call.names["team"])
    if team is None or call.account not in team.members:
        raise errors.not_found("organization", "team")
    rows = [{**shape(app), "joined": True, "locked": False} for app in call.visible_apps() if app.team is team]
    return pages(
        [{key: row[key] for key in row if key not in {"acm", "generation", "organization"}} for row in rows], *RANGES
    )


@route("POST", "/filters/apps")
def filtered(call: Call) -> Answer:
    wanted = call.body.get("in", {}).get("id", [])
    return pages([shape(app) for app in call.visible_apps() if app.id in wanted], *RANGES)


@route("GET", "/apps/{app}")
def info(call: Call) -> Answer:
    return Answer(shape(call.app))


@route("POST", "/apps")
def create(call: Call) -> Answer:
    if not call.account.verified and len(call.visible_apps()) >= 5:
        raise errors.verification_required()
    return _created(call, None)


@route("POST", "/teams/apps")
def create_for_team(call: Call) -> Answer:
    team = call.world.teams.get(call.body.get("team", ""))
    if team is None or call.account not in team.members:
        raise errors.not_found("organization", "team")
    answer = _created(call, team)
    dropped = {"acm", "generation", "organization"}
    return Answer({key: value for key, value in answer.body.items() if key not in dropped}, 201)


def _created(call: Call, team: Team | None) -> Answer:
    name = call.body.get("name") or _free_name(call.world)
    _check_name(call.world, name)
    region = choice("region", call.body.get("region", "us"), REGIONS)
    stack = choice("stack", call.body.get("stack", DEFAULT_STACK), STACKS)
    app = make(call.world, name, call.account, team, region, stack)
    return Answer(shape(app), 201, {"Location": app.web_url})


def make(
    world: World, name: str, owner: Account, team: Team | None = None, region: str = "us", stack: str = DEFAULT_STACK
) -> App:
    """An app as it is right after it was created: releases v1 and v2, its own domain, no formation."""
    now, host = world.now(), f"{name}-{world.hexadecimal(12)}.herokuapp.com"
    app = App(world.new_id(), name, owner, team, region, stack, stack, now, now, f"https://{host}/")
    world.apps[app.id] = app
    app.domains.append(Domain(world.new_id(), host, "heroku", now, now))
    for description in ("Initial release", "Enable Logplex"):
        releases.release(world, app, owner, description)
    return app


def choice(kind: str, asked: Any, offered: Iterable[str]) -> str:
    """The name of the region or stack that was asked for, by name or id. Raises 422."""
    asked = asked.get("name", asked.get("id")) if isinstance(asked, dict) else asked
    for name in offered:
        if asked in (name, known_id(kind, name)):
            return name
    raise errors.invalid(f"{kind.title()} {asked} is invalid. Available {kind}s are: {', '.join(offered)}")


def _free_name(world: World) -> str:
    return f"{world.word()}-{world.word()}-{world.number(10000, 99999)}"


def _check_name(world: World, name: str) -> None:
    if not NAME.fullmatch(name):
        raise errors.invalid(
            "Name must start with a letter, end with a letter or digit and can only contain lowercase letters, digits, "
            "and dashes. It must be between 3 and 30 characters."
        )
    if world.app_named(name):
        raise errors.invalid("Name is already taken")


@route("PATCH", "/apps/{app}")
def update(call: Call) -> Answer:
    app = call.app
    if "name" in call.body and call.body["name"] != app.name:
        _check_name(call.world, call.body["name"])
        app.name = call.body["name"]
        _move(call.world, app)
    if "build_stack" in call.body:
        app.build_stack = choice("stack", call.body["build_stack"], STACKS)
        if app.current is None or app.current.slug is None:
            app.stack = app.build_stack
    if "maintenance" in call.body:
        app.maintenance = call.body["maintenance"]
        switched = "on" if app.maintenance else "off"
        call.world.write(app, "heroku", "api", f"Set maintenance mode {switched} by {call.account.email}")
    app.updated_at = call.world.now()
    return Answer(shape(app))


def _move(world: World, app: App) -> None:
    """A new name brings a new address under herokuapp.com."""
    host = f"{app.name}-{world.hexadecimal(12)}.herokuapp.com"
    app.web_url = f"https://{host}/"
    for domain in app.domains:
        if domain.kind == "heroku":
            domain.hostname, domain.updated_at = host, world.now()


@route("DELETE", "/apps/{app}")
def delete(call: Call) -> Answer:
    app = call.app
    answer = Answer(shape(app))
    remove(call.world, app)
    return answer


def remove(world: World, app: App) -> None:
    """Delete an app, with its add-ons, and what is attached to it or couples it."""
    for addon in [addon for addon in world.addons.values() if addon.app is app]:
        addons.vanish(world, addon)
    for attachment in world.attachments_of(app):
        del world.attachments[attachment.id]
    for coupling in [coupling for coupling in world.couplings.values() if coupling.app is app]:
        del world.couplings[coupling.id]
    app.dynos.clear()
    del world.apps[app.id]


@route("POST", "/apps/{app}/acm")
def enable_acm(call: Call) -> Answer:
    app = call.app
    app.acm = True
    for domain in app.domains:
        if domain.kind == "custom":
            certificates.certify(call.world, app, domain)
    return Answer(shape(app))


@route("PATCH", "/apps/{app}/acm")
def refresh_acm(call: Call) -> Answer:
    return Answer(shape(call.app))


@route("DELETE", "/apps/{app}/acm")
def disable_acm(call: Call) -> Answer:
    app = call.app
    app.acm = False
    for domain in app.domains:
        domain.acm_status = domain.sni_endpoint = None
    app.certificates = {key: row for key, row in app.certificates.items() if row["certificate_chain"]}
    return Answer(shape(app))
