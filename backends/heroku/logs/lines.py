"""The lines of Logplex: ``2026-01-01T12:00:00.000000+00:00 app[web.1]: text``, and what stands in some of them."""

from __future__ import annotations

import re
from typing import NamedTuple

from tuienv.backends.heroku.client import parse_time

_LINE = re.compile(rb"(\S{19,40}) ([A-Za-z0-9_.-]{1,64})\[([^\]\s]{1,128})\]: ?(.*)", re.DOTALL)
_SAMPLE = re.compile(rb"sample#([a-z0-9_]+)=([0-9]+(?:\.[0-9]+)?)([A-Za-z]*)")
_FIELD = re.compile(rb'([a-z_]+)=("(?:[^"]*)"|\S*)')
_UNITS = {b"": 1, b"kB": 1024, b"KB": 1024, b"MB": 1024**2, b"GB": 1024**3, b"pages": 4096}


class Line(NamedTuple):
    """A line as Logplex kept it. `source`: ``app`` or ``heroku``; `process`: ``web.1``, ``router``, ``api``."""

    time: float
    source: str
    process: str
    raw: bytes


class Routed(NamedTuple):
    """A request as the router saw it: answered by which dyno, how, and after how many seconds."""

    dyno: str
    status: int
    service: float


def parse_line(raw: bytes) -> Line | None:
    """A line, or None for what is none: the API's errors come in the same stream."""
    match = _LINE.fullmatch(raw.rstrip(b"\r\n"))
    if match is None:
        return None
    time = parse_time(match[1].decode("ascii", "replace"))
    if time is None:
        return None
    return Line(time, match[2].decode(), match[3].decode("utf-8", "replace"), match[4])


def parse_samples(line: Line) -> dict[str, float]:
    """The measurements in a line of `log-runtime-metrics`, in bytes and plain numbers; none in any other."""
    if line.source != "heroku" or b"sample#" not in line.raw:
        return {}
    return {name.decode(): float(number) * _UNITS.get(unit, 1) for name, number, unit in _SAMPLE.findall(line.raw)}


def parse_routed(line: Line) -> Routed | None:
    """The request that a line of the router tells of; None for any other line."""
    if line.source != "heroku" or line.process != "router":
        return None
    fields = {key: value.strip(b'"') for key, value in _FIELD.findall(line.raw)}
    status, service = fields.get(b"status", b""), fields.get(b"service", b"").removesuffix(b"ms")
    if not (status.isdigit() and len(status) == 3):
        return None
    seconds = int(service) / 1000 if service.isdigit() and len(service) < 10 else 0.0
    return Routed(fields.get(b"dyno", b"").decode("utf-8", "replace"), int(status), seconds)
