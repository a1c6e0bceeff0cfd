"""Whether a database that runs lets in whom its connection is going to name.

A server takes its user, database and password when its files are made, and looks at the variables never again. Others
would go on with new ones that nobody is let in by.
"""

from __future__ import annotations

from collections.abc import Mapping

from tuienv.backends.base import Invalid, ProviderError
from tuienv.backends.docker.executing import attempt
from tuienv.backends.docker.job import Job
from tuienv.backends.docker.listing import list_layer
from tuienv.backends.docker.reading import Found
from tuienv.model import Address
from tuienv.text import plain

_REFUSED = ("authentication failed", "does not exist")


def check_access(job: Job, environment: Mapping[str, str]) -> None:
    """Raises `Invalid` if the server that runs refuses the user, database or password of `environment`, where they are
    other ones than it was started with."""
    for one in list_layer(job.client, Address(job.address.environment, job.address.layer)):
        if one.state == "running" and one.ip and _differ(job, one, environment):
            _try(job, one, environment)


def _differ(job: Job, one: Found, environment: Mapping[str, str]) -> bool:
    has = set(job.inspect(one.id, one.name)["Config"].get("Env") or ())
    wanted = {f"{key}={value}" for key, value in environment.items() if key.startswith("POSTGRES_")}
    return not wanted <= has


def _try(job: Job, one: Found, environment: Mapping[str, str]) -> None:
    """From its own address on the network: over loopback the server lets in anybody. What cannot be asked is no
    reason to leave it as it is."""
    who = ["-h", one.ip, "-U", environment["POSTGRES_USER"], "-d", environment["POSTGRES_DB"]]
    secret = {"PGPASSWORD": environment["POSTGRES_PASSWORD"], "PGCONNECT_TIMEOUT": "5"}
    try:
        _, printed = attempt(job.client, one.id, one.name, ["psql", *who, "-w", "-tAc", "select 1"], environment=secret)
    except ProviderError:
        return
    said = plain(printed.decode(errors="replace")).strip()
    if any(word in said for word in _REFUSED):
        remedy = "Its data has those it was made with: change them in the database (ALTER ROLE), then apply again."
        raise Invalid("update", job.address, said, remedy)
