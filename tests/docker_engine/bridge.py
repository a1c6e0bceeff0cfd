"""A network bridge for an engine: with docker0, two engines on one machine would take it from each other."""

from __future__ import annotations

from tests.docker_engine.leftovers import INTERFACES
from tests.docker_engine.machine import Unavailable, program, run

# RFC 1918, and far from the blocks that Docker gives to its networks.
SUBNET = "10.213.{}.1/24"


def make() -> str:
    """Make a bridge with the first free number, and return its name. Raises `Unavailable`."""
    for number in range(256):
        name = f"tuienv{number}"
        if not (INTERFACES / name).exists():
            ip("link", "add", name, "type", "bridge")
            ip("address", "add", SUBNET.format(number), "dev", name)
            ip("link", "set", name, "up")
            return name
    raise Unavailable("256 bridges of ours are in use on this machine")


def ip(*arguments: str) -> None:
    """Run iproute2's `ip`."""
    run([program("ip") or "ip", *arguments])
