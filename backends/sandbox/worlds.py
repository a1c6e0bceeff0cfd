"""Which world the sandbox of this process is: chosen once, by the variable TUIENV_SANDBOX."""

from __future__ import annotations

import os
import threading

from tuienv.backends.base import Invalid
from tuienv.backends.sandbox.big import big_cloud
from tuienv.backends.sandbox.clock import WallClock
from tuienv.backends.sandbox.cloud import Cloud
from tuienv.backends.sandbox.demo import LATENCY, demo_cloud

VARIABLE = "TUIENV_SANDBOX"
WORLDS = "demo, empty, big"

_lock = threading.Lock()
_clouds: dict[str, Cloud] = {}


def process_cloud() -> Cloud:
    """The one world that all clients of this process share, made when first asked for.

    Raises `Invalid` if TUIENV_SANDBOX names none.
    """
    wanted = os.environ.get(VARIABLE) or "demo"
    with _lock:
        if wanted not in _clouds:
            _clouds[wanted] = make_cloud(wanted)
        return _clouds[wanted]


def make_cloud(text: str) -> Cloud:
    """A world as TUIENV_SANDBOX writes it: ``demo``, ``empty`` or ``big``, with numbers behind a colon, such as
    ``demo:speed=10`` or ``big:instances=500,environments=10,changes=50``. Raises `Invalid`."""
    name, _, rest = text.partition(":")
    numbers = _numbers(text, rest)
    clock = WallClock(numbers.pop("speed", 1.0))
    if name == "big":
        counts = {key: int(value) for key, value in numbers.items()}
        if not counts.keys() - {"instances", "environments", "changes"}:
            return big_cloud(**counts, clock=clock)
    elif name in ("demo", "empty") and not numbers.keys() - {"latency"}:
        latency = numbers.get("latency", LATENCY)
        return demo_cloud(clock, latency) if name == "demo" else Cloud(clock, latency=latency)
    raise _refused(text)


def _numbers(text: str, rest: str) -> dict[str, float]:
    pairs = dict(part.split("=", 1) for part in rest.split(",") if "=" in part) if rest else {}
    try:
        return {key: float(value) for key, value in pairs.items()}
    except ValueError as error:
        raise _refused(text) from error


def _refused(text: str) -> Invalid:
    return Invalid("make the sandbox", text, f"{VARIABLE} names no such world", f"The worlds are: {WORLDS}")
