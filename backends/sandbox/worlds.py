"""Which world the sandbox of this process is: chosen once, by the variable TUIENV_SANDBOX."""

from __future__ import annotations

import os
import threading
from math import isfinite

from tuienv.backends.base import Invalid
from tuienv.backends.sandbox.big import big_cloud
from tuienv.backends.sandbox.clock import WallClock
from tuienv.backends.sandbox.cloud import Cloud
from tuienv.backends.sandbox.demo import LATENCY, demo_cloud

VARIABLE = "TUIENV_SANDBOX"
TAKES = {
    "demo": frozenset({"latency"}),
    "empty": frozenset({"latency"}),
    "big": frozenset({"instances", "environments", "changes"}),
}
"""The worlds, and the numbers that each takes beside ``speed``."""

MAY_BE_ZERO = frozenset({"latency", "changes"})

_lock = threading.Lock()
_clouds: dict[str, Cloud] = {}


def process_cloud(of: str = "") -> Cloud:
    """The one world that all clients of this process share, made when first asked for; or the empty one of somebody
    who is not at home there.

    Raises `Invalid` if TUIENV_SANDBOX names none.
    """
    wanted = os.environ.get(VARIABLE) or "demo"
    name = f"{wanted} of {of}" if of else wanted
    with _lock:
        if name not in _clouds:
            _clouds[name] = make_cloud("empty" if of else wanted)
        return _clouds[name]


def make_cloud(text: str) -> Cloud:
    """A world as TUIENV_SANDBOX writes it: ``demo``, ``empty`` or ``big``, with numbers behind a colon, such as
    ``demo:speed=10`` or ``big:instances=500,environments=10,changes=50``. Raises `Invalid`."""
    name, _, rest = text.partition(":")
    numbers = _numbers(text, rest)
    takes = TAKES.get(name)
    if takes is None or not numbers.keys() <= takes | {"speed"}:
        raise _refused(text)
    clock = WallClock(numbers.pop("speed", 1.0))
    if name == "big":
        return big_cloud(**{key: int(value) for key, value in numbers.items()}, clock=clock)
    latency = numbers.get("latency", LATENCY)
    return demo_cloud(clock, latency) if name == "demo" else Cloud(clock, latency=latency)


def _numbers(text: str, rest: str) -> dict[str, float]:
    """The numbers behind the colon; only `MAY_BE_ZERO` may be zero, and none less."""
    try:
        pairs = [part.split("=") for part in rest.split(",")] if rest else []
        numbers = {key: float(value) for key, value in pairs}
    except ValueError as error:
        raise _refused(text) from error
    if not all(
        isfinite(value) and (value > 0 or (key in MAY_BE_ZERO and value == 0)) for key, value in numbers.items()
    ):
        raise _refused(text)
    return numbers


def _refused(text: str) -> Invalid:
    return Invalid("make the sandbox", text, f"{VARIABLE} names no such world", f"The worlds are: {', '.join(TAKES)}")
