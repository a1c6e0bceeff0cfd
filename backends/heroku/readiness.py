"""Waiting for dynos, and what they said last where they do not get ready."""

from __future__ import annotations

from collections.abc import Sequence

from tuienv.backends.base import Conflict, ProviderError
from tuienv.backends.heroku.client import Row
from tuienv.backends.heroku.failures import without
from tuienv.backends.heroku.job import Job
from tuienv.backends.heroku.logs.session import read_lines
from tuienv.backends.heroku.state import AppState
from tuienv.text import plain

BOOT = 60.0
"""Seconds that a web process has to listen on its port (Dev Center, "Web dyno boot timeout")."""
SPARE = 60.0
"""Seconds more: until a dyno is placed and its state is told."""
SAID_LINES = 8
READY = ("up", "idle")


def dynos_of(job: Job, app: AppState, process: str) -> list[Row]:
    rows = job.every(f"/apps/{app.id}/dynos", tried="list the dynos of", target=app.name)
    return [row for row in rows if row.get("type") == process]


def await_ready(job: Job, app: AppState, process: str, count: int, version: int = 0, grace: float = BOOT) -> None:
    """Wait until so many dynos are up, with that release or a later one. Raises `Conflict` with the last log lines if
    one crashes or none of this comes true."""

    def look() -> bool | None:
        rows = dynos_of(job, app, process)
        if any(row.get("state") == "crashed" and _version(row) >= version for row in rows):
            raise _unhealthy(job, app, process, "it crashed")
        ready = [row for row in rows if row.get("state") in READY and _version(row) >= version]
        return True if len(ready) == len(rows) == count else None

    def late() -> ProviderError:
        return _unhealthy(job, app, process, "it is not up in time")

    job.until(look, max(grace, BOOT) + SPARE, late)


def await_dyno(job: Job, app: AppState, process: str, row: Row) -> None:
    """Wait until another is up in the place of this dyno, whatever the others do. Raises `Conflict`."""

    def look() -> bool | None:
        rows = [one for one in dynos_of(job, app, process) if one["name"] == row["name"] and one["id"] != row["id"]]
        if any(one.get("state") == "crashed" for one in rows):
            raise _unhealthy(job, app, process, f"{row['name']} crashed")
        return True if any(one.get("state") in READY for one in rows) else None

    job.until(look, BOOT + SPARE, lambda: _unhealthy(job, app, process, f"{row['name']} is not up in time"))


def last_lines(job: Job, app: AppState, process: str) -> Sequence[str]:
    """The newest lines of a process type, clean and without the settings' values."""
    try:
        lines = read_lines(job.client, app.id, app.name, 100)
    except ProviderError:
        return ()
    secrets = (job.client.account.key, *job.inputs.environment.values())
    mine = [line for line in lines if line.process.partition(".")[0] == process]
    return [without(plain(line.raw), secrets) for line in mine[-SAID_LINES:]]


def _unhealthy(job: Job, app: AppState, process: str, what: str) -> Conflict:
    lines = " | ".join(last_lines(job, app, process))
    said = f"{process} of {app.name} does not get ready ({what}); its last lines: {lines}"
    return Conflict("start", job.address, said, "Mend the code or its settings, then apply again.")


def _version(row: Row) -> int:
    return int((row.get("release") or {}).get("version") or 0)
