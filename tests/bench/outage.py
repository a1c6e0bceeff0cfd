"""The engine killed, frozen and back: how soon the screen says so."""

from __future__ import annotations

import time
from collections.abc import Iterator

from tests.bench.crowd import NAME, Crowd
from tests.bench.programs import tuienv
from tests.bench.result import Finding, Result, median_of
from tests.bench.screens import SETTLE
from tests.docker_engine.daemon import Daemon

TIMES = 3


def outage(daemon: Daemon) -> Iterator[Finding]:
    """Kill, start, freeze and thaw an engine with some containers while the screen is open."""
    crowd = Crowd(daemon)
    killed, back = [], []
    for _ in range(TIMES):
        said, right = _kill_and_start(daemon)
        killed.append(said)
        back.append(right)
    numbers = iter(killed)
    yield Result("Engine killed", "said on the screen", median_of(TIMES, lambda: next(numbers)), "s", 0.3)
    again = iter(back)
    yield Result("Engine back", "right again after it answers", median_of(TIMES, lambda: next(again)), "s", 0.5)
    yield Result("Engine frozen (accepts, does not answer)", "said on the screen", _freeze(daemon), "s", 5.0)
    crowd.client.close()


def _kill_and_start(daemon: Daemon) -> tuple[float, float]:
    with tuienv().start(daemon.host) as terminal:
        terminal.wait_for(rf"{NAME}-\d\d\d")
        time.sleep(SETTLE)
        since = terminal.size
        begin = time.perf_counter()
        daemon.kill()
        said = terminal.wait_for("unknown", since=since) - begin
        terminal.settle(0.5, 5)
        since = terminal.size
        daemon.start()
        answers = time.perf_counter()
        right = terminal.wait_for("stopped|failed|exited|running", since=since) - answers
        return said, max(right, 0.0)


def _freeze(daemon: Daemon) -> float:
    with tuienv().start(daemon.host) as terminal:
        terminal.wait_for(rf"{NAME}-\d\d\d")
        time.sleep(SETTLE)
        since = terminal.size
        begin = time.perf_counter()
        daemon.pause()
        try:
            return terminal.wait_for("unknown", since=since) - begin
        finally:
            daemon.resume()
