"""Which containers an address means, and which of them start later."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tuienv.backends.base import NotFound
from tuienv.backends.docker.listing import list_containers
from tuienv.backends.docker.naming import address_of, is_stray
from tuienv.backends.docker_engine.client import ByteStream, Client
from tuienv.model import Address

READ = 65536
"""Bytes that are read at once at most."""

REST = 0.0005
"""Seconds after a read that did not fill the buffer. The engine writes a line at a time and wakes the reader for
each; for a reader that rests, some two hundred come at once, at half the price for both."""

REST_LIVE = 0.001
"""The same for a log that is followed: still some 250,000 lines a second, and nobody sees a millisecond."""


@dataclass(frozen=True, slots=True)
class Container:
    """A container and where it stands in the tree."""

    id: str
    address: Address


@dataclass(frozen=True, slots=True)
class Event:
    """`container` started, or has another name now (`renamed`), at engine time `at`."""

    container: Container
    at: float
    renamed: bool = False


def containers_of(client: Client, target: Address) -> list[Container]:
    """The containers of an instance, a layer or an environment, running or not. One request."""
    found = list_containers(client, target.environment, "read the log of", target)
    containers = [Container(each.id, each.address) for each in found if within(target, each.address)]
    return sorted(containers, key=lambda each: each.address)


def nothing_of(target: Address) -> NotFound:
    """The error where there is no container of a target."""
    remedy = f"`tuienv status {target.environment}` shows what there is."
    return NotFound("read the log of", target, "there is no such instance", remedy)


def open_log(
    client: Client,
    container: Container,
    *,
    tail: int | None,
    since: float | None,
    follow: bool = False,
    timestamps: bool = True,
) -> ByteStream:
    """One container's log as the engine sends it. Raises `NotFound`, `Unreachable`, `Invalid` if the engine does not
    keep this log."""
    params: dict[str, str | int | bool] = {
        "stdout": True,
        "stderr": True,
        "timestamps": timestamps,
        "follow": follow,
        "tail": "all" if tail is None else tail,
    }
    if since is not None:
        # A float cannot hold the engine's nanoseconds: rounded up, it would cut off the line it came from.
        params["since"] = f"{since - 1e-6:.9f}"
    path = f"/containers/{container.id}/logs"
    return client.stream(path, params, tried="read the log of", target=container.address)


def within(target: Address, address: Address) -> bool:
    """Whether an instance is the target, or a part of it."""
    return (
        address.environment == target.environment
        and target.layer in ("", address.layer)
        and target.instance in ("", address.instance)
    )


class Events:
    """What happens to the containers of a target from now on, told by the engine."""

    def __init__(self, client: Client, target: Address) -> None:
        self.target = target
        params = {"filters": {"type": ["container"], "event": ["start", "rename"]}}
        self.stream: ByteStream = client.stream("/events", params, tried="follow the log of", target=target)
        self._rest = b""

    def feed(self, data: bytes) -> list[Event]:
        """The events that are whole with what was read of the stream."""
        *messages, self._rest = (self._rest + data).split(b"\n")
        events = [event for message in messages if message.strip() and (event := _event(json.loads(message)))]
        return [event for event in events if within(self.target, event.container.address)]


def _event(message: Mapping[str, Any]) -> Event | None:
    """None for one whose labels may be its image's, so that nobody knows where it belongs."""
    attributes: Mapping[str, str] = message["Actor"]["Attributes"]
    name = attributes.get("name", "")
    if is_stray(attributes, name):
        return None
    container = Container(message["Actor"]["ID"], address_of(attributes, name))
    return Event(container, message["timeNano"] / 1e9, message["Action"] == "rename")
