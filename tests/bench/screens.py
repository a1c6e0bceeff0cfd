"""Containers on the screen: how soon, at what cost at rest, and how soon an event shows."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping

from tests.bench.crowd import NAME, Crowd
from tests.bench.folders import empty_folder
from tests.bench.programs import Program, floor, tuienv
from tests.bench.result import Finding, NotMeasured, Result, median_of
from tests.bench.terminal import Terminal, cpu_seconds

PAINTS = 7
EVENTS = 9
REST = 15.0
SETTLE = 6.0
"""Seconds given to a program after its first paint, before it counts as at rest."""


def first_paint(crowd: Crowd, neighbours: Mapping[str, Program]) -> Iterator[Finding]:
    """From the program's start to the first container's name on the screen, 100 containers."""
    home = empty_folder()
    ours = tuienv(home=home)
    _remember(ours, crowd)
    warm = median_of(PAINTS, lambda: paint(ours, crowd))
    cold = median_of(PAINTS, lambda: paint(tuienv(), crowd))
    bare = median_of(PAINTS, lambda: paint(floor(), crowd))
    topic = "First container's name on screen, 100 containers"
    yield Result(topic, "never started here before", cold, "s", 1.4, "a bare Textual table", bare)
    yield Result(topic, "remembered tree", warm, "s", 1.4, "a bare Textual table", bare)
    for name, goal in (("whaletop", 0.55), ("lazydocker", 1.0)):
        if name not in neighbours:
            yield NotMeasured(topic, f"beside {name}", "it does not install here")
            continue
        theirs = median_of(PAINTS, lambda name=name: paint(neighbours[name], crowd))  # type: ignore[misc]
        yield Result(topic, "remembered tree", warm, "s", goal, name, theirs)
        if name == "whaletop":
            yield Result(topic, "never started here before", cold, "s", goal, name, theirs)


def whole_tree(crowd: Crowd) -> Iterator[Finding]:
    """From first paint to the last of 500 containers known, on a first start."""

    def lag() -> float:
        with tuienv().start(crowd.host) as terminal:
            first = terminal.wait_for(rf"{NAME}-\d\d\d")
            before = terminal.size
            terminal.send("G")
            last = terminal.wait_for(rf"{NAME}-500", since=before)
            return last - first

    yield Result("500 containers (100 running)", "whole tree after first paint", median_of(5, lag), "s", 0.3)


def at_rest(crowd: Crowd, neighbours: Mapping[str, Program]) -> Iterator[Finding]:
    """CPU of the program and of the engine while nothing happens, 500 containers."""
    topic = "At rest, 500 containers (100 running)"
    own, engine = rest(tuienv(), crowd)
    limits = {"whaletop": ("own CPU", 0.5), "lazydocker": ("engine's CPU", 0.4)}
    for name, (what, goal) in limits.items():
        if name not in neighbours:
            yield NotMeasured(topic, f"{what} beside {name}", "it does not install here")
            continue
        their_own, their_engine = rest(neighbours[name], crowd)
        value, base = (own, their_own) if what == "own CPU" else (engine, their_engine)
        yield Result(topic, what, value * 100, "% of a core", goal, name, base * 100)


def rest(program: Program, crowd: Crowd) -> tuple[float, float]:
    """Shares of a core that the program and the engine use while nothing happens."""
    with program.start(crowd.host) as terminal:
        terminal.wait_for(rf"{NAME}-\d\d\d")
        time.sleep(SETTLE)
        own, engine = terminal.cpu(), cpu_seconds(crowd.pid)
        time.sleep(REST)
        return (terminal.cpu() - own) / REST, (cpu_seconds(crowd.pid) - engine) / REST


def memory(crowd: Crowd) -> int:
    """Bytes in use once the tree is there."""
    with tuienv().start(crowd.host) as terminal:
        terminal.wait_for(rf"{NAME}-\d\d\d")
        time.sleep(SETTLE)
        return terminal.memory()


def events(crowd: Crowd, neighbours: Mapping[str, Program], goal: float, count: int) -> Iterator[Finding]:
    """From the engine's stamp of a container's start to the screen."""
    topic = f"Event to screen, {count} containers"
    ours = event_delay(tuienv(), crowd)
    if "lazydocker" not in neighbours:
        yield NotMeasured(topic, "beside lazydocker", "it does not install here")
        return
    theirs = event_delay(neighbours["lazydocker"], crowd)
    yield Result(topic, "a started container", ours, "s", goal, "lazydocker", theirs)


def event_delay(program: Program, crowd: Crowd) -> float:
    """The median over several containers that sort to the top. lazydocker has one there only while it runs; we show
    it before, and how it is in the same line."""
    running = "" if program.name == "lazydocker" else r"[^\n]{0,60}1/1"
    with program.start(crowd.host) as terminal:
        terminal.wait_for(rf"{NAME}-\d\d\d")
        time.sleep(SETTLE)
        numbers = iter(range(EVENTS))
        return median_of(EVENTS, lambda: _one_event(terminal, crowd, f"aaa-{next(numbers)}", running))


def paint(program: Program, crowd: Crowd) -> float:
    """Seconds from start to the first container's name."""
    with program.start(crowd.host) as terminal:
        return terminal.wait_for(rf"{NAME}-\d\d\d") - terminal.started


def _one_event(terminal: Terminal, crowd: Crowd, name: str, running: str) -> float:
    """Seconds from the engine's own stamp of the event to a running container of that name on the screen."""
    crowd.create(name)
    try:
        terminal.settle(0.4, 3)
        since = terminal.size
        crowd.start(name)
        shown = terminal.wait_for(name + running, since=since, timeout=30)
        wall = time.time() - time.perf_counter()
        return shown + wall - crowd.started_at(name)
    finally:
        crowd.remove(name)
        terminal.settle(0.3, 3)


def _remember(program: Program, crowd: Crowd) -> None:
    """Use it once and leave it in order, so that it has something to remember."""
    with program.start(crowd.host) as terminal:
        terminal.wait_for(rf"{NAME}-\d\d\d")
        time.sleep(SETTLE)
        terminal.send("q")
        terminal.process.wait(10)
