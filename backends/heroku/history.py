"""Releases: what they changed, and the two together with what else happened as events."""

from __future__ import annotations

from collections.abc import Mapping

from tuienv.backends.heroku.client import Client, Row, parse_time
from tuienv.backends.heroku.facts import shown
from tuienv.backends.heroku.logs.session import read_lines
from tuienv.backends.heroku.looking import Looker
from tuienv.backends.heroku.naming import MARK
from tuienv.backends.heroku.targets import Target, find_target
from tuienv.model import Address, Difference, Event, Kind, Release
from tuienv.text import plain

PAGE = 25
COMPARED = 5
"""Of so many releases it is told which variables they changed: that costs a request each."""

EVENT_LINES = 500


def releases_of(client: Client, looker: Looker, address: Address) -> list[Release]:
    """The newest releases of a layer's app, newest first. Raises `NotFound`."""
    target = find_target(looker, address, "list the releases of")
    if target.kind is not Kind.APP:
        return []
    rows = _rows(client, target)
    configs = [_config(client, target, row) for row in rows[: COMPARED + 1]]
    found = []
    for at, row in enumerate(rows):
        known = at + 1 < len(configs)
        found.append(_release(row, _differences(configs[at + 1], configs[at]) if known else ()))
    return found


def events_of(client: Client, looker: Looker, address: Address) -> list[Event]:
    """What happened to a layer, newest first: its app's releases, and what Heroku itself wrote into its log. Raises
    `NotFound`."""
    target = find_target(looker, address, "list the events of")
    source = str(address.parent if address.instance else address)
    found = [
        Event(at, source, f"v{row['version']} {plain(str(row.get('description', '')))}")
        for row in _rows(client, target)
        if (at := parse_time(row.get("created_at"))) is not None
    ]
    for line in read_lines(client, target.app.id, target.app.name, EVENT_LINES, source="heroku"):
        process = line.process.partition(".")[0]
        if process == target.process and not line.raw.startswith(b"source="):
            found.append(Event(line.time, f"{source}/{line.process.partition('.')[2]}".rstrip("/"), plain(line.raw)))
    return sorted(found, key=lambda event: -event.time)


def _rows(client: Client, target: Target) -> list[Row]:
    path = f"/apps/{target.app.id}/releases"
    return client.latest(path, PAGE, tried="list the releases of", target=target.address)


def _release(row: Row, differences: tuple[Difference, ...]) -> Release:
    return Release(
        name=f"v{row['version']}",
        at=parse_time(row.get("created_at")),
        by=plain(str((row.get("user") or {}).get("email", ""))),
        description=plain(str(row.get("description", ""))),
        status=plain(str(row.get("status", "succeeded"))),
        current=bool(row.get("current")),
        differences=differences,
    )


def _config(client: Client, target: Target, row: Row) -> Mapping[str, str]:
    path = f"/apps/{target.app.id}/releases/{row['id']}/config-vars"
    return client.get(path, tried="read the settings of", target=f"v{row['version']} of {target.app.name}") or {}


def _differences(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Difference, ...]:
    keys = sorted(key for key in before.keys() | after.keys() if not key.startswith(MARK))
    return tuple(
        Difference(f"environment.{key}", _shown(key, before), _shown(key, after))
        for key in keys
        if before.get(key) != after.get(key)
    )


def _shown(key: str, values: Mapping[str, str]) -> str:
    return shown(key, values[key]) if key in values else ""
