"""Long orders that the engine tells about line by line while it carries them out: pulls, builds and pushes."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Iterator
from typing import Any

from tuienv.backends.base import Invalid, Steps, Unreachable
from tuienv.backends.docker_engine.client import ByteStream
from tuienv.text import plain

SILENCE = 300.0
"""Seconds without a word from a pull or a push after which it counts as lost."""

BUILD_SILENCE = 3600.0
"""The same for a build: a step says nothing for as long as its command prints nothing, a compiler for instance."""

LISTEN = 0.5
"""Seconds after which a cancellation is noticed while nothing is heard."""

LAST_LINES = 10
"""Lines of the output that a failure tells."""

_BETWEEN = (" ---> ", "Removing intermediate container ")

_DONE = frozenset({"Pull complete", "Already exists", "Pushed", "Layer already exists"})
"""What the engine says of a layer that is done with."""


def follow(
    stream: ByteStream, doing: str, target: str, steps: Steps, remedy: str = "", silence: float = SILENCE
) -> None:
    """Follow a pull, a build or a push to its end; cancelling it ends it, also while it says nothing. `steps` are told
    what is worth telling. Raises `Invalid` with what went wrong, the last lines of what was printed before, and the
    `remedy`; `Unreachable` after seconds of `silence`."""
    printed: deque[str] = deque(maxlen=LAST_LINES)
    try:
        for message in _messages(stream, doing, target, steps, silence):
            if failed := message.get("error"):
                raise Invalid(doing.partition(" ")[0], target, _told(plain(str(failed)).rstrip("."), printed), remedy)
            printed.extend(_lines_of(message))
            if text := _progress_of(message):
                steps.say(f"{doing}: {text}")
    finally:
        stream.close()


def _told(failure: str, printed: deque[str]) -> str:
    return "\n".join([f"{failure}; its last lines:", *(f"  {line}" for line in printed)]) if printed else failure


def _lines_of(message: dict[str, Any]) -> list[str]:
    """What a build printed, without what the builder says between its steps."""
    lines = str(message.get("stream", "")).splitlines()
    return [plain(line, 300) for line in lines if line.strip() and not line.startswith(_BETWEEN)]


def _messages(stream: ByteStream, doing: str, target: str, steps: Steps, silence: float) -> Iterator[dict[str, Any]]:
    partial = b""
    while data := _hear(stream, steps, silence):
        *lines, partial = (partial + data).split(b"\n")
        for line in lines:
            if line.strip():
                yield json.loads(line)
    if data is None:
        raise Unreachable(doing, target, f"nothing was heard for {silence:g} seconds", "Try again.")


def _hear(stream: ByteStream, steps: Steps, silence: float) -> bytes | None:
    """What is said next. The engine may break the connection when it is done, if there was padding at the end of an
    archive that it did not care to read; whether it was done is seen by whether the image is there."""
    deadline = time.monotonic() + silence
    try:
        while True:
            steps.pause(0)
            data = stream.read(timeout=LISTEN)
            if data is not None or time.monotonic() >= deadline:
                return data
    except Unreachable:
        return b""


def _progress_of(message: dict[str, Any]) -> str:
    """What is worth telling: the steps of a build, the layers of a pull or a push as they are done. Byte counts are
    not: there are hundreds a second."""
    if step := str(message.get("stream", "")).strip():
        return plain(step, 200) if step.startswith("Step ") else ""
    status, layer = str(message.get("status", "")), str(message.get("id", ""))
    return plain(f"{layer} {status.lower()}", 200) if status in _DONE else ""
