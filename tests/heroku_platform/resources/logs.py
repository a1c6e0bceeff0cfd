"""Log sessions and log drains."""

from __future__ import annotations

from tests.heroku_platform.clock import stamp
from tests.heroku_platform.records import Session
from tests.heroku_platform.routes import Answer, Call, route

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
