"""Collaborators: who else may see and change an app."""

from __future__ import annotations

from tests.heroku_platform import errors
from tests.heroku_platform.clock import stamp
from tests.heroku_platform.records import App, Collaborator
from tests.heroku_platform.routes import Answer, Call, Row, pages, route
from tests.heroku_platform.shapes import app_named, user_named


def shape(app: App, collaborator: Collaborator) -> Row:
    return {
        "app": app_named(app),
        "created_at": stamp(collaborator.created_at),
        "id": collaborator.id,
        "permissions": [],
        "role": "owner" if collaborator.account is app.owner else None,
        "updated_at": stamp(collaborator.created_at),
        "user": {**user_named(collaborator.account), "federated": False},
    }


@route("GET", "/apps/{app}/collaborators")
def listed(call: Call) -> Answer:
    app = call.app
    owner = Collaborator(app.owner.id, app.owner, app.created_at)
    return pages([shape(app, each) for each in (owner, *app.collaborators)], "id")


@route("POST", "/apps/{app}/collaborators")
def create(call: Call) -> Answer:
    app, wanted = call.app, call.body["user"]
    account = next((each for each in call.world.accounts if wanted in (each.email, each.id)), None)
    if account is None:
        raise errors.not_found("user")
    if account in call.world.accounts_seeing(app):
        raise errors.invalid("User is already a collaborator on app.")
    made = Collaborator(call.world.new_id(), account, call.world.now())
    app.collaborators.append(made)
    return Answer(shape(app, made), 201)


@route("DELETE", "/apps/{app}/collaborators/{collaborator}")
def delete(call: Call) -> Answer:
    app = call.app
    for known in app.collaborators:
        if call.names["collaborator"] in (known.id, known.account.email):
            app.collaborators.remove(known)
            return Answer(shape(app, known))
    raise errors.not_found("collaborator")
