"""Releases: what they changed, and the two together with what else happened as events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tuienv.backends.heroku.client import Client, Row, parse_time
from tuienv.backends.heroku.facts import shown
from tuienv.backends.heroku.logs.session import read_lines
from tuienv.backends.heroku.looking import Looker
from tuienv.backends.heroku.marks import LayerMark
from tuienv.backends.heroku.naming import MARK
from tuienv.backends.heroku.state import Settled
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
        differences = _differences(configs[at + 1], configs[at]) if known else ()
        before = int(rows[at + 1]["version"]) if at + 1 < len(rows) else 0
        found.append(_release(row, target.mark, (*_code(target, rows, before, int(row["version"])), *differences)))
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


def _code(target: Target, rows: list[Row], before: int, after: int) -> Iterator[Difference]:
    """How the code of two versions differs, as far as it is noted which brought what."""
    known = Settled(releases=rows)
    old = target.mark.code.get(str(known.code_version(before)), {}) if before else {}
    new = target.mark.code.get(str(known.code_version(after)), {})
    for key in sorted(old.keys() | new.keys()) if new else ():
        if old.get(key) != new.get(key):
            yield Difference(key, old.get(key, ""), new.get(key, ""))


def _status(row: Row, mark: LayerMark) -> str:
    """In the API's words, and two of ours: what never got ready has failed, and there is no going back to no code."""
    if int(row["version"]) in mark.bad:
        return "failed"
    status = plain(str(row.get("status", "succeeded")))
    return status if row.get("eligible_for_rollback", True) or status != "succeeded" else "no code"


def _release(row: Row, mark: LayerMark, differences: tuple[Difference, ...]) -> Release:
    return Release(
        name=f"v{row['version']}",
        at=parse_time(row.get("created_at")),
        by=plain(str((row.get("user") or {}).get("email", ""))),
        description=plain(str(row.get("description", ""))),
        status=_status(row, mark),
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
