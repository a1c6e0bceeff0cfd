"""How instances live: what they log and how much they use, as pure functions of an instance and a time.

Nothing is stored, so a world of ten thousand instances with an hour of logs each costs nothing until it is read,
and the same seed always tells the same story.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from tuienv.backends.sandbox.records import SERVING, Record
from tuienv.model import MIB, Kind, Sample

RETENTION = 3600.0
"""Seconds of work that the sandbox keeps the log lines of."""

RATES = {Kind.LOAD_BALANCER: 2.0, Kind.APP: 2.0, Kind.CACHE: 0.1, Kind.DATABASE: 0.2}
"""Log lines a second of one instance."""

_PATHS = ("/", "/items", "/items/17", "/cart", "/checkout", "/login", "/healthz", "/static/site.css")
_WARNINGS = (
    "WARN slow query: 1.8 s in SELECT items",
    "WARN connection pool is 90 % used",
    "WARN retrying payment gateway, attempt 2 of 3",
    "WARN session store answered after 0.9 s",
)
_CACHE = ("100 changes in 300 seconds. Saving...", "Background saving started by pid 31", "DB saved on disk")
_DATABASE = (
    "LOG:  checkpoint starting: time",
    "LOG:  checkpoint complete: wrote 41 buffers (0.3%)",
    'LOG:  automatic vacuum of table "shop.public.visits"',
    "LOG:  duration: 212.408 ms  statement: SELECT count(*) FROM visits",
)


def chance(seed: int, index: int) -> int:
    """A number of 32 bits that depends on nothing but its arguments (splitmix64's finisher)."""
    mixed = (seed * 0x9E3779B97F4A7C15 + index * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
    mixed = ((mixed ^ (mixed >> 30)) * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
    return (mixed ^ (mixed >> 31)) & 0xFFFFFFFF


def work_lines(record: Record, after: float, until: float, at_most: int | None = None) -> Iterator[tuple[float, str]]:
    """The lines that its work wrote in ``(after, until]``, oldest first; the last `at_most` of them."""
    if record.ready_at is None:
        return
    rate, zero = RATES[record.blueprint.kind], record.ready_at
    end = until if record.ended_at is None else min(until, record.ended_at)
    first = max(1, math.floor((max(after, end - RETENTION) - zero) * rate) + 1)
    last = math.floor((end - zero) * rate)
    if at_most is not None:
        first = max(first, last - at_most + 1)
    for index in range(first, last + 1):
        yield zero + index / rate, _line(record, index)


def _line(record: Record, index: int) -> str:
    number = chance(record.seed, index)
    kind = record.blueprint.kind
    if kind is Kind.CACHE:
        return f"1:M * {_CACHE[index % len(_CACHE)]}"
    if kind is Kind.DATABASE:
        return _DATABASE[number % len(_DATABASE)]
    return _request(number, kind)


def _request(number: int, kind: Kind) -> str:
    if kind is Kind.APP and number % 53 == 0:
        return _WARNINGS[(number >> 8) % len(_WARNINGS)]
    path = _PATHS[number % len(_PATHS)]
    status = 404 if number % 97 == 0 else 200
    millis = 2 + (number >> 12) % 40
    if kind is Kind.LOAD_BALANCER:
        return f"10.1.0.{number % 250 + 1} http web/{number % 3 + 1} {status} {millis}ms GET {path}"
    return f"INFO GET {path} {status} {millis}ms"


def sample(record: Record, now: float, siblings: int) -> Sample:
    """What it uses now; `siblings`: how many share the layer's load. Nothing is used by what does not serve."""
    limit = record.blueprint.size.memory or 512 * MIB
    if record.phase not in SERVING:
        return Sample(str(record.address), now, cpu=0.0, memory=0, memory_limit=limit)
    load = _load(record, now) / max(1, siblings)
    jitter = chance(record.seed, int(now)) / 2**32
    cores = record.blueprint.size.cpu or 1.0
    cpu = min(cores, cores * (0.03 + 0.011 * load) * (0.85 + 0.3 * jitter))
    memory = int(limit * min(0.95, 0.18 + 0.004 * load + 0.05 * math.sin(now / 97 + record.seed)))
    requests = load * (0.9 + 0.2 * jitter) if record.blueprint.kind in (Kind.APP, Kind.LOAD_BALANCER) else None
    return Sample(str(record.address), now, cpu, memory, limit, load * 800, load * 5200, requests)


def _load(record: Record, now: float) -> float:
    """Requests a second that reach its layer: the same for all of it, a slow wave with a small fast one on it."""
    phase = sum(record.address.environment.encode()) % 60
    return 40 + 25 * math.sin(2 * math.pi * (now / 240 + phase / 60)) + 6 * math.sin(now / 7 + phase)
