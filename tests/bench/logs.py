"""Logs: a million finished lines, and a container that writes as fast as it can."""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.bench.crowd import Crowd
from tests.bench.programs import ROOT, tuienv
from tests.bench.result import Finding, Result, median_of, percentile
from tests.bench.terminal import Terminal

IMAGE = "python:3.11-slim"
LINES = 1_000_000
MILLION, FLOOD = "million", "flood"
FILL = "x" * 80
WRITE = f"import sys\nfor at in range(1, {LINES} + 1): sys.stdout.write(f'line {{at:07}} . {FILL}\\n')"
FLOW = f"import sys, time\nwhile True: sys.stdout.write(f'at {{time.time():.3f}} {FILL}\\n' * 100)"
STAMP = re.compile(r"at (\d{10}\.\d{3})")
FLOOD_SECONDS = 14.0
KEY_EVERY = 0.35
SHOWN = 5
"""Times that the million lines are shown."""


def million(crowd: Crowd) -> Iterator[Finding]:
    """A finished log of a million lines of about 100 bytes."""
    _start(crowd, MILLION, WRITE)
    crowd.client.api.wait(MILLION, timeout=300)
    topic = "A finished log of a million lines"
    shown, grown = map(statistics.median, zip(*(_show_million(crowd) for _ in range(SHOWN)), strict=True))
    yield Result(topic, "last line on the screen", shown, "s", 0.15)
    yield Result(topic, "memory grows by", grown, "MiB", 20)
    yield from _read_through(crowd, topic)


def flood(crowd: Crowd) -> Iterator[Finding]:
    """A container that writes flat out, followed on the screen."""
    _start(crowd, FLOOD, FLOW)
    with tuienv().start(crowd.host) as terminal:
        select(terminal, FLOOD)
        terminal.send("l")
        terminal.wait_for(STAMP.pattern)
        time.sleep(3)
        used, begin, since = terminal.cpu(), time.perf_counter(), terminal.size
        delays, lags = _watch(terminal)
        share = (terminal.cpu() - used) / (time.perf_counter() - begin)
        counted = "skipped" in terminal.text(since)
    crowd.remove(FLOOD)
    topic = "A container that writes flat out"
    yield Result(topic, "behind (p95)", percentile(lags, 0.95), "s", 1.0)
    yield Result(topic, "CPU, all processes", share * 100, "% of a core", 40)
    yield Result(topic, "keys answer within (p95)", percentile(delays, 0.95) * 1000, "ms", 50)
    yield Result(topic, "what was skipped is not counted on the screen", float(not counted), "times", 0)


def select(terminal: Terminal, name: str) -> None:
    """Put the cursor on the container of that name, by the tree's own filter."""
    terminal.wait_for(name)
    terminal.send("/")
    terminal.settle(0.3, 3)
    terminal.send(name)
    terminal.settle(0.3, 3)
    terminal.send("\r")
    terminal.settle(0.5, 3)


def _show_million(crowd: Crowd) -> tuple[float, float]:
    """Seconds from the key to the last line, and MiB that the programs grew by."""
    with tuienv().start(crowd.host) as terminal:
        select(terminal, MILLION)
        before, since = terminal.memory(), terminal.size
        begin = terminal.send("l")
        shown = terminal.wait_for(f"line {LINES:07}", since=since) - begin
        time.sleep(2)
        return shown, (terminal.memory() - before) / 1024**2


def _read_through(crowd: Crowd, topic: str) -> Iterator[Finding]:
    """A log read to its end, from the engine's own file and, as `--since` makes it, by asking the engine."""
    ours = (str(Path(sys.executable).parent / "tuienv"), "logs", f"_docker/{MILLION}")

    def seconds(*argv: str) -> float:
        return median_of(3, lambda: _read_all(argv, crowd.host))

    theirs, read = seconds("docker", "logs", MILLION), seconds(*ours, "--tail", "all")
    yield Result(topic, "read through on the command line", read, "s", 0.6, "docker logs", theirs)
    least, asked = seconds(sys.executable, "-m", "tests.bench.discard", MILLION), seconds(*ours, "--since", "1d")
    what = "the same where the engine's files are out of reach"
    yield Result(topic, what, asked, "s", 1.2, "a reader that throws it away", least)


def _watch(terminal: Terminal) -> tuple[list[float], list[float]]:
    """Pause and go on again and again: how soon it shows, and how old the newest line on the screen is."""
    delays, lags = [], []
    end = time.perf_counter() + FLOOD_SECONDS
    while time.perf_counter() < end:
        since = terminal.size
        lines = STAMP.findall(terminal.text(max(0, since - 200_000)))
        if lines:
            lags.append(time.time() - max(map(float, lines)))
        for sign in ("paused", "live"):
            before = terminal.size
            begin = terminal.send(" ")
            delays.append(terminal.wait_for(sign, since=before) - begin)
            terminal.settle(0.1, KEY_EVERY)
    return delays, lags


def _start(crowd: Crowd, name: str, program: str) -> None:
    identity = crowd.client.api.create_container(IMAGE, command=["python", "-c", program], name=name)["Id"]
    crowd.client.api.start(identity)


def _read_all(argv: Sequence[str], host: str) -> float:
    """Seconds that a command takes to read a log to its end into nothing."""
    begin = time.perf_counter()
    environment = {"DOCKER_HOST": host, "PATH": "/usr/local/bin:/usr/bin:/bin"}
    subprocess.run(argv, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return time.perf_counter() - begin
