"""Long orders that the engine tells about line by line while it carries them out: pulls and builds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tuienv.backends.base import Invalid, Unreachable
from tuienv.backends.docker.client import ByteStream
from tuienv.backends.docker.job import Job
from tuienv.text import plain

SILENCE = 300.0
"""Seconds without a word from a pull or a build after which it counts as lost."""


def follow(job: Job, stream: ByteStream, doing: str, target: str) -> None:
    """Follow a pull or a build to its end; cancelling it ends it. Raises `Invalid` with what went wrong."""
    try:
        for message in _messages(stream, doing, target):
            if failed := message.get("error"):
                raise Invalid(doing.partition(" ")[0], target, plain(str(failed)).rstrip("."), "")
            if text := _progress_of(message):
                job.say(f"{doing}: {text}")
    finally:
        stream.close()


def _messages(stream: ByteStream, doing: str, target: str) -> Iterator[dict[str, Any]]:
    partial = b""
    while data := _hear(stream):
        *lines, partial = (partial + data).split(b"\n")
        for line in lines:
            if line.strip():
                yield json.loads(line)
    if data is None:
        raise Unreachable(doing, target, f"nothing was heard for {SILENCE:g} seconds", "Try again.")


def _hear(stream: ByteStream) -> bytes | None:
    """What is said next. The engine may break the connection when it is done, if there was padding at the end of an
    archive that it did not care to read; whether it was done is seen by whether the image is there."""
    try:
        return stream.read(timeout=SILENCE)
    except Unreachable:
        return b""


def _progress_of(message: dict[str, Any]) -> str:
    """What is worth telling: the steps of a build, the layers of a pull as they are done. Byte counts are not: there
    are hundreds a second."""
    if step := str(message.get("stream", "")).strip():
        return plain(step, 200) if step.startswith("Step ") else ""
    status, layer = str(message.get("status", "")), str(message.get("id", ""))
    return plain(f"{layer} {status.lower()}", 200) if status in ("Pull complete", "Already exists") else ""
