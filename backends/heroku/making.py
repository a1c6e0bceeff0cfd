"""Making an app that is ours, so that after an interruption anywhere there is one, it is ours, and no other is taken.

An app comes into being under a passing name that nobody takes by chance, gets its mark, and then its own name. So an
app that bears its own name is either marked or not ours; and one that bears a passing name is ours though unmarked.
"""

from __future__ import annotations

from tuienv.backends.base import Conflict, Forbidden, NotFound, ProviderError
from tuienv.backends.heroku.client import Row
from tuienv.backends.heroku.job import Job, foreign
from tuienv.backends.heroku.naming import MARK, Mark, app_name, mark_of, passing_name
from tuienv.backends.heroku.options import text_option
from tuienv.backends.heroku.regions import check_stands, region_of
from tuienv.backends.heroku.state import AppState
from tuienv.model import Address

METRICS = "log-runtime-metrics"


def ensure_app(job: Job, layer: str, ground: AppState | None = None) -> AppState:
    """The app of a layer, beside its ground, or with an empty name the ground of the environment. Raises `Conflict` if
    its name is taken by an app that is not ours, `Invalid` if it is in another region than the file says."""
    address = Address(job.address.environment, layer)
    app = job.app_of(layer)
    if app is not None:
        check_stands(app.row, _wanted_region(job), address)
        return app
    name, passing = app_name(address, job.account), passing_name(address, job.account)
    _check_free(job, name, address)
    row = job.find(f"/apps/{passing}", tried="look for", target=passing)
    if row is None:
        job.say(f"create app {name}")
        region = _wanted_region(job) or (region_of(ground.row) if ground else "")
        body = {"name": passing, "region": region} if region else {"name": passing}
        row = job.send("POST", "/apps", body, tried="create app", target=name)
    check_stands(row, _wanted_region(job), address)
    _mark(job, row, address)
    if layer:
        _measure(job, row)
    row = _rename(job, row, name)
    mark, settled = job.looker.settled(row)
    return AppState(row, mark, settled)


def ensure_ground(job: Job) -> AppState:
    """The app that an environment stands on: its add-ons are billed to it, its marks lie on it, nothing runs there.

    So add-ons outlive the apps that use them, and there is a place for what must be written without a restart.
    """
    return ensure_app(job, "")


def _wanted_region(job: Job) -> str:
    """Where the file wants all of the environment to be; empty where it does not say."""
    return text_option(job.change.spec, "region") or str(job.change.options.get("region", ""))


def _check_free(job: Job, name: str, address: Address) -> None:
    """Raises `Conflict` if the name is taken: an app of that name that is marked as ours would have been found."""
    try:
        row = job.find(f"/apps/{name}", tried="look for", target=name)
    except Forbidden as error:
        raise foreign("create app", address, {"name": name}) from error
    if row is not None:
        raise foreign("create app", address, row)


def _mark(job: Job, row: Row, address: Address) -> None:
    """Write the mark. An app that already has variables of others under a passing name was not made by us."""
    config = job.config(str(row["id"]), str(row["name"]))
    if mark_of(row, config) is not None:
        return
    if config:
        raise foreign("create app", address, row)
    mark = Mark(address.environment, address.layer, str(row["id"]), job.account)
    job.set_config(AppState(row), {MARK: mark.written()})


def _measure(job: Job, row: Row) -> None:
    """Have the dynos' measurements written to the log; where the account may not, the app goes without."""
    path = f"/apps/{row['id']}/features/{METRICS}"
    try:
        if not job.get(path, tried="look at the features of", target=row["name"]).get("enabled"):
            job.send("PATCH", path, {"enabled": True}, tried="switch on metrics of", target=row["name"])
    except (NotFound, Forbidden):
        return


def _rename(job: Job, row: Row, name: str) -> Row:
    """Give it its own name. If that was taken meanwhile, the app goes again: it is ours, and empty."""
    path = f"/apps/{row['id']}"
    try:
        renamed: Row = job.send("PATCH", path, {"name": name}, tried="name app", target=name)
    except Conflict as error:
        job.send("DELETE", path, tried="delete app", target=row["name"])
        raise _taken(error) from error
    return renamed


def _taken(error: ProviderError) -> Conflict:
    remedy = "Names are shared by everybody on Heroku: give the layer or the environment another name."
    return Conflict("create app", error.target, error.said, remedy)
