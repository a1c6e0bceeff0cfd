"""How many dynos of which size: scale, resize, restart, stop and start."""

from __future__ import annotations

from dataclasses import replace

from tuienv.backends.base import Conflict, Invalid, NotFound
from tuienv.backends.heroku.client import Row
from tuienv.backends.heroku.job import Job
from tuienv.backends.heroku.readiness import await_dyno, await_ready, dynos_of
from tuienv.backends.heroku.sizes import check_tiers, dyno_of, tier_of
from tuienv.backends.heroku.state import AppState
from tuienv.backends.heroku.targets import Target
from tuienv.model import Address


def formation_update(address: Address, app: AppState, process: str, quantity: int | None, dyno: str) -> list[Row]:
    """What to send so that a process type has so many dynos of that size; nothing where it has. Raises `Invalid` for
    what the tiers forbid, and `NotFound` if the code of the app has no such process type."""
    row = app.process(process)
    if row is None:
        if app.types():
            known = ", ".join(app.types())
            raise NotFound("scale", address, f"its code has no process type {process}", f"It has: {known}.")
        check_first(address, process, dyno, quantity or 0)
        return []
    size = dyno or str(row.get("size", ""))
    count = int(row["quantity"]) if quantity is None else quantity
    update: Row = {}
    if count != int(row["quantity"]):
        update["quantity"] = count
    if size.lower() != str(row.get("size", "")).lower():
        update["dyno_size"] = {"name": size}
    others = [(str(one["type"]), str(one["size"])) for one in app.formation or () if int(one["quantity"])]
    check_tiers(address, process, size, count, others if count or "dyno_size" in update else ())
    if not update:
        return []
    # Types that do not run count as well where Heroku forbids to mix tiers, so they come along.
    along = [
        one for one in app.formation or () if one["type"] != process and tier_of(str(one["size"])) != tier_of(size)
    ]
    return [{"type": process, **update}, *({"type": one["type"], "dyno_size": {"name": size}} for one in along)]


def patch_formation(job: Job, app: AppState, updates: list[Row]) -> None:
    """Send it, if there is anything to send."""
    if not updates:
        return
    job.say(", ".join(_told(update) for update in updates))
    path = f"/apps/{app.id}/formation"
    job.send("PATCH", path, {"updates": updates}, tried="scale", target=job.address)


def scale(job: Job, target: Target) -> None:
    """So many dynos. To none is not to stop: nothing remembers how many there were then."""
    if job.change.replicas == 0 and target.ground is not None and target.mark.stopped:
        job.write_mark(target.ground, replace(target.mark, stopped=0))
    _to(job, target, job.change.replicas, "")


def resize(job: Job, target: Target) -> None:
    if job.change.size is None:
        raise Invalid("resize", job.address, "no size was named", "Name one with --size.")
    _to(job, target, None, dyno_of(job.change.size, job.address))


def restart(job: Job, target: Target) -> None:
    """One dyno after the other, each up before the next goes."""
    rows = sorted(dynos_of(job, target.app, target.process), key=lambda row: str(row["name"]))
    for row in rows:
        if job.address.instance in ("", str(row["name"]).rpartition(".")[2]):
            _restart_one(job, target, row)


def stop(job: Job, target: Target) -> None:
    """No dynos, and a note how many there were. Raises `Invalid` for an app of others, as there is no place to note it,
    and for one dyno of several."""
    if target.ground is None:
        said = "tuienv did not make this app and leaves no notes on it"
        raise Invalid("stop", job.address, said, "Scale it to 0, and back when it shall run.")
    app = job.live_app(target.app)
    row = app.process(target.process)
    count = int(row["quantity"]) if row else 0
    if count > 1 and job.address.instance:
        said = "Heroku starts another in the place of a dyno that is stopped alone"
        raise Invalid("stop", job.address, said, "Scale to one fewer, or stop the whole layer.")
    if count:
        job.write_mark(target.ground, replace(target.mark, stopped=count))
        _to(job, target, 0, "")


def start(job: Job, target: Target) -> None:
    """As many as there were before they were stopped; those that crashed are started again."""
    app = job.live_app(target.app)
    row = app.process(target.process)
    if row is not None and int(row["quantity"]):
        for dyno in dynos_of(job, app, target.process):
            if dyno.get("state") in ("crashed", "down"):
                _restart_one(job, target, dyno)
        return
    _to(job, target, target.mark.stopped or 1, "")


def _to(job: Job, target: Target, quantity: int | None, dyno: str) -> None:
    app = job.live_app(target.app)
    if app.process(target.process) is None:
        raise Conflict("scale", job.address, "no code was released there yet", "Apply its file first.")
    patch_formation(job, app, formation_update(job.address, app, target.process, quantity, dyno))
    row = app.process(target.process) or {}
    await_ready(job, app, target.process, int(row["quantity"]) if quantity is None else quantity)


def _restart_one(job: Job, target: Target, row: Row) -> None:
    """Until it is up again: the others may be down as well, and their turn comes."""
    job.say(f"restart {row['name']}")
    path = f"/apps/{target.app.id}/dynos/{row['name']}"
    job.send("DELETE", path, tried="restart", target=f"{target.app.name} {row['name']}")

    def anew() -> bool | None:
        now = dynos_of(job, target.app, target.process)
        return None if any(one["id"] == row["id"] for one in now) else True

    late = Conflict("restart", job.address, f"{row['name']} does not go down", "Restart it again.")
    job.until(anew, 60.0, lambda: late)
    await_dyno(job, target.app, target.process, row)


def check_first(address: Address, process: str, dyno: str, quantity: int) -> None:
    """Before code was released, so that nothing is half made: new apps get the tier that has one dyno a type."""
    if not dyno and quantity > 1:
        said = f"{quantity} of {process} are wanted and no size, and the size of a new app runs one of a kind"
        raise Invalid("create", address, said, "Write a size with several, such as size: small (standard-1x).")
    check_tiers(address, process, dyno, quantity, ())


def _told(update: Row) -> str:
    parts = [str(update["quantity"])] if "quantity" in update else []
    parts += [update["dyno_size"]["name"]] if "dyno_size" in update else []
    return f"{update['type']}: {' '.join(parts)}"
