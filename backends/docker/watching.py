"""The engine's events as hints: one stream an engine, applied as they come, nothing listed again."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from tuienv.backends.base import Hint, ProviderError, Unreachable
from tuienv.backends.docker import naming
from tuienv.backends.docker.reading import exit_status, health_status
from tuienv.backends.docker.uptime import Lifetimes
from tuienv.backends.docker_engine.client import ByteStream, Client
from tuienv.model import Address, Instance, Status

QUIET = 1.8
"""Seconds of silence after which the engine is asked whether it lives. Asking is most of what an idle worker costs."""

PATIENCE = 0.9
"""Seconds it has to answer: an engine that accepts and does not answer counts as dead within three seconds."""

_CONTAINER = ("create", "start", "oom", "die", "pause", "unpause", "destroy", "rename", "update", "health_status")
_OTHER = ("remove",)
_FILTERS = {"type": ["container", "network", "volume"], "event": [*_CONTAINER, *_OTHER]}
"""What the engine sends. Its exec events, ten a second where there are health checks, never leave it."""

Event = Mapping[str, Any]


class EventReader:
    """Turns events into hints. It remembers which containers have a health check: their start is not yet health."""

    def __init__(self, lives: Lifetimes) -> None:
        self._lives = lives
        self._checked: set[str] = set()

    def read(self, event: Event) -> Hint | None:
        """The hint of one event; None for what changes nothing that is shown."""
        kind, action = event.get("Type"), str(event.get("Action", ""))
        actor = event.get("Actor") or {}
        if kind == "container":
            return self._container(action, str(actor.get("ID", "")), _attributes(actor), _time_of(event))
        if kind == "network":
            return _of_name(_attributes(actor).get("name", ""), "_default")
        return _of_name(str(actor.get("ID", "")), "-data", *naming.MARK_ENDINGS) if kind == "volume" else None

    def _container(self, action: str, container: str, attributes: Mapping[str, str], at: float) -> Hint | None:
        name = attributes.get("name", "")
        if naming.is_on_its_way(attributes, name) or (action == "create" and naming.is_made_here(attributes)):
            return None  # no instance yet: its renaming or its start will tell
        if naming.is_stray(attributes, name):
            return Hint()  # whose it is, its image says
        address = naming.address_of(attributes, name)
        if action == "destroy":
            self._lives.forget(container)
            self._checked.discard(container)
            return Hint(address.environment, address.layer, gone=str(address))
        if action == "oom" and not self._lives.starve(container):
            return None
        seen = self._seen(action, container, attributes)
        if seen is None or (naming.is_one_off(attributes) and action == "die"):
            return Hint(address.environment)
        if action == "start":
            self._lives.know(container, at)
        started = at if action == "start" else None
        return Hint(address.environment, address.layer, _instance(address, container, seen, attributes, started))

    def _seen(self, action: str, container: str, attributes: Mapping[str, str]) -> tuple[Status, str] | None:
        verb, _, rest = action.partition(":")
        if verb == "health_status":
            self._checked.add(container)
            return health_status(rest.strip())
        if verb == "start" and (container in self._checked or naming.CHECKED in attributes):
            return Status.STARTING, "health: starting"
        if verb == "die":
            return exit_status(attributes.get("exitCode", ""), starved=self._lives.has_starved(container))
        return _PLAIN.get(verb)


_PLAIN: Mapping[str, tuple[Status, str]] = {
    "create": (Status.STARTING, "created"),
    "start": (Status.RUNNING, ""),
    "pause": (Status.STOPPED, "paused"),
}
"""Events that say by themselves how a container is now. The others (unpause, rename, update, oom) are looked at."""


def _instance(
    address: Address, container: str, seen: tuple[Status, str], labels: Mapping[str, str], started: float | None
) -> Instance:
    return Instance(address.instance, container, *seen, started, facets=naming.facets_of(labels))


def _attributes(actor: Mapping[str, Any]) -> dict[str, str]:
    return {str(key): str(value) for key, value in (actor.get("Attributes") or {}).items()}


def _time_of(event: Event) -> float:
    return float(event.get("timeNano") or 0) / 1e9


def _of_name(name: str, *endings: str) -> Hint | None:
    """The environment of a network or a volume: its event has no labels, its name follows from the environment's."""
    if naming.is_anonymous(name):
        return None  # an anonymous volume: no environment's
    environment, mark, _ = name.partition("_")
    sure = mark and name.endswith(endings) and name.count("_") == 1
    return Hint(environment if sure else "")


class Watch:
    """The hints of one engine, from now on. `close` works from any thread.

    Raises `Unreachable` when the engine is gone: at once when it dies, within two seconds when it hangs.
    """

    def __init__(self, client: Client, lives: Lifetimes) -> None:
        self._stream: ByteStream = client.stream(
            "/events", {"filters": _FILTERS}, tried="watch", target="events", timeout=2 * PATIENCE
        )
        self._ping: Callable[[], object] = lambda: client.ping(PATIENCE)
        self._reader = EventReader(lives)
        self._ready: deque[Hint] = deque([Hint()])
        self._partial = b""

    def __iter__(self) -> Watch:
        return self

    def __next__(self) -> Hint:
        while not self._ready:
            self._wait()
        return self._ready.popleft()

    def close(self) -> None:
        self._stream.close()

    def _wait(self) -> None:
        data = self._stream.read(timeout=QUIET)
        if data is None:
            self._alive()
        elif data:
            self._take(data)
        elif self._stream.closed:
            raise StopIteration
        else:
            self._stream.close()
            raise Unreachable("watch", "events", "the engine ended the connection", "It is tried again by itself.")

    def _alive(self) -> None:
        try:
            self._ping()
        except ProviderError:
            if self._stream.closed:
                raise StopIteration from None
            self._stream.close()
            raise

    def _take(self, data: bytes) -> None:
        *lines, self._partial = (self._partial + data).split(b"\n")
        for line in lines:
            hint = self._reader.read(_parse(line))
            if hint is not None:
                self._ready.append(hint)


def _parse(line: bytes) -> Event:
    """One event; what is not one says nothing. Labels may hold anything, so bytes that are no UTF-8 are replaced."""
    try:
        event = json.loads(line.decode(errors="replace"))
    except ValueError:
        return {}
    return event if isinstance(event, dict) else {}
