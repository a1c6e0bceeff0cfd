"""Which containers an address means, and the log of each."""

from __future__ import annotations

from tuienv.backends.base import NotFound
from tuienv.backends.docker.listing import list_containers
from tuienv.backends.docker.starting import Container
from tuienv.backends.docker_engine.client import ByteStream, Client
from tuienv.model import Address

READ = 65536
"""Bytes that are read at once at most."""

REST = 0.0005
"""Seconds after a read that did not fill the buffer. The engine writes a line at a time and wakes the reader for
each; for a reader that rests, some two hundred come at once, at half the price for both."""

REST_LIVE = 0.001
"""The same for a log that is followed: still some 250,000 lines a second, and nobody sees a millisecond."""


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
