"""Marks that are kept with an environment: the account, the protection and the lock, as config vars on its ground.

Nothing runs on the ground, so that writing them restarts nothing. Heroku has no "write if it is still so". It has
something as good: each change of config vars is a release, and releases are numbered in the one order in which they
were made. Whoever wants the lock writes a var of their own and then reads which locks there are: the one whose
release came first holds, and the others take theirs off again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence

from tuienv.backends.heroku.client import Client, Row
from tuienv.backends.heroku.looking import Looker
from tuienv.backends.heroku.naming import MARK
from tuienv.backends.heroku.state import AppState
from tuienv.model import Lock, Marks
from tuienv.text import plain

PROTECTED = f"{MARK}_PROTECTED"
KEPT = f"{MARK}_KEPT"
"""The environment was torn down, and its ground stays for the add-ons that hold its data."""
LOCK = f"{MARK}_LOCK_"
RELEASES = 100


def marks_of(ground: AppState | None) -> Marks:
    """What is kept on a ground, as it was read."""
    if ground is None or ground.mark is None:
        return Marks()
    config = ground.settled.config
    return Marks(plain(ground.mark.account), PROTECTED in config, holder(config, ground.settled.releases))


def lock_variable(token: str) -> str:
    return LOCK + hashlib.sha256(token.encode()).hexdigest()[:12].upper()


def written(lock: Lock) -> str:
    return json.dumps({"token": lock.token, "holder": lock.holder, "since": lock.since, "why": lock.why})


def holder(config: Mapping[str, str], releases: Sequence[Row]) -> Lock | None:
    """The lock that holds: the one that was put on first. One older than the releases that are known came first."""
    found = {key: lock for key, text in config.items() if key.startswith(LOCK) and (lock := _read(text)) is not None}
    first = min(found, key=lambda key: (_version(key, releases), key), default=None)
    return None if first is None else found[first]


def take_lock(client: Client, looker: Looker, environment: str, lock: Lock) -> Lock:
    """Put this lock on, if there is none; gives the one that is on then. Where no ground is, there is no place for it,
    and it is given back as if it were on."""
    ground = _ground(looker, environment)
    if ground is None:
        return lock
    config = _config(client, ground)
    if not any(key.startswith(LOCK) for key in config):
        _set(client, ground, {lock_variable(lock.token): written(lock)})
        config = _config(client, ground)
    path = f"/apps/{ground.id}/releases"
    releases = client.latest(path, RELEASES, tried="list the releases of", target=ground.name)
    first = holder(config, releases) or lock
    if first.token != lock.token and lock_variable(lock.token) in config:
        _set(client, ground, {lock_variable(lock.token): None})
    return first


def drop_lock(client: Client, looker: Looker, environment: str, token: str) -> None:
    """Take the lock with this token off; nothing if it is not on."""
    ground = _ground(looker, environment)
    if ground is not None and lock_variable(token) in _config(client, ground):
        _set(client, ground, {lock_variable(token): None})


def protect(client: Client, looker: Looker, environment: str, *, protected: bool) -> None:
    """Put the protection on or take it off."""
    ground = _ground(looker, environment)
    if ground is not None and (PROTECTED in _config(client, ground)) is not protected:
        _set(client, ground, {PROTECTED: "yes" if protected else None})


def _ground(looker: Looker, environment: str) -> AppState | None:
    apps = looker.marked(looker.apps(), environment)
    return next((app for app in apps if app.mark and not app.mark.layer), None)


def _config(client: Client, ground: AppState) -> dict[str, str]:
    return client.get(f"/apps/{ground.id}/config-vars", tried="read the marks on", target=ground.name) or {}


def _set(client: Client, ground: AppState, values: Mapping[str, str | None]) -> None:
    client.call("PATCH", f"/apps/{ground.id}/config-vars", values, tried="write the marks on", target=ground.name)


def _version(key: str, releases: Sequence[Row]) -> int:
    """The version of the release that brought a var; the newest of them, as it may have been taken off between."""
    versions = [int(row["version"]) for row in releases if key in str(row.get("description", ""))]
    return max(versions, default=0)


def _read(text: str) -> Lock | None:
    try:
        found = json.loads(text)
        return Lock(str(found["token"]), plain(str(found["holder"])), float(found["since"]), plain(str(found["why"])))
    except (ValueError, TypeError, KeyError):
        return None
