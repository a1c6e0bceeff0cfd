"""Slugs: compiled code that a release may run, made by a build or uploaded."""

from __future__ import annotations

from tests.heroku_platform import errors
from tests.heroku_platform.clock import stamp
from tests.heroku_platform.records import App, Program, Slug
from tests.heroku_platform.routes import Answer, Call, Row, route
from tests.heroku_platform.shapes import known
from tests.heroku_platform.world import World


def shape(world: World, app: App, slug: Slug, method: str) -> Row:
    return {
        "blob": {"method": method, "url": f"{world.base_url}/_sources/{slug.id}"},
        "buildpack_provided_description": slug.program.language,
        "checksum": None,
        "commit": slug.commit,
        "commit_description": None,
        "created_at": stamp(slug.created_at),
        "id": slug.id,
        "process_types": slug.program.processes,
        "size": slug.size,
        "stack": known("stack", slug.program.stack),
        "updated_at": stamp(slug.created_at),
        "deleted_at": None,
    }


@route("GET", "/apps/{app}/slugs/{slug}")
def info(call: Call) -> Answer:
    app = call.app
    slug = app.slugs.get(call.names["slug"])
    if slug is None:
        raise errors.not_found("slug")
    return Answer(shape(call.world, app, slug, "get"))


@route("POST", "/apps/{app}/slugs")
def create(call: Call) -> Answer:
    app, body = call.app, call.body
    program = Program(dict(body["process_types"]), release_exits=None, stack=app.build_stack)
    slug = Slug(call.world.new_id(), call.world.now(), program, commit=body.get("commit"))
    app.slugs[slug.id] = slug
    call.world.sources[slug.id] = b""
    return Answer(shape(call.world, app, slug, "put"), 201)
