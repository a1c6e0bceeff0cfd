"""A thousand Heroku apps: how soon the first are on the screen, the screen while the others load, and what looking
costs."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

from tests.bench.folders import empty_folder
from tests.bench.programs import ROOT, Program
from tests.bench.result import Finding, Result, percentile
from tests.bench.terminal import Terminal
from tests.heroku_platform import HerokuPlatform

APPS = 1_000
KEY = "key-of-user"
TOPIC = f"{APPS:,} Heroku apps"
SETTLES, LONG = 20.0, 60.0
AN_HOUR = 3600


def apps() -> Iterator[Finding]:
    """On a screen that is only looked at."""
    folder = empty_folder()
    delays = folder / "delays"
    with HerokuPlatform() as platform:
        account = platform.account(key=KEY)
        for number in range(APPS):
            platform.app(f"theirs-{number:04}", account)
        variables = {
            "HEROKU_HOST": platform.url,
            "HEROKU_API_KEY": KEY,
            "NETRC": str(folder / "netrc"),
            "TUIENV_HOME": str(folder / "home"),
            "PYTHONPATH": str(ROOT),
        }
        argv = (sys.executable, "-m", "tests.bench.ticking", str(delays), "--backend", "heroku")
        with Program("tuienv", argv, variables).start() as terminal:
            terminal.wait_for(r"theirs-\d{4}")
            _until_the_last(terminal)
            time.sleep(SETTLES)
            before = len(platform.recorder.requests)
            time.sleep(LONG)
            asked = len(platform.recorder.requests) - before
            terminal.send("q")
            terminal.process.wait(15)
    ticks = [float(line) for line in delays.read_text().splitlines()]
    yield Result(TOPIC, "5 ms tick of the screen late by (p99)", percentile(ticks, 0.99), "ms", 16)
    yield Result(TOPIC, "requests of a screen that is only looked at", asked * AN_HOUR / LONG, "requests an hour", 1000)


def _until_the_last(terminal: Terminal) -> None:
    """Go to the end of the tree again and again, while pages come, until the last app is there."""
    end = time.monotonic() + LONG
    while f"theirs-{APPS - 1:04}" not in terminal.text():
        if time.monotonic() > end:
            raise TimeoutError("not all apps were listed")
        terminal.send("G")
        terminal.settle(0.3, 1)
