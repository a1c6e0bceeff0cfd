"""Cache and database layers: add-ons that the environment's ground pays for."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from tuienv.backends.base import Conflict, Invalid, NotFound, ProviderError
from tuienv.backends.heroku.attaching import find_addon
from tuienv.backends.heroku.client import Row
from tuienv.backends.heroku.facts import plan_of
from tuienv.backends.heroku.job import Job
from tuienv.backends.heroku.keeping import KEPT
from tuienv.backends.heroku.making import ensure_ground
from tuienv.backends.heroku.marks import LayerMark
from tuienv.backends.heroku.naming import addon_name, attachment_name
from tuienv.backends.heroku.options import check_options, text_option
from tuienv.backends.heroku.prices import DEFAULT_PLANS, SERVICES
from tuienv.backends.heroku.state import AppState
from tuienv.backends.heroku.targets import Target
from tuienv.model import SIZES, Address, LayerSpec, Size

PROVISIONING = 1800.0
"""Seconds that an add-on may take to come; the larger databases take minutes."""
GOING = 600.0


def make_addon(job: Job) -> None:
    """Have the add-on as the file says. Its name follows from its address, so that there is never a second one."""
    spec = job.spec
    check_options(spec)
    plan = wanted_plan(spec, job.address)
    ground = ensure_ground(job)
    addon = find_addon(job.looker.addons_on(ground), ground, job.address)
    mark = job.layer_mark(ground)
    if mark is None:
        mark = LayerMark(spec.kind, needs=job.change.needs, unfinished=True)
        job.write_mark(ground, mark)
    if addon is not None:
        _check_version(job, spec, mark)
    else:
        addon = _create(job, ground, spec, plan)
    addon = await_addon(job, ground, addon)
    if plan and plan_of(addon) != plan:
        addon = _move(job, ground, addon, plan)
    facets = dict(job.change.facets)
    job.write_mark(ground, replace(mark, app=str(addon["id"]), facets=facets, needs=job.change.needs, unfinished=False))


def _check_version(job: Job, spec: LayerSpec, mark: LayerMark) -> None:
    """Raises `Invalid` for another version of what is there: the Platform API changes none, and tells none."""
    made_with = mark.facets.get("version", "")
    if mark.unfinished or not spec.version or spec.version == made_with:
        return
    said = f"Heroku does not change the version of an add-on ({made_with or 'its own'} → {spec.version}) by its API"
    remedy = "Do it with `heroku redis:upgrade` or `heroku pg:upgrade`, and take `version` out of the file."
    raise Invalid("update", job.address, said, remedy)


def resize_addon(job: Job, target: Target) -> None:
    """Another plan. Raises `Invalid` where Heroku does not take it: not every plan can become every other."""
    if job.change.size is None or target.addon is None:
        raise Invalid("resize", job.address, "no plan was named", "Name one with --size.")
    plan = _plan_of_size(job.change.size, job.address)
    if plan_of(target.addon) != plan:
        _move(job, target.app, target.addon, plan)
    if target.ground is not None and "options.plan" in target.mark.facets:
        job.write_mark(target.ground, replace(target.mark, facets={**target.mark.facets, "options.plan": plan}))


def delete_addon(job: Job, ground: AppState) -> None:
    """Only with its data, and only if that was asked for. A ground that stayed for the last of them goes as well."""
    if not job.change.delete_data:
        return
    addon = find_addon(job.looker.addons_on(ground), ground, job.address)
    if addon is not None:
        job.say(f"delete add-on {addon['name']}")
        path = f"/apps/{ground.id}/addons/{addon['id']}"
        with suppress(NotFound):
            job.send("DELETE", path, tried="delete add-on", target=addon["name"])
        late = Conflict("delete add-on", addon["name"], "it is still going", "Look again later.")
        job.until(lambda: None if _find(job, ground, addon) else True, GOING, lambda: late)
    # Whoever deletes the last add-on beside us takes the ground away: then there is nothing left to do.
    with suppress(NotFound):
        job.write_mark(ground, None)
        if KEPT in ground.settled.config and not job.looker.addons_on(ground):
            job.say(f"delete app {ground.name}")
            job.send("DELETE", f"/apps/{ground.id}", tried="delete app", target=ground.name)


def await_addon(job: Job, ground: AppState, addon: Row) -> Row:
    """Wait until it is provisioned. Raises `Conflict` if it takes too long or comes to nothing."""

    def look() -> Row | None:
        row = _find(job, ground, addon)
        if row is None or row.get("state") in ("deprovisioned", "deprovisioning"):
            said = "it was not provisioned: its maker gave up"
            raise Conflict("provision", addon["name"], said, "Apply again, or choose another plan.")
        return row if row.get("state") == "provisioned" else None

    def late() -> ProviderError:
        said = f"it is still provisioning after {PROVISIONING / 60:.0f} minutes"
        return Conflict("provision", addon["name"], said, "Apply again to go on waiting; see status.heroku.com.")

    return job.until(look, PROVISIONING, late)


def wanted_plan(spec: LayerSpec, address: Address) -> str:
    """The plan that the file names, by option or size; empty where any is as good. Raises `Invalid`."""
    return text_option(spec, "plan") or _plan_of_size(spec.size, address)


def _plan_of_size(size: Size, address: Address) -> str:
    if size == Size():
        return ""
    if size.name in SIZES or (size.cpu, size.memory) != (None, None):
        raise Invalid("use size", size, f"{address} is an add-on, and has a plan", "Write a plan, such as standard-0.")
    return size.name


def _create(job: Job, ground: AppState, spec: LayerSpec, plan: str) -> Row:
    service = SERVICES[spec.kind]
    name = addon_name(job.address, ground.id)
    body: Row = {
        "plan": f"{service}:{plan or DEFAULT_PLANS[spec.kind]}",
        "name": name,
        "attachment": {"name": attachment_name(job.address.layer)},
    }
    if spec.version:
        body["config"] = {"version": spec.version}
    job.say(f"create add-on {name} ({body['plan']})")
    try:
        made: Row = job.send("POST", f"/apps/{ground.id}/addons", body, tried="create add-on", target=name)
    except NotFound as error:
        raise Invalid(error.tried, error.target, error.said, f"See the plans: heroku addons:plans {service}") from error
    return made


def _move(job: Job, ground: AppState, addon: Row, plan: str) -> Row:
    service = str((addon.get("plan") or {}).get("name", "")).partition(":")[0]
    job.say(f"move {addon['name']} to {plan}")
    path = f"/apps/{ground.id}/addons/{addon['id']}"
    try:
        job.send("PATCH", path, {"plan": f"{service}:{plan}"}, tried="change the plan of", target=addon["name"])
    except (Invalid, NotFound) as error:
        remedy = "Plans of one tier can be exchanged; between tiers the data has to be moved by hand."
        raise Invalid(error.tried, error.target, error.said, remedy) from error
    return await_addon(job, ground, addon)


def _find(job: Job, ground: AppState, addon: Row) -> Row | None:
    return job.find(f"/apps/{ground.id}/addons/{addon['id']}", tried="look at add-on", target=addon["name"])
