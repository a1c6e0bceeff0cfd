"""App webhooks. They are kept; nothing is ever delivered."""

from __future__ import annotations

from tests.heroku_platform import errors
from tests.heroku_platform.clock import stamp
from tests.heroku_platform.routes import Answer, Call, Row, pages, route
from tests.heroku_platform.shapes import app_named

ASKED = ("include", "level", "url")


@route("GET", "/apps/{app}/webhooks")
def listed(call: Call) -> Answer:
    return pages(list(call.app.webhooks.values()), "id")


@route("POST", "/apps/{app}/webhooks")
def create(call: Call) -> Answer:
    app, now = call.app, stamp(call.world.now())
    row: Row = {"app": app_named(app), "created_at": now, "id": call.world.new_id(), "updated_at": now}
    row |= {name: call.body[name] for name in ASKED}
    app.webhooks[row["id"]] = row
    return Answer(row, 201)


def _find(call: Call) -> Row:
    row = call.app.webhooks.get(call.names["webhook"])
    if row is None:
        raise errors.not_found("webhook")
    return row


@route("GET", "/apps/{app}/webhooks/{webhook}")
def info(call: Call) -> Answer:
    return Answer(_find(call))


@route("PATCH", "/apps/{app}/webhooks/{webhook}")
def update(call: Call) -> Answer:
    row = _find(call)
    row |= {name: call.body[name] for name in ASKED if name in call.body}
    row["updated_at"] = stamp(call.world.now())
    return Answer(row)


@route("DELETE", "/apps/{app}/webhooks/{webhook}")
def delete(call: Call) -> Answer:
    return Answer(call.app.webhooks.pop(_find(call)["id"]))


@route("GET", "/apps/{app}/webhook-deliveries")
def deliveries(call: Call) -> Answer:
    assert call.app
    return pages([], "id")
