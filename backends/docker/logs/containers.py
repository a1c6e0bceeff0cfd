"""Which containers an address means, and which of them start later."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tuienv.backends.docker.client import ByteStream, Client
from tuienv.backends.docker.naming import PROJECT, address_of, is_project_name
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


def containers_of(client: Client, target: Address) -> list[Container]:
    """The containers of an instance, a layer or an environment, running or not. One request."""
    filters = {"label": [f"{PROJECT}={target.environment}"]} if is_project_name(target.environment) else {}
    params = {"all": True, "filters": filters}
    found = client.get("/containers/json", params, tried="read the log of", target=target)
    containers = [Container(each["Id"], address_of(each["Labels"] or {}, _name_of(each))) for each in found]
    return sorted((each for each in containers if within(target, each.address)), key=lambda each: each.address)


def within(target: Address, address: Address) -> bool:
    """Whether an instance is the target, or a part of it."""
    return (
        address.environment == target.environment
        and target.layer in ("", address.layer)
        and target.instance in ("", address.instance)
    )


def _name_of(summary: Mapping[str, Any]) -> str:
    # Links give a container names with a slash inside; its own name is the one without.
    names: list[str] = summary["Names"] or [summary["Id"][:12]]
    return next((name for name in names if "/" not in name[1:]), names[0])


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
        events = [_event(json.loads(message)) for message in messages if message.strip()]
        return [event for event in events if within(self.target, event.container.address)]


def _event(message: Mapping[str, Any]) -> Event:
    attributes: Mapping[str, str] = message["Actor"]["Attributes"]
    container = Container(message["Actor"]["ID"], address_of(attributes, attributes.get("name", "")))
    return Event(container, message["timeNano"] / 1e9, message["Action"] == "rename")
