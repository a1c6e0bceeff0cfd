"""How ``logs`` prints: for a person, for a program, or as JSON."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import click

from tuienv.cli.common import coloured
from tuienv.model import LogLine
from tuienv.redaction import redact
from tuienv.screens.sources import colour_of
from tuienv.text import LIMIT, log_line, plain

Printer = Callable[[list[LogLine]], None]
Copier = Callable[[bytes], None]

_HARMLESS = re.compile(rb"[ -~\n]*")
"""What a terminal shows as it is."""


def printer(*, json: bool, several: bool, timestamps: bool) -> Printer:
    """What prints a batch of lines to stdout, as fits what stdout is."""
    if json:
        return _as_json
    if sys.stdout.isatty():
        return partial(_for_people, several=several, timestamps=timestamps, coloured=coloured())
    if several or timestamps:
        return partial(_with_prefix, several=several, timestamps=timestamps)
    return _as_written


def copier() -> Copier:
    """What prints whole lines without times and sources to stdout, as fits what stdout is."""
    if not sys.stdout.isatty():
        return _write
    return partial(_copy_for_people, coloured=coloured())


def _write(data: bytes) -> None:
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def _as_written(lines: list[LogLine]) -> None:
    raws = [raw for _, _, raw in lines]
    raws.append(b"")
    _write(b"\n".join(raws))


def _with_prefix(lines: list[LogLine], *, several: bool, timestamps: bool) -> None:
    printed: list[bytes] = []
    for time, source, raw in lines:
        stamp = f"{when(time)} " if timestamps else ""
        name = f"{source} | " if several else ""
        printed.append((stamp + name).encode() + raw + b"\n")
    _write(b"".join(printed))


def _for_people(lines: list[LogLine], *, several: bool, timestamps: bool, coloured: bool) -> None:
    printed: list[str] = []
    for time, source, raw in lines:
        if timestamps:
            printed.append(_styled(f"{when(time)} ", "bright_black", coloured))
        if several:
            printed.append(_styled(f"{plain(source)} | ", colour_of(source), coloured))
        printed.append(f"{log_line(raw) if coloured else plain(raw)}\n")
    _write("".join(printed).encode("utf-8", "replace"))


def _copy_for_people(written: bytes, *, coloured: bool) -> None:
    lines = written.removesuffix(b"\n").split(b"\n")
    if not _HARMLESS.fullmatch(written) or max(map(len, lines)) > LIMIT:
        clean = log_line if coloured else plain
        written = "".join(f"{clean(line)}\n" for line in lines).encode("utf-8", "replace")
    _write(written)


def _styled(text: str, colour: str, coloured: bool) -> str:
    return click.style(text, fg=colour) if coloured else text


def _as_json(lines: list[LogLine]) -> None:
    objects = [
        json.dumps({"time": when(time), "source": source, "text": redact(raw.decode("utf-8", "replace"))})
        for time, source, raw in lines
    ]
    _write("".join(f"{each}\n" for each in objects).encode())


def when(time: float) -> str:
    """A line's time in UTC, to the millisecond: ``2026-11-23T08:00:00.123Z``."""
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
