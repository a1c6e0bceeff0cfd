"""Waiting until what was started is ready, and saying why when it never gets so."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from tuienv.backends.base import Conflict, NotFound, ProviderError
from tuienv.backends.docker.balancing import PAUSE
from tuienv.backends.docker.executing import Frames
from tuienv.backends.docker.job import Job
from tuienv.backends.docker.reading import Row
from tuienv.text import looks_secret, plain

GIVE_UP_AFTER = 3
"""Crashes after which nobody waits for the rest of the grace: the engine restarts it ever more slowly."""

LAST_LINES = 10


def wait_ready(job: Job, container: str, name: str, grace: float, checks: Sequence[Callable[[Row], str]] = ()) -> None:
    """Wait until it runs, its own health check passes, and every one of the `checks`, each given the container as
    inspected, has no reason left.

    Raises `Conflict` with the reason and its last log lines, if that takes longer than `grace` seconds.
    """
    job.say(f"wait for {name}")
    deadline, reason = time.monotonic() + grace, "nobody looked"
    while time.monotonic() <= deadline:
        inspected = _inspect(job, container, name)
        reason = not_ready(inspected) or next(filter(None, (check(inspected) for check in checks)), "")
        if not reason:
            return
        if _hopeless(inspected):
            break
        job.steps.pause(PAUSE)
    raise unhealthy(job, container, name, reason)


def not_ready(inspected: Row) -> str:
    """Why a container is not ready by its own state; empty if it is, or did what it was for and may end (what Compose
    starts for a migration)."""
    state = inspected.get("State") or {}
    if state.get("Status") == "exited" and state.get("ExitCode") == 0 and _may_end(inspected):
        return ""
    if state.get("Restarting") or not state.get("Running"):
        return f"it ended with exit code {state.get('ExitCode', '?')}"
    health = (state.get("Health") or {}).get("Status", "none")
    if health in ("none", "healthy"):
        return ""
    return f"its health check does not pass ({_last_probe(state)})"


def _last_probe(state: Row) -> str:
    probes = (state.get("Health") or {}).get("Log") or ()
    if not probes:
        return "it was not run yet"
    last = probes[-1]
    return f"exit code {last.get('ExitCode')}: {plain(str(last.get('Output', '')), 200)}".rstrip(": ")


def address_in(inspected: Row, network: str) -> str:
    """Its address on that network; empty if it is not on it. Somebody may have connected it to others as well."""
    networks = (inspected.get("NetworkSettings") or {}).get("Networks") or {}
    return str((networks.get(network) or {}).get("IPAddress") or "")


def _hopeless(inspected: Row) -> bool:
    state, restarts = inspected.get("State") or {}, int(inspected.get("RestartCount") or 0)
    ended = state.get("Status") in ("exited", "dead")
    return restarts >= GIVE_UP_AFTER or (ended and _policy(inspected) in ("no", ""))


def _may_end(inspected: Row) -> bool:
    return _policy(inspected) in ("no", "", "on-failure")


def _policy(inspected: Row) -> str:
    return str(((inspected.get("HostConfig") or {}).get("RestartPolicy") or {}).get("Name", "no"))


def _inspect(job: Job, container: str, name: str) -> dict[str, Any]:
    try:
        return job.inspect(container, name)
    except NotFound as error:
        said = "it was removed while it was starting"
        raise Conflict("start", name, said, "Apply again.") from error


def unhealthy(job: Job, container: str, name: str, reason: str) -> Conflict:
    """The error for what does not get ready: the reason and its last words."""
    lines = last_lines(job, container, name)
    said = "\n".join([f"{reason}; its last lines:" if lines else reason, *(f"  {line}" for line in lines)])
    return Conflict("start", name, said, "What served before still does. Mend it, then apply again.")


def last_lines(job: Job, container: str, name: str) -> list[str]:
    """The end of its log, cleaned, with the secrets it was given masked. Empty if there is none to be had."""
    params = {"stdout": True, "stderr": True, "tail": LAST_LINES}
    try:
        raw = job.client.send("GET", f"/containers/{container}/logs", params, tried="read the logs of", target=name)
    except ProviderError:
        return []  # the reason stands without them
    frames = Frames().feed(raw)
    text = b"".join(payload for _, payload in frames) if frames else raw
    return [_masked(plain(line, 300), job) for line in text.splitlines()[-LAST_LINES:] if line.strip()]


def _masked(line: str, job: Job) -> str:
    for key, value in job.inputs.environment.items():
        if len(value) >= 6 and looks_secret(key, value):
            line = line.replace(value, "••••")
    return line
