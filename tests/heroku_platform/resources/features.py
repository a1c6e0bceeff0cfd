"""Features of an app and of an account that can be switched on: `log-runtime-metrics` is one."""

from __future__ import annotations

from tests.heroku_platform import errors
from tests.heroku_platform.catalog import ACCOUNT_FEATURES, APP_FEATURES, SINCE, known_id
from tests.heroku_platform.resources import dynos
from tests.heroku_platform.routes import Answer, Call, Row, pages, route


def _shape(kind: str, name: str, description: str, on: set[str]) -> Row:
    return {
        "created_at": SINCE,
        "description": description,
        "doc_url": f"https://devcenter.heroku.com/articles/{name}",
        "enabled": name in on,
        "id": known_id(kind, name),
        "name": name,
        "state": "general",
        "updated_at": SINCE,
        "display_name": name.replace("-", " ").title(),
        "feedback_email": "feedback@heroku.com",
    }


def _rows(kind: str, offered: dict[str, str], on: set[str]) -> list[Row]:
    return [_shape(kind, name, description, on) for name, description in offered.items()]


def _switch(call: Call, offered: dict[str, str], on: set[str]) -> None:
    name = call.names["feature"]
    if name not in offered:
        raise errors.not_found("feature")
    if call.body["enabled"]:
        on.add(name)
    else:
        on.discard(name)


def _one(call: Call, rows: list[Row]) -> Answer:
    for row in rows:
        if call.names["feature"] in (row["id"], row["name"]):
            return Answer(row)
    raise errors.not_found("feature")


@route("GET", "/apps/{app}/features")
def listed(call: Call) -> Answer:
    return pages(_rows("app-feature", APP_FEATURES, call.app.features), "name", "id")


@route("GET", "/apps/{app}/features/{feature}")
def info(call: Call) -> Answer:
    return _one(call, _rows("app-feature", APP_FEATURES, call.app.features))


@route("PATCH", "/apps/{app}/features/{feature}")
def update(call: Call) -> Answer:
    _switch(call, APP_FEATURES, call.app.features)
    dynos.sample(call.world, call.app)
    return info(call)


@route("GET", "/account/features")
def listed_for_account(call: Call) -> Answer:
    return pages(_rows("account-feature", ACCOUNT_FEATURES, call.account.features), "name", "id")


@route("GET", "/account/features/{feature}")
def info_for_account(call: Call) -> Answer:
    return _one(call, _rows("account-feature", ACCOUNT_FEATURES, call.account.features))


@route("PATCH", "/account/features/{feature}")
def update_for_account(call: Call) -> Answer:
    _switch(call, ACCOUNT_FEATURES, call.account.features)
    return info_for_account(call)
