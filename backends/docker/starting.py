"""What starts, or has another name now, told by the engine: for whoever follows instances that come later."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tuienv.backends.docker.naming import address_of, is_stray
from tuienv.backends.docker_engine.client import ByteStream, Client
from tuienv.model import Address


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


class Events:
    """What happens to the containers that are `wanted` from now on. Open it before they are listed, so that what
    starts in between is not missed. `tried` and `target` say in errors what it is for."""

    def __init__(self, client: Client, wanted: Callable[[Address], bool], *, tried: str, target: object) -> None:
        self._wanted = wanted
        params = {"filters": {"type": ["container"], "event": ["start", "rename"]}}
        self.stream: ByteStream = client.stream("/events", params, tried=tried, target=target)
        self._rest = b""

    def feed(self, data: bytes) -> list[Event]:
        """The events that are whole with what was read of the stream."""
        *messages, self._rest = (self._rest + data).split(b"\n")
        events = [event for message in messages if message.strip() and (event := _event(json.loads(message)))]
        return [event for event in events if self._wanted(event.container.address)]


def _event(message: Mapping[str, Any]) -> Event | None:
    """None for one whose labels may be its image's, so that nobody knows where it belongs."""
    attributes: Mapping[str, str] = message["Actor"]["Attributes"]
    name = attributes.get("name", "")
    if is_stray(attributes, name):
        return None
    container = Container(message["Actor"]["ID"], address_of(attributes, name))
    return Event(container, message["timeNano"] / 1e9, message["Action"] == "rename")
