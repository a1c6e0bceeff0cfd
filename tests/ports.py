"""Ports for what a test publishes, so that tests that run side by side do not take each other's."""

from __future__ import annotations

import os
import socket
from itertools import count

FIRST = 20_000
"""Below the range from which the kernel takes ports for outgoing connections (32768 and up, `ip_local_port_range`)."""
EACH = 1_000
"""Ports for each process of the test run."""

_next = count()


def free_port() -> int:
    """A port on loopback that nobody listens on, and that no other process of this test run is given."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    for number in _next:
        port = FIRST + worker * EACH + number % EACH
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
    raise AssertionError("count() has no end")
