"""Authorizations: tokens that an account hands out, and takes back. They sign in as its API keys do."""

from __future__ import annotations

from datetime import timedelta

from tests.heroku_platform import errors
from tests.heroku_platform.clock import stamp
from tests.heroku_platform.routes import Answer, Call, Row, pages, route
from tests.heroku_platform.shapes import user_named


@route("POST", "/oauth/authorizations")
def create(call: Call) -> Answer:
    """Signed in by password, an account with a second factor must give it."""
    account, world = call.account, call.world
    code = call.headers.get("Heroku-Two-Factor-Code")
    if account.second_factor and call.headers["Authorization"].startswith("Basic") and code != account.second_factor:
        raise errors.two_factor(None)
    token, seconds, now = f"HRKU-{world.new_id()}", call.body.get("expires_in"), stamp(world.now())
    row: Row = {
        "access_token": {"expires_in": seconds, "id": world.new_id(), "token": token},
        "client": None,
        "created_at": now,
        "description": call.body.get("description", "Long-lived user authorization"),
        "grant": None,
        "id": world.new_id(),
        "refresh_token": None,
        "scope": call.body.get("scope", ["global"]),
        "session": None,
        "updated_at": now,
        "user": {**user_named(account), "full_name": account.name},
    }
    account.authorizations[row["id"]] = row
    account.keys.add(token)
    if seconds:
        world.clock.after(timedelta(seconds=seconds).total_seconds(), lambda: account.keys.discard(token))
    return Answer(row, 201)


def _find(call: Call) -> Row:
    row = call.account.authorizations.get(call.names["authorization"])
    if row is None:
        raise errors.not_found("authorization")
    return row


@route("GET", "/oauth/authorizations")
def listed(call: Call) -> Answer:
    return pages(list(call.account.authorizations.values()), "id")


@route("GET", "/oauth/authorizations/{authorization}")
def info(call: Call) -> Answer:
    return Answer(_find(call))


@route("DELETE", "/oauth/authorizations/{authorization}")
def delete(call: Call) -> Answer:
    row = _find(call)
    del call.account.authorizations[row["id"]]
    call.account.keys.discard(row["access_token"]["token"])
    return Answer(row)
