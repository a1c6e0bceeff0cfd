"""Add-ons attached to the apps that use them: what ``${layers.db.url}`` is where both are on Heroku."""

from __future__ import annotations

from collections.abc import Mapping

from tuienv.backends.heroku.client import Row
from tuienv.backends.heroku.facts import attachment_for, data_reference, is_data_of
from tuienv.backends.heroku.job import Job
from tuienv.backends.heroku.naming import addon_name
from tuienv.backends.heroku.state import AppState
from tuienv.model import Address


def wanted_attachments(job: Job, ground: AppState) -> dict[str, str]:
    """From the name of a variable to the ID of the add-on whose URL it is. Whatever else a variable holds, or one
    whose name an attachment cannot give, is set as a plain value."""
    referred = {key: layer for key, value in job.spec.environment.items() if (layer := data_reference(value))}
    referred = {key: layer for key, layer in referred.items() if attachment_for(key)}
    if not referred:
        return {}
    addons = job.looker.addons_on(ground)
    found = {}
    for key, layer in referred.items():
        addon = find_addon(addons, ground, Address(job.address.environment, layer))
        if addon is not None:
            found[key] = str(addon["id"])
    return found


def find_addon(addons: list[Row], ground: AppState, address: Address) -> Row | None:
    """The add-on that is a data layer."""
    name = addon_name(address, ground.id)
    mine = [addon for addon in addons if (addon.get("app") or {}).get("id") == ground.id]
    return next((addon for addon in mine if is_data_of(addon, address.layer, name)), None)


def attach(job: Job, ground: AppState, app: AppState, wanted: Mapping[str, str]) -> Mapping[str, str]:
    """Attach what is wanted, and take off what the ground pays for and the file no longer names."""
    by_name = {attachment_for(key): addon for key, addon in wanted.items()}
    there = {str(one["name"]): one for one in app.settled.attachments if _of(one, ground)}
    for name, one in there.items():
        if by_name.get(name) != (one.get("addon") or {}).get("id"):
            job.say(f"detach {name}")
            job.send("DELETE", f"/addon-attachments/{one['id']}", tried=f"detach {name} from", target=app.name)
    _free(job, app, wanted)
    for name, addon in by_name.items():
        if (there.get(name, {}).get("addon") or {}).get("id") != addon:
            job.say(f"attach {name}")
            body = {"addon": addon, "app": app.id, "name": name}
            job.send("POST", "/addon-attachments", body, tried=f"attach {name} to", target=app.name)
    return wanted


def _of(attachment: Row, ground: AppState) -> bool:
    owner = (attachment.get("addon") or {}).get("app") or {}
    return owner.get("id") == ground.id


def _free(job: Job, app: AppState, wanted: Mapping[str, str]) -> None:
    """A variable that was set by hand stands in the way of an attachment that gives it."""
    own = app.settled.own()
    in_the_way: dict[str, str | None] = {key: None for key in wanted if key in own}
    if in_the_way:
        job.say(f"unset {', '.join(sorted(in_the_way))}")
        job.set_config(app, in_the_way)
