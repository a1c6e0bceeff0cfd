"""Five thousand ECS services, each call 50 ms away: the whole list, the screen while it loads, and what looking
costs."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.bench.cloud import CLUSTERS, SERVICES
from tests.bench.folders import empty_folder
from tests.bench.programs import ROOT, Program
from tests.bench.result import Finding, Result, percentile

TOPIC = f"{SERVICES:,} ECS services, 50 ms a call"
PAGES = 1 + 1 + 2 * CLUSTERS + SERVICES // 10 + SERVICES // 100
"""Of clusters, listed and described, of services and tasks listed, of services and tasks described."""
BESIDE = 11
"""Calls that find nothing else: load balancers, target groups, caches and their nodes, databases and their clusters,
groups, instances, stacks, marks, tags."""

SETTLES, LONG = 20.0, 60.0

LIST = """\
import json, time
from tuienv.backends.aws import open_backend
backend = open_backend()
backend.identity()
calls = []
backend.session.before_call = lambda *call: calls.append(call)
begin = time.perf_counter()
found = backend.discover()
took = time.perf_counter() - begin
print(json.dumps({"took": took, "calls": len(calls), "layers": sum(len(one.layers) for one in found)}))
"""


@dataclass(frozen=True)
class Cloud:
    """The stand-in, and what a program needs to find it."""

    variables: Mapping[str, str]
    calls: Path

    def asked(self, since: float) -> int:
        """Calls since then."""
        return sum(float(line) >= since for line in self.calls.read_text().splitlines())


@contextlib.contextmanager
def cloud() -> Iterator[Cloud]:
    """The stand-in, for as long as it is needed."""
    folder = empty_folder()
    port, calls = folder / "port", folder / "calls"
    server = subprocess.Popen([sys.executable, "-m", "tests.bench.cloud", str(port), str(calls)], cwd=ROOT)
    try:
        begin = time.monotonic()
        while not (port.exists() and port.read_text()):
            if time.monotonic() - begin > 10:
                raise TimeoutError("the stand-in for AWS did not come up")
            time.sleep(0.05)
        variables = {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port.read_text()}",
            "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "none",
            "AWS_REGION": "us-east-1",
            "AWS_CONFIG_FILE": str(folder / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials"),
            "TUIENV_HOME": str(folder / "home"),
            "PYTHONPATH": str(ROOT),
        }
        yield Cloud(variables, calls)
    finally:
        server.terminate()
        server.wait(10)


def services() -> Iterator[Finding]:
    """Without a screen, and with one."""
    with cloud() as there:
        yield from _whole_list(there)
        yield from _on_screen(there)


def _whole_list(there: Cloud) -> Iterator[Finding]:
    told = subprocess.run(
        [sys.executable, "-c", LIST], env={**there.variables}, check=True, capture_output=True, text=True, cwd=ROOT
    )
    found = json.loads(told.stdout)
    if found["layers"] != SERVICES:
        raise RuntimeError(f"{found['layers']} services were found")
    yield Result(TOPIC, "the whole list, once signed in", found["took"], "s", 2)
    yield Result(TOPIC, "calls beyond a call a page", found["calls"] - PAGES, "calls", BESIDE)


def _on_screen(there: Cloud) -> Iterator[Finding]:
    delays = Path(there.variables["TUIENV_HOME"]).parent / "delays"
    argv = (sys.executable, "-m", "tests.bench.ticking", str(delays), "--backend", "aws")
    with Program("tuienv", argv, there.variables).start() as terminal:
        terminal.wait_for(r"env-0\d")
        time.sleep(SETTLES)
        begin = time.time()
        time.sleep(LONG)
        rate = there.asked(begin) / LONG
        terminal.send("q")
        terminal.process.wait(15)
    ticks = [float(line) for line in delays.read_text().splitlines()]
    yield Result(TOPIC, "5 ms tick of the screen late by (p99)", percentile(ticks, 0.99), "ms", 16)
    yield Result(TOPIC, "calls of a screen that is only looked at", rate, "calls a second", 1)
