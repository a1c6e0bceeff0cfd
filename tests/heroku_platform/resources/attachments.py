"""Add-on attachments: what lets several apps use one add-on, each under a name of its own."""

from __future__ import annotations

from tests.heroku_platform import errors
from tests.heroku_platform.clock import stamp
from tests.heroku_platform.records import App, Attachment
from tests.heroku_platform.resources import addons, releases
from tests.heroku_platform.routes import Answer, Call, Row, pages, route
from tests.heroku_platform.shapes import app_named


def shape(link: Attachment) -> Row:
    return {
        "addon": {"id": link.addon.id, "name": link.addon.name, "app": app_named(link.addon.app)},
        "app": app_named(link.app),
        "created_at": stamp(link.created_at),
        "id": link.id,
        "name": link.name,
        "namespace": None,
        "updated_at": stamp(link.updated_at),
        "web_url": f"https://addons-sso.heroku.com/apps/{link.app.id}/addons/{link.addon.id}",
        "log_input_url": None,
    }


def _visible(call: Call) -> list[Attachment]:
    apps = set(call.visible_apps())
    return [link for link in call.world.attachments.values() if link.app in apps]


def _find(call: Call, name: str, app: App | None = None) -> Attachment:
    for link in _visible(call):
        if link.id == name or (link.name == name and link.app is app):
            return link
    raise errors.not_found("add_on attachment", "add-on attachment")


def _list(links: list[Attachment]) -> Answer:
    return pages([shape(link) for link in links], "name", "id")


@route("GET", "/addon-attachments")
def listed(call: Call) -> Answer:
    return _list(_visible(call))


@route("GET", "/apps/{app}/addon-attachments")
def listed_for_app(call: Call) -> Answer:
    return _list(call.world.attachments_of(call.app))


@route("GET", "/addons/{addon}/addon-attachments")
def listed_for_addon(call: Call) -> Answer:
    addon = addons.find(call, call.names["addon"])
    return _list([link for link in call.world.attachments.values() if link.addon is addon])


@route("GET", "/addon-attachments/{attachment}")
def info(call: Call) -> Answer:
    return Answer(shape(_find(call, call.names["attachment"])))


@route("GET", "/apps/{app}/addon-attachments/{attachment}")
def info_for_app(call: Call) -> Answer:
    return Answer(shape(_find(call, call.names["attachment"], call.app)))


@route("POST", "/actions/addon-attachments/resolve")
def resolve(call: Call) -> Answer:
    app = call.visible_app(call.body["app"]) if call.body.get("app") else None
    return Answer([shape(_find(call, call.body["addon_attachment"], app))])


@route("POST", "/addon-attachments")
def create(call: Call) -> Answer:
    """Where the name is taken, the old attachment gives way if `confirm` names the app; else 423."""
    app, addon = call.visible_app(call.body["app"]), addons.find(call, call.body["addon"])
    asked = call.body.get("name")
    taken = next((link for link in call.world.attachments_of(app) if link.name == asked), None)
    if taken and call.body.get("confirm") != app.name:
        raise errors.confirmation_required(app.name, f"Adding {asked} to app {app.name} would overwrite existing vars.")
    if taken:
        del call.world.attachments[taken.id]
    name = addons.attachment_name(call.world, app, addon.plan, asked)
    return Answer(shape(addons.attach(call.world, app, addon, name, call.account)), 201)


@route("DELETE", "/addon-attachments/{attachment}")
def delete(call: Call) -> Answer:
    link = _find(call, call.names["attachment"])
    del call.world.attachments[link.id]
    releases.release(call.world, link.app, call.account, f"Detach {link.name} (@ref:{link.addon.name})")
    return Answer(shape(link))
