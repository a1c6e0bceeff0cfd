"""Nothing happens: what that costs."""

from __future__ import annotations

import time
from collections.abc import Iterator

from tests.bench.crowd import NAME, Crowd
from tests.bench.programs import tuienv
from tests.bench.result import Finding, Result

LONG = 30.0


def idle(crowd: Crowd) -> Iterator[Finding]:
    """Containers that only exist, the screen open: bytes drawn and CPU used."""
    with tuienv().start(crowd.host) as terminal:
        terminal.wait_for(rf"{NAME}-\d\d\d")
        time.sleep(10)
        drawn, used = terminal.size, terminal.cpu()
        time.sleep(LONG)
        yield Result("Idle, nothing changing", "CPU", (terminal.cpu() - used) / LONG * 100, "% of a core", 1)
        yield Result("Idle, nothing changing", "drawn", terminal.size - drawn, "bytes", 0)
