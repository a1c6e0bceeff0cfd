"""Add-ons: made of a plan, they provision for a while, and give their app variables through an attachment."""

from __future__ import annotations

from typing import Any

from tests.heroku_platform import errors
from tests.heroku_platform.catalog import DEFAULT_PLANS, PLANS, SERVICES
from tests.heroku_platform.clock import stamp
from tests.heroku_platform.records import Account, Addon, App, Attachment, Plan, Service
from tests.heroku_platform.resources import releases
from tests.heroku_platform.routes import Answer, Call, Row, pages, route
from tests.heroku_platform.shapes import app_named, plan_shape, service_shape
from tests.heroku_platform.world import World, attached_values

EXPANDED = {"Content-Expansion": "addon_service, plan"}
COLOURS = ("AMBER", "AQUA", "BLACK", "BLUE", "BRONZE", "CHARCOAL", "COBALT", "COPPER", "CRIMSON", "CYAN")


def shape(call: Call, addon: Addon) -> Row:
    """An add-on, with all that there is to say of its service and plan where the client asks for that."""
    world, expanded = call.world, call.headers.get("Accept-Expansion", "")
    own = (link for link in world.attachments.values() if link.addon is addon and link.app is addon.app)
    price = {"cents": addon.plan.cents, "contract": False, "unit": "month"}
    return {
        "actions": [],
        "addon_service": _service(addon.plan.service, "addon_service" in expanded),
        "billing_entity": {**app_named(addon.app), "type": "app"},
        "app": app_named(addon.app),
        "billed_price": price,
        "config_vars": [name for link in own for name in attached_values(link)],
        "created_at": stamp(addon.created_at),
        "id": addon.id,
        "name": addon.name,
        "plan": _plan(addon.plan, "plan" in expanded),
        "provider_id": f"provider-{addon.id[:8]}",
        "provision_message": "",
        "state": addon.state,
        "updated_at": stamp(addon.updated_at),
        "web_url": f"https://addons-sso.heroku.com/apps/{addon.app.id}/addons/{addon.id}",
    }


def _service(service: Service, expanded: bool) -> Row:
    return service_shape(service) if expanded else {"id": service.id, "name": service.name}


def _plan(plan: Plan, expanded: bool) -> Row:
    return plan_shape(plan) if expanded else {"id": plan.id, "name": plan.name}


def visible(call: Call) -> list[Addon]:
    """The add-ons of the apps that this account may see."""
    apps = set(call.visible_apps())
    return [addon for addon in call.world.addons.values() if addon.app in apps]


def find(call: Call, name: str, app: App | None = None) -> Addon:
    """The add-on of this name or id, of this app where one is given. Raises 404."""
    for addon in visible(call):
        if name in (addon.name, addon.id) and app in (None, addon.app):
            return addon
    raise errors.not_found("addon", "add-on")


def _list(call: Call, addons: list[Addon]) -> Answer:
    answer = pages([shape(call, addon) for addon in addons], "name", "id")
    answer.headers.update(EXPANDED)
    return answer


@route("GET", "/addons")
def listed(call: Call) -> Answer:
    return _list(call, visible(call))


@route("GET", "/apps/{app}/addons")
def listed_for_app(call: Call) -> Answer:
    app = call.app
    return _list(call, [addon for addon in call.world.addons.values() if addon.app is app])


@route("GET", "/users/{user}/addons")
def listed_for_user(call: Call) -> Answer:
    return listed(call)


@route("GET", "/teams/{team}/addons")
def listed_for_team(call: Call) -> Answer:
    return _list(
        call, [addon for addon in visible(call) if addon.app.team and addon.app.team.name == call.names["team"]]
    )


@route("GET", "/addons/{addon}")
def info(call: Call) -> Answer:
    return Answer(shape(call, find(call, call.names["addon"])), headers=dict(EXPANDED))


@route("GET", "/apps/{app}/addons/{addon}")
def info_for_app(call: Call) -> Answer:
    return Answer(shape(call, find(call, call.names["addon"], call.app)), headers=dict(EXPANDED))


@route("POST", "/actions/addons/resolve")
def resolve(call: Call) -> Answer:
    app = call.visible_app(call.body["app"]) if call.body.get("app") else None
    wanted = call.body["addon"]
    linked = {link.addon for link in call.world.attachments.values() if link.name == wanted and link.app is app}
    found = [
        addon
        for addon in visible(call)
        if addon in linked
        or (
            (wanted in (addon.name, addon.id) or (app is addon.app and wanted == addon.plan.service.name))
            and (app is None or app is addon.app or addon in linked)
        )
    ]
    if not found:
        raise errors.not_found("addon", "add-on")
    return Answer([shape(call, addon) for addon in found])


@route("POST", "/apps/{app}/addons")
def create(call: Call) -> Answer:
    app, plan = call.app, plan_named(call.body["plan"])
    service = plan.service
    own = [addon for addon in call.world.addons.values() if addon.app is app]
    if service.alone and any(addon.plan.service is service for addon in own):
        raise errors.invalid(f"That type of add-on can only exist once per app and it already exists for {app.name}. ")
    name = call.body.get("name") or f"{service.prefix}-{call.world.word()}-{call.world.number(10000, 99999)}"
    if any(addon.name == name for addon in call.world.addons.values()):
        raise errors.invalid("Name is already taken")
    link = attachment_name(call.world, app, plan, call.body.get("attachment", {}).get("name"))
    addon = make(call.world, app, plan, name, link, call.account)
    return Answer(shape(call, addon), 201, dict(EXPANDED))


def attachment_name(world: World, app: App, plan: Plan, asked: str | None) -> str:
    """The name for an attachment of this app. Raises 422 where the one that was asked for is taken."""
    taken = {link.name for link in world.attachments_of(app)}
    if asked:
        if asked in taken:
            raise errors.invalid(f"Name {asked} is already in use on app {app.name}")
        return asked
    if plan.service.attachment not in taken:
        return plan.service.attachment
    base = plan.service.name.upper().replace("-", "_")
    return next(f"{base}_{colour}" for colour in COLOURS if f"{base}_{colour}" not in taken)


def make(world: World, app: App, plan: Plan, name: str, link: str, by: Account) -> Addon:
    """A new add-on, attached to its app; it is provisioned when its service took its time."""
    now, service = world.now(), plan.service
    state = "provisioning" if service.seconds else "provisioned"
    secret, port = world.hexadecimal(64), world.number(5000, 30000)
    url = f"{service.scheme}://u{world.hexadecimal(13)}:p{secret}@ec2-{port % 255}.compute-1.amazonaws.com:{port}"
    ends = ("URL", *service.extra)
    addon = Addon(world.new_id(), name, app, plan, now, now, state, dict.fromkeys(ends, url))
    if service.scheme == "postgres":
        addon.values["URL"] = f"{url}/d{world.hexadecimal(13)}"
    world.addons[addon.id] = addon
    attach(world, app, addon, link, by)
    if state == "provisioning":
        world.clock.after(service.seconds * world.seconds["addon"], lambda: _provisioned(world, addon, by))
    return addon


def attach(world: World, app: App, addon: Addon, name: str, by: Account) -> Attachment:
    """Attach an add-on to an app, which makes a release of the app."""
    now = world.now()
    link = Attachment(world.new_id(), name, app, addon, now, now)
    world.attachments[link.id] = link
    releases.release(world, app, by, f"Attach {name} (@ref:{addon.name})")
    return link


def _provisioned(world: World, addon: Addon, by: Account) -> None:
    if addon.id not in world.addons or addon.going or addon.stuck:
        return
    addon.state, addon.updated_at = "provisioned", world.now()
    for link in [link for link in world.attachments.values() if link.addon is addon]:
        names = ", ".join(attached_values(link))
        releases.release(world, link.app, by, f"@ref:{addon.name} completed provisioning, setting {names}.")


def plan_named(asked: Any) -> Plan:
    """The plan of this name or id; a service's name means its default plan. Raises 404."""
    name = str(asked.get("name", asked.get("id")) if isinstance(asked, dict) else asked)
    if name in SERVICES:
        return PLANS[DEFAULT_PLANS[name]]
    for plan in PLANS.values():
        if name in (plan.name, plan.id):
            return plan
    service = name.partition(":")[0]
    raise errors.not_found(
        *(("addon_plan", "add-on plan") if service in SERVICES else ("addon_service", "add-on service"))
    )


@route("PATCH", "/apps/{app}/addons/{addon}")
def update(call: Call) -> Answer:
    addon = find(call, call.names["addon"], call.app)
    if "plan" in call.body:
        _change_plan(call, addon, plan_named(call.body["plan"]))
    if "name" in call.body:
        addon.name = call.body["name"]
    addon.updated_at = call.world.now()
    return Answer(shape(call, addon), headers=dict(EXPANDED))


def _change_plan(call: Call, addon: Addon, plan: Plan) -> None:
    if plan.service is not addon.plan.service:
        raise errors.invalid(f"The plan {plan.name} is not a plan of {addon.plan.service.name}.")
    if addon.state != "provisioned":
        raise errors.invalid("Add-on plan changes are not available while the add-on is provisioning.")
    if plan.service.scheme == "postgres" and _tier(plan) != _tier(addon.plan):
        raise errors.invalid(
            f"Cannot change the plan of {addon.name} from {addon.plan.name} to {plan.name}: the data must be moved."
        )
    addon.plan = plan
    releases.release(call.world, addon.app, call.account, f"Change {addon.plan.service.name} to {plan.name}")


def _tier(plan: Plan) -> str:
    return plan.name.partition(":")[2].partition("-")[0]


@route("DELETE", "/apps/{app}/addons/{addon}")
def delete(call: Call) -> Answer:
    """Databases and caches answer 202 and are gone some time later; what provisions at once goes at once."""
    addon, world = find(call, call.names["addon"], call.app), call.world
    elsewhere = [link for link in world.attachments.values() if link.addon is addon and link.app is not addon.app]
    if elsewhere and not call.body.get("force"):
        names = ", ".join(sorted(link.app.name for link in elsewhere))
        raise errors.invalid(f"Cannot delete {addon.name}: it is attached to other apps ({names}).")
    if addon.plan.service.seconds == 0:
        answer = Answer({**shape(call, addon), "state": "deprovisioned"}, headers=dict(EXPANDED))
        _detach_all(world, addon, call.account)
        return answer
    addon.going, addon.state, addon.updated_at = True, "deprovisioning", world.now()
    world.clock.after(world.seconds["deprovision"], lambda: _detach_all(world, addon, call.account))
    return Answer(shape(call, addon), 202, dict(EXPANDED))


def _detach_all(world: World, addon: Addon, by: Account) -> None:
    apps = [link.app for link in world.attachments.values() if link.addon is addon]
    names = [link.name for link in world.attachments.values() if link.addon is addon]
    vanish(world, addon)
    for app, name in zip(apps, names, strict=True):
        if app.id in world.apps:
            releases.release(world, app, by, f"Detach {name} (@ref:{addon.name})")


def vanish(world: World, addon: Addon) -> None:
    """Take an add-on and its attachments away, without a word."""
    world.addons.pop(addon.id, None)
    for link in [link for link in world.attachments.values() if link.addon is addon]:
        del world.attachments[link.id]
