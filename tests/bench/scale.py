"""Ten thousand instances, a thousand of them changing every second."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

from tests.bench.folders import empty_folder
from tests.bench.picture import Picture
from tests.bench.programs import ROOT, Program
from tests.bench.result import Finding, Result, percentile
from tests.bench.terminal import Terminal

INSTANCES, CHANGES = 10_000, 1_000
KEYS = 120
TOPIC = f"{INSTANCES:,} instances in the sandbox, {CHANGES:,} changing every second"


def scale() -> Iterator[Finding]:
    """Cursor keys while all that changes, and the tick of the screen's process while all that loads."""
    folder = empty_folder()
    delays = folder / "delays"
    program = Program(
        "tuienv",
        (sys.executable, "-m", "tests.bench.ticking", str(delays), "demo"),
        {
            "TUIENV_HOME": str(folder),
            "TUIENV_SANDBOX": f"big:instances={INSTANCES},changes={CHANGES}",
            "PYTHONPATH": str(ROOT),
        },
    )
    with program.start() as terminal:
        terminal.settle(0.2, 10)
        time.sleep(8)
        picture = Picture()
        keys = [_cursor(terminal, picture, "j" if at // 20 % 2 == 0 else "k") for at in range(KEYS)]
        terminal.send("q")
        terminal.process.wait(15)
    ticks = [float(line) for line in delays.read_text().splitlines()]
    yield Result(TOPIC, "cursor keys answer within (p95)", percentile(keys, 0.95) * 1000, "ms", 50)
    yield Result(TOPIC, "5 ms tick of the screen late by (p99)", percentile(ticks, 0.99), "ms", 16)


def _cursor(terminal: Terminal, picture: Picture, key: str) -> float:
    """Seconds from the key to the cursor's bar on another row."""
    picture.take(terminal)
    row = picture.cursor_row()
    begin = terminal.send(key)
    end = begin + 5
    while time.perf_counter() < end:
        shown = terminal.wait_for_bytes(picture.taken)
        picture.take(terminal)
        if picture.cursor_row() != row:
            time.sleep(0.03)
            return shown - begin
    raise TimeoutError(f"the cursor did not move from row {row} after {key!r}")
