"""From a change to the room where it is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from tuienv.backends.base import Conflict, Invalid, NotFound
from tuienv.backends.heroku import formation
from tuienv.backends.heroku.addons import delete_addon, make_addon, resize_addon
from tuienv.backends.heroku.apps import digests, make_app, set_variables
from tuienv.backends.heroku.job import Job
from tuienv.backends.heroku.keeping import KEPT
from tuienv.backends.heroku.making import ensure_ground
from tuienv.backends.heroku.readiness import await_ready
from tuienv.backends.heroku.reading import holds_data
from tuienv.backends.heroku.releasing import roll_back
from tuienv.backends.heroku.routing import delete_router, make_router
from tuienv.backends.heroku.state import AppState
from tuienv.backends.heroku.targets import Target, find_target
from tuienv.model import Action, Kind

_MAKE: Mapping[Kind, Callable[[Job], None]] = {
    Kind.APP: make_app,
    Kind.CACHE: make_addon,
    Kind.DATABASE: make_addon,
    Kind.LOAD_BALANCER: make_router,
}


def make_change(job: Job) -> None:
    """Make one change and wait until it is done. Raises the contract's errors."""
    change = job.change
    if not change.address.layer:
        _ground(job)
    elif change.action is Action.DELETE:
        _delete(job)
    elif change.spec is not None and change.action in (Action.CREATE, Action.UPDATE):
        _MAKE[change.spec.kind](job)
    else:
        _operate(job, find_target(job.looker, change.address, str(change.action)))


# --- live layers ------------------------------------------------------------------------------------------------


def _operate(job: Job, target: Target) -> None:
    if job.change.action is Action.RESIZE and target.addon is not None:
        resize_addon(job, target)
        return
    if target.kind is not Kind.APP:
        said = "Heroku runs it by itself"
        raise Invalid(str(job.change.action), job.address, said, "Add-ons have plans: resize them.")
    if job.change.action not in _LIVE:
        raise Invalid(str(job.change.action), job.address, "Heroku has no such operation")
    _LIVE[job.change.action](job, target)


def _configure(job: Job, target: Target) -> None:
    """Set and unset variables of a live app. A variable that comes from an add-on is not to be set by hand."""
    settings = dict(job.change.settings)
    bound = sorted(key for key in settings if target.app.settled.attached(key))
    if bound:
        said = f"{', '.join(bound)} come from an add-on"
        raise Invalid("configure", job.address, said, "Detach the add-on first, or choose another name.")
    app = _with_settings(job, target)
    set_variables(job, app, settings, unset_others=False)
    if target.ground is not None:
        kept = {key: value for key, value in target.mark.values.items() if key not in settings}
        values = {**kept, **digests({key: value for key, value in settings.items() if value is not None})}
        job.write_mark(target.ground, replace(target.mark, facets=dict(job.change.facets), values=values))
    _await(job, target, _with_settings(job, target).settled.version)


def _rollback(job: Job, target: Target) -> None:
    version = job.change.release.lstrip("v")
    if not version.isdecimal():
        said = f"{job.change.release!r} is no release"
        raise Invalid("go back to", job.address, said, "Releases are called v12: see tuienv releases.")
    _await(job, target, roll_back(job, target.app, int(version)))


def _await(job: Job, target: Target, version: int) -> None:
    row = job.live_app(target.app).process(target.process)
    await_ready(job, target.app, target.process, int(row["quantity"]) if row else 0, version)


def _with_settings(job: Job, target: Target) -> AppState:
    """The app with its variables as they are now; others' are read for this alone."""
    if target.ours:
        return replace(target.app, settled=job.looker.settled(target.app.row)[1])
    settled = target.app.settled
    return replace(target.app, settled=replace(settled, config=job.config(target.app.id, target.app.name)))


_LIVE: Mapping[Action, Callable[[Job, Target], None]] = {
    Action.SCALE: formation.scale,
    Action.RESIZE: formation.resize,
    Action.RESTART: formation.restart,
    Action.STOP: formation.stop,
    Action.START: formation.start,
    Action.UPDATE: _configure,
    Action.ROLLBACK: _rollback,
}


# --- the ground, and what goes ----------------------------------------------------------------------------------


def _ground(job: Job) -> None:
    if job.change.action is Action.DELETE:
        _delete_ground(job)
        return
    ground = ensure_ground(job)
    if KEPT in ground.settled.config:
        job.set_config(ground, {KEPT: None})


def _delete_ground(job: Job) -> None:
    """The ground goes with the last of what stands on it; while add-ons keep data there, it stays for them."""
    ground = job.app_of("")
    if ground is None:
        return
    if job.looker.addons_on(ground):
        if KEPT not in ground.settled.config:
            job.say(f"keep app {ground.name}: add-ons with data are billed to it")
            job.set_config(ground, {KEPT: "yes"})
        return
    job.say(f"delete app {ground.name}")
    job.send("DELETE", f"/apps/{ground.id}", tried="delete app", target=ground.name)


def _delete(job: Job) -> None:
    """What is gone already was to go. Only an app with our mark, and its own UUID in it, is deleted."""
    ground, app = job.app_of(""), job.app_of(job.address.layer)
    if app is not None:
        _delete_app(job, app)
    mark = job.layer_mark(ground) if ground is not None else None
    if ground is None or mark is None:
        return
    if mark.kind is Kind.LOAD_BALANCER:
        delete_router(job, ground, mark)
    elif mark.kind is Kind.APP:
        job.write_mark(ground, None)
    else:
        delete_addon(job, ground)


def _delete_app(job: Job, app: AppState) -> None:
    """Raises `Conflict` if data of others would go with it: the add-ons that an app pays for do."""
    data = [addon for addon in job.looker.addons_on(app) if holds_data(addon)]
    if data and not job.change.delete_data:
        names = ", ".join(str(addon["name"]) for addon in data)
        said = f"{names} would go with it: it is billed to this app"
        raise Conflict("delete app", app.name, said, "Delete it with its data, or move the data first.")
    job.say(f"delete app {app.name}")
    try:
        job.send("DELETE", f"/apps/{app.id}", tried="delete app", target=app.name)
    except NotFound:
        return
