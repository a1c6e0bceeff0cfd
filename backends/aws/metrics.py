"""Measurements out of CloudWatch: one GetMetricData for everything that is looked at.

CloudWatch has a value a minute (of EC2 without detailed monitoring, one in five), so that is how often it is asked. ECS
measures services, not tasks: each task is told the average of its service.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tuienv.backends.aws.gauges import Gauge, Metric, gauges_of
from tuienv.backends.aws.looking.atlas import Atlas
from tuienv.backends.aws.looking.grouping import Placed
from tuienv.backends.aws.looking.parts import Row, stamp
from tuienv.backends.aws.looking.source import in_batches
from tuienv.model import Address, Sample

INTERVAL = 60.0
"""Seconds between two questions: CloudWatch has nothing newer in between."""

QUERIES = 500
"""Metrics that one call takes. Source: "GetMetricData", Amazon CloudWatch API reference."""

REACH = 900.0
"""Seconds back that are asked for: three of EC2's five minutes."""


class MetricsStream:
    """A `Stream` of samples of these instances; those that CloudWatch has nothing of have none."""

    def __init__(
        self,
        atlas: Atlas,
        targets: Sequence[Address],
        interval: float = INTERVAL,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._atlas, self._targets = atlas, list(dict.fromkeys(targets))
        self._interval, self._clock = interval, clock
        self._closed = threading.Event()
        self._told: dict[str, float] = {}
        self._gauges: dict[str, tuple[Gauge, ...]] | None = None
        self._asked = False

    def __iter__(self) -> Iterator[list[Sample]]:
        return self

    def __next__(self) -> list[Sample]:
        """The next samples, once CloudWatch has newer ones. Raises the contract's errors."""
        while not self._closed.wait(self._interval if self._asked else 0.0):
            self._asked = True
            if samples := self._measure():
                return samples
        raise StopIteration

    def close(self) -> None:
        """End it; an iteration in another thread stops at once."""
        self._closed.set()

    def _measure(self) -> list[Sample]:
        if self._gauges is None:
            self._gauges = {str(target): gauges_of(placed, target) for target, placed in self._places().items()}
        metrics = list(dict.fromkeys(gauge.metric for gauges in self._gauges.values() for gauge in gauges))
        values = self._read(metrics)
        found = [_sample(address, gauges, values) for address, gauges in self._gauges.items()]
        return [sample for sample in found if sample is not None and self._is_news(sample)]

    def _places(self) -> Mapping[Address, Placed]:
        """What each target is at AWS; those that are gone are left out."""
        found: dict[Address, Placed] = {}
        for environment in sorted({target.environment for target in self._targets}):
            members = self._atlas.members(environment) or self._atlas.look_at(environment)
            by_layer = {one.address.layer: one for one in members}
            for target in self._targets:
                if target.environment == environment and target.layer in by_layer:
                    found[target] = by_layer[target.layer]
        return found

    def _read(self, metrics: Sequence[Metric]) -> dict[Metric, tuple[float, float]]:
        """The newest value of each of which the period is over, with its time: until then a sum is a part of one."""
        now = self._clock()
        values: dict[Metric, tuple[float, float]] = {}
        for batch in in_batches(metrics, QUERIES):
            queries = [metric.query(f"m{number}") for number, metric in enumerate(batch)]
            given: dict[str, Any] = {
                "MetricDataQueries": queries,
                "StartTime": now - REACH,
                "EndTime": now,
                "ScanBy": "TimestampDescending",
            }
            for page in self._atlas.asker.pages("cloudwatch", "get_metric_data", "MetricDataResults", **given):
                for row in page:
                    metric = batch[int(str(row["Id"])[1:])]
                    if metric not in values and (value := _newest(row, now - metric.period)):
                        values[metric] = value
        return values

    def _is_news(self, sample: Sample) -> bool:
        if self._told.get(sample.address) == sample.time:
            return False
        self._told[sample.address] = sample.time
        return True


def _newest(row: Row, until: float) -> tuple[float, float] | None:
    """The newest value that begins at `until` or before, with its time; None without any."""
    times = (stamp(each) or 0.0 for each in row.get("Timestamps") or ())
    values = zip(times, row.get("Values") or (), strict=False)
    return next(((at, float(number)) for at, number in values if 0 < at <= until), None)


@dataclass
class _Reading:
    """What the gauges of one instance come to."""

    time: float = 0.0
    fields: dict[str, float] = field(default_factory=dict)


def _sample(address: str, gauges: Sequence[Gauge], values: Mapping[Metric, tuple[float, float]]) -> Sample | None:
    reading = _Reading()
    for gauge in gauges:
        if gauge.metric in values:
            at, number = values[gauge.metric]
            reading.time = max(reading.time, at)
            value = max(0.0, gauge.offset + gauge.factor * number)
            reading.fields[gauge.field] = reading.fields.get(gauge.field, 0.0) + value
    if not reading.fields:
        return None
    memory = reading.fields.get("memory")
    limit = next((gauge.limit for gauge in gauges if gauge.limit), None)
    return Sample(
        address,
        reading.time,
        cpu=reading.fields.get("cpu"),
        memory=None if memory is None else round(memory),
        memory_limit=limit,
        received=reading.fields.get("received"),
        sent=reading.fields.get("sent"),
        requests=reading.fields.get("requests"),
    )
