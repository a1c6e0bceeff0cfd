"""What happened to the containers of a layer, as each tells it of itself.

The engine keeps 256 events for all containers together, health checks included, so that those of a layer are soon gone;
what a container knows of its own life stays as long as it does.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tuienv.backends.base import NotFound
from tuienv.backends.docker.listing import PARALLEL, list_layer
from tuienv.backends.docker.reading import Found, exit_status, parse_time
from tuienv.backends.docker_engine.client import Client
from tuienv.model import Address, Event
from tuienv.text import plain

MOST = 40
"""Containers that are asked at once, the youngest ones: each costs a request, and what is old is seldom asked for."""

LONGEST = 300
"""Characters of what a health check said."""


def events_of(client: Client, address: Address) -> list[Event]:
    """Newest first. Costs a request a container, for `MOST` of them, side by side. Raises `NotFound`."""
    found = list_layer(client, address)
    if not found:
        raise NotFound("read the events of", address, "there is no such layer", "`tuienv status` shows what there is.")
    youngest = sorted(found, key=lambda one: float(one.row.get("Created") or 0), reverse=True)[:MOST]
    with ThreadPoolExecutor(PARALLEL, "events") as pool:
        lives = pool.map(lambda one: list(_life(client, one)), youngest)
        return sorted((event for life in lives for event in life), key=lambda event: event.time, reverse=True)


def _life(client: Client, one: Found) -> Iterator[Event]:
    try:
        told = client.get(f"/containers/{one.id}/json", tried="inspect", target=one.name)
    except NotFound:
        return  # gone meanwhile, and what happened to it with it
    for at, text in told_by(told):
        time = parse_time(str(at or ""))
        if time is not None:
            yield Event(time, str(one.address), text)


def told_by(told: dict[str, Any]) -> list[tuple[object, str]]:
    """What an inspection tells of a container's life: when (as the engine writes it; its zero for never), and what."""
    state = told.get("State") or {}
    image = plain(str((told.get("Config") or {}).get("Image", "")))
    return [
        (told.get("Created"), f"created from {image}"),
        (state.get("StartedAt"), _started(told)),
        (state.get("FinishedAt"), _finished(state)),
        *_checks(state),
    ]


def _started(told: dict[str, Any]) -> str:
    restarts = int(told.get("RestartCount") or 0)
    return f"started by itself, for the {restarts}. time" if restarts else "started"


def _finished(state: dict[str, Any]) -> str:
    """How it ended. The engine forgets the exit code with the next start: what it has then is no success."""
    if state.get("Running") and not state.get("Restarting"):
        return "ended, as is seen from its start after that"
    if state.get("OOMKilled"):
        return "killed: out of memory"
    error = plain(str(state.get("Error", "")), LONGEST)
    return ", ".join(word for word in (exit_status(str(state.get("ExitCode", "")))[1], error) if word)


def _checks(state: dict[str, Any]) -> Iterator[tuple[object, str]]:
    """The last health checks that failed; the engine keeps five."""
    checks = (state.get("Health") or {}).get("Log") or []
    for check in checks:
        code = check.get("ExitCode")
        if code:
            said = plain(str(check.get("Output", "")).strip(), LONGEST)
            yield check.get("End"), f"health check failed: {said}" if said else f"health check failed with {code}"
