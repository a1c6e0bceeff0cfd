"""What instances use: readings of their samples, what each says in words, and what fills its graph."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tuienv.model import Address, Sample
from tuienv.screens import words
from tuienv.screens.known import Known

FRESH = 15.0
"""Seconds after which a measurement is no longer what is now: the slowest provider is measured every ten."""

TOGETHER = 150.0
"""Seconds that the newest measurements of two instances may be apart and still be of one time, where none is of now:
where values are told for whole minutes, one may have two of them less than another."""

_LEAST_CPU = 0.1
"""Cores that fill a CPU graph at least: what idles shall not look as if it were busy."""

_LEAST_RATE = 1024.0
"""Bytes a second that fill a network graph at least."""


@dataclass(frozen=True)
class Reading:
    """One thing that is measured. `read` gives None where it was not; `top` is what fills a graph of samples."""

    label: str
    read: Callable[[Sample], float | None]
    say: Callable[[Sample], str]
    most: Callable[[float], str]
    least: float = 0.0
    limit: Callable[[Sample], float | None] = lambda sample: None

    def values(self, samples: Iterable[Sample]) -> list[float]:
        """The values that were measured, oldest first."""
        return [value for value in map(self.read, samples) if value is not None]

    def top(self, samples: Sequence[Sample], values: Sequence[float]) -> float:
        """What fills the graph: the limit where there is one, else the greatest value."""
        limit = self.limit(samples[-1]) if samples else None
        return max(limit or 0.0, self.least, *values)


def _network(sample: Sample) -> float | None:
    if sample.received is None and sample.sent is None:
        return None
    return (sample.received or 0.0) + (sample.sent or 0.0)


def _say_memory(sample: Sample) -> str:
    limit = f" of {words.amount(sample.memory_limit)}" if sample.memory_limit else ""
    return words.amount(sample.memory) + limit


def _say_network(sample: Sample) -> str:
    """``in 39 kB/s, out 4 kB/s``, as far as it was measured: of a load balancer only one way is."""
    ways = (("in", sample.received), ("out", sample.sent))
    return ", ".join(f"{way} {_rate(value)}" for way, value in ways if value is not None)


def _rate(value: float) -> str:
    return f"{words.amount(value)}/s"


def _a_second(value: float) -> str:
    return f"{value:.1f}/s" if value < 10 else f"{value:.0f}/s"


def _say_requests(sample: Sample) -> str:
    """``12/s, 140 ms, 0.2/s failed``, as far as it was measured."""
    took = "" if sample.service is None else f", {sample.service * 1000:.0f} ms"
    failed = f", {_a_second(sample.failed)} failed" if sample.failed else ""
    return _a_second(sample.requests or 0.0) + took + failed


CPU = Reading(
    "cpu", lambda sample: sample.cpu, lambda sample: words.percent(sample.cpu), words.percent, least=_LEAST_CPU
)
MEMORY = Reading(
    "memory", lambda sample: sample.memory, _say_memory, words.amount, limit=lambda sample: sample.memory_limit
)
NETWORK = Reading(
    "network",
    _network,
    _say_network,
    _rate,
    least=_LEAST_RATE,
)
REQUESTS = Reading("requests", lambda sample: sample.requests, _say_requests, _a_second, least=1.0)


def aged(sample: Sample, now: float) -> str:
    """How long ago it was measured: ``3 m ago``; empty for what is now."""
    return "" if now - sample.time < FRESH else f"{words.age(now - sample.time)} ago"


def measured(known: Known, layer: Address) -> list[str]:
    """The instances of a layer that were measured, in the layer's order."""
    found = known.layer(layer)
    if found is None:
        return []
    there = known.measured(layer)
    return [name for name in found.names if name in there] if there else []


def together(known: Known, layer: Address, now: float) -> list[str]:
    """Those that are measured now; where none is, those that were measured when the last of them was. What one used
    that was in view an hour ago is no part of what all of them use."""
    newest = {
        name: known.samples(Address(layer.environment, layer.layer, name))[-1].time for name in measured(known, layer)
    }
    last = max(newest.values(), default=0.0)
    apart = FRESH if now - last < FRESH else TOGETHER
    return [name for name, time in newest.items() if time > last - apart]


def summed(known: Known, layer: Address, names: Iterable[str]) -> list[Sample]:
    """What instances use together, newest last: their newest samples added up, then those before, and so on."""
    histories = [list(known.samples(Address(layer.environment, layer.layer, name))) for name in names]
    length = max(map(len, histories), default=0)
    return [_sum([history[-back] for history in histories if len(history) >= back]) for back in range(length, 0, -1)]


def _sum(samples: Sequence[Sample]) -> Sample:
    memory, limit = _total(s.memory for s in samples), _total(s.memory_limit for s in samples)
    return Sample(
        "",
        max(sample.time for sample in samples),
        _total(sample.cpu for sample in samples),
        None if memory is None else int(memory),
        None if limit is None else int(limit),
        _total(sample.received for sample in samples),
        _total(sample.sent for sample in samples),
        _total(sample.requests for sample in samples),
        _total(sample.failed for sample in samples),
        _service(samples),
    )


def _service(samples: Sequence[Sample]) -> float | None:
    """What an answer took on average: instances with more requests count for more."""
    there = [(sample.service, sample.requests) for sample in samples if sample.service is not None and sample.requests]
    requests = sum(count for _, count in there)
    return sum(service * count for service, count in there) / requests if requests else None


def _total(values: Iterable[float | None]) -> float | None:
    """The sum of what was measured; None where nothing was."""
    there = [value for value in values if value is not None]
    return sum(there) if there else None
