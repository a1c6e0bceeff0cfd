"""Config vars: set by PATCH, which merges; null takes one away. What changes is a release, and restarts the dynos."""

from __future__ import annotations

from tests.heroku_platform import errors
from tests.heroku_platform.resources import releases
from tests.heroku_platform.routes import Answer, Call, route


@route("GET", "/apps/{app}/config-vars")
def info(call: Call) -> Answer:
    return Answer(call.world.config_of(call.app))


@route("PATCH", "/apps/{app}/config-vars")
def update(call: Call) -> Answer:
    app, whole = call.app, call.world.config_of(call.app)
    attached = sorted(name for name in call.body if name in whole and name not in app.config)
    if attached:
        raise errors.invalid(f"Cannot overwrite attachment values {', '.join(attached)}.")
    changed = {name: value for name, value in call.body.items() if whole.get(name) != value}
    for name, value in changed.items():
        if value is None:
            app.config.pop(name, None)
        else:
            app.config[name] = value
    if changed:
        verb = "Remove" if all(value is None for value in changed.values()) else "Set"
        releases.release(call.world, app, call.account, f"{verb} {', '.join(changed)} config vars")
    return Answer(call.world.config_of(app))
