"""Log sessions and log drains."""

from __future__ import annotations

from urllib.parse import unquote

from tests.heroku_platform import errors
from tests.heroku_platform.clock import stamp
from tests.heroku_platform.records import Session
from tests.heroku_platform.routes import Answer, Call, Row, pages, route
from tests.heroku_platform.shapes import app_named

FIRST_LINES = 100


@route("POST", "/apps/{app}/log-sessions")
def create(call: Call) -> Answer:
    """An address that is read without signing in, unless it is left unused for too long."""
    app, world, body = call.app, call.world, call.body
    dyno = body.get("dyno_name") or body.get("dyno") or body.get("type")
    now, session_id = world.now(), world.new_id()
    lines = min(body.get("lines", FIRST_LINES), 1500)
    world.sessions[session_id] = Session(app, now, lines, body.get("tail", False), body.get("source"), dyno)
    address = f"{world.base_url}/sessions/{session_id}?srv={int(now.timestamp())}"
    return Answer(
        {"created_at": stamp(now), "id": world.new_id(), "logplex_url": address, "updated_at": stamp(now)}, 201
    )


@route("GET", "/apps/{app}/log-drains")
def drains(call: Call) -> Answer:
    return pages(list(call.app.drains.values()), "id")


@route("POST", "/apps/{app}/log-drains")
def add_drain(call: Call) -> Answer:
    """A drain is kept; nothing is ever sent to it."""
    app, now, url = call.app, stamp(call.world.now()), call.body["url"]
    if any(drain["url"] == url for drain in app.drains.values()):
        raise errors.invalid("Url has already been taken")
    row: Row = {
        "addon": None,
        "app": app_named(app),
        "created_at": now,
        "id": call.world.new_id(),
        "token": f"d.{call.world.new_id()}",
        "updated_at": now,
        "url": url,
    }
    app.drains[row["id"]] = row
    return Answer(row, 201)


def _drain(call: Call) -> Row:
    wanted = unquote(call.names["drain"])
    for row in call.app.drains.values():
        if wanted in (row["id"], row["url"], row["token"]):
            return row
    raise errors.not_found("drain")


@route("GET", "/apps/{app}/log-drains/{drain}")
def drain(call: Call) -> Answer:
    return Answer(_drain(call))


@route("DELETE", "/apps/{app}/log-drains/{drain}")
def remove_drain(call: Call) -> Answer:
    return Answer(call.app.drains.pop(_drain(call)["id"]))
