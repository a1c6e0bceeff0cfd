"""Measurements, from the log: dynos write theirs every twenty seconds where `log-runtime-metrics` is on, and the
router a line for each request."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from tuienv.backends.heroku.client import Client
from tuienv.backends.heroku.logs.following import Follower
from tuienv.backends.heroku.logs.lines import Line, Routed, parse_routed, parse_samples
from tuienv.backends.heroku.logs.stream import instance_of
from tuienv.backends.heroku.targets import Target
from tuienv.model import Address, Sample

INTERVAL = 1.0
"""Seconds between two batches."""

LASTS = 65.0
"""Seconds that a value is one of now: a dyno that has not written three times in a row writes no more."""


@dataclass
class _Meter:
    """What is known of one instance. `values`: what it wrote, last `at` that time; `routed`: its requests since the
    last sample; `seen`: whether there ever were."""

    values: dict[str, float] = field(default_factory=dict)
    at: float = 0.0
    routed: list[Routed] = field(default_factory=list)
    seen: bool = False


class MetricsStream:
    """Samples of these instances; see `tuienv.backends.base.Measures`. The load of a dyno stands for its processors."""

    def __init__(self, client: Client, targets: Sequence[Target], wanted: Sequence[Address]) -> None:
        self._targets, self._wanted = targets, frozenset(map(str, wanted))
        self._meters: defaultdict[str, _Meter] = defaultdict(_Meter)
        apps = {target.app.id: target.app.name for target in targets}
        self._apps = list(apps)
        self._follower = Follower(client, list(apps.items()))
        self._told = time.monotonic()

    def __iter__(self) -> MetricsStream:
        return self

    def __next__(self) -> list[Sample]:
        while (left := self._told + INTERVAL - time.monotonic()) > 0:
            heard = self._follower.next(timeout=left)
            for line in heard.lines if heard is not None else ():
                self._hear(self._apps[heard.app if heard else 0], line, kept=bool(heard and heard.kept))
        now = time.monotonic()
        seconds, self._told = now - self._told, now
        for meter in self._meters.values():
            if time.time() - meter.at > LASTS:
                meter.values.clear()
        told = ((address, meter) for address, meter in self._meters.items() if meter.values or meter.seen)
        return [self._sample(address, meter, seconds) for address, meter in told]

    def close(self) -> None:
        self._follower.close()

    def _hear(self, app: str, line: Line, *, kept: bool) -> None:
        values = parse_samples(line)
        at = line.time if kept else time.time()
        routed = None if kept else parse_routed(line)
        for target in self._targets:
            if target.app.id != app:
                continue
            name = instance_of(target, line)
            if values and name:
                self._meter(target, name, values, at)
            if routed and routed.dyno.partition(".")[0] == target.process:
                self._meter(target, routed.dyno.partition(".")[2], {}, at, routed)

    def _meter(
        self, target: Target, name: str, values: dict[str, float], at: float, routed: Routed | None = None
    ) -> None:
        address = str(Address(target.address.environment, target.address.layer, name))
        if address in self._wanted:
            meter = self._meters[address]
            meter.values |= values
            meter.at = at if values else meter.at
            meter.routed += [routed] if routed else []
            meter.seen = meter.seen or routed is not None

    def _sample(self, address: str, meter: _Meter, seconds: float) -> Sample:
        values, routed = meter.values, meter.routed
        meter.routed = []
        memory, limit = values.get("memory_total"), values.get("memory_quota")
        return Sample(
            address,
            time.time(),
            cpu=values.get("load_avg_1m"),
            memory=None if memory is None else int(memory),
            memory_limit=None if limit is None else int(limit),
            requests=len(routed) / seconds if meter.seen else None,
            failed=sum(one.status >= 500 for one in routed) / seconds if meter.seen else None,
            service=sum(one.service for one in routed) / len(routed) if routed else None,
        )
