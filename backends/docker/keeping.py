"""What is kept with an environment on an engine: who made it, whether it is protected, and the lock on it.

Labels cannot be changed once a thing is made, so each mark that comes and goes is a volume of its own, empty, that
carries the labels. The engine makes a volume of a name once: who asks for it second is given the first one, labels and
all (Engine API, "Create a volume"), so that of two who want the lock one has it.

The account is a label on the network and the containers, and on no data: a volume that was carried to another engine
is at home there, and the environment that is made on it belongs to that engine.
"""

from __future__ import annotations

from contextlib import suppress

from tuienv.backends.base import NotFound, Unreachable
from tuienv.backends.docker import naming
from tuienv.backends.docker.reading import labels_of
from tuienv.backends.docker_engine.client import Client
from tuienv.model import Lock
from tuienv.text import plain

TRIES = 5
"""Locks that may come and go between making one and looking at it."""


def take_lock(client: Client, environment: str, lock: Lock) -> Lock:
    """Put it on, if there is none; gives the one that is on then."""
    name = naming.lock_name(environment)
    body = {"Name": name, "Labels": naming.lock_labels(environment, lock)}
    for _ in range(TRIES):
        client.call("POST", "/volumes/create", body=body, tried="lock", target=environment)
        # Read back: what the engine says of a volume that it was asked to make may still be what was asked for.
        there = _labels(client, name)
        if there is not None:
            return naming.lock_of(there) or Lock("", "somebody", lock.since, f"the volume {plain(name)} is in the way")
    raise Unreachable("lock", environment, "the lock was taken off as often as it was put on", "Try again.")


def drop_lock(client: Client, environment: str, token: str) -> None:
    """Take the lock of this token off; nothing if another one is on, or none."""
    name = naming.lock_name(environment)
    there = naming.lock_of(_labels(client, name) or {})
    if there is not None and there.token == token:
        _remove(client, name, "unlock", environment)


def protect(client: Client, environment: str, protected: bool) -> None:
    name = naming.protection_name(environment)
    there = _labels(client, name) is not None
    if protected and not there:
        body = {"Name": name, "Labels": naming.protection_labels(environment)}
        client.call("POST", "/volumes/create", body=body, tried="protect", target=environment)
    elif there and not protected:
        _remove(client, name, "unprotect", environment)


def _labels(client: Client, name: str) -> dict[str, str] | None:
    try:
        return labels_of(client.get(f"/volumes/{name}", tried="look at volume", target=name))
    except NotFound:
        return None


def _remove(client: Client, name: str, tried: str, environment: str) -> None:
    with suppress(NotFound):
        client.call("DELETE", f"/volumes/{name}", tried=tried, target=environment)
