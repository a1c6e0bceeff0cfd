"""A world far bigger than any screen, for the scale tests and the benchmark."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from tuienv.backends.sandbox.clock import Clock
from tuienv.backends.sandbox.cloud import Cloud
from tuienv.backends.sandbox.planting import Tier, plant
from tuienv.backends.sandbox.records import Phase, Record
from tuienv.model import Kind

TICK = 0.1
"""Seconds between two bursts of changes."""

STRIDE = 7919
"""A prime, so that going round in such steps visits every instance before any a second time."""


def big_cloud(
    instances: int = 10_000, environments: int = 100, changes: int = 1_000, clock: Clock | None = None
) -> Cloud:
    """So many instances, spread evenly over so many environments, of which `changes` a second change while somebody
    watches. Costs the provider no thread, and nothing at all while nobody does."""
    cloud = Cloud(clock, seed=7)
    each, more = divmod(instances, environments)
    for index in range(environments):
        plant(cloud, f"env-{index:03d}", _tiers(each + (index < more)))
    if changes:
        _churn(cloud, max(1, round(changes * TICK)))
    return cloud


def _tiers(instances: int) -> tuple[Tier, ...]:
    """A load balancer, a cache, a database, and the rest two thirds web and one third workers."""
    fixed = (
        Tier("edge", Kind.LOAD_BALANCER, "haproxy:2.6", needs=("web",), ports=(8080,), size="micro"),
        Tier("cache", Kind.CACHE, "redis:7"),
        Tier("db", Kind.DATABASE, "postgres:15"),
    )[: max(0, instances - 1)]
    rest = instances - len(fixed)
    workers = rest // 3
    apps = (
        Tier("web", Kind.APP, "registry.example.com/shop:1.4.2", rest - workers, port=8000),
        Tier("worker", Kind.APP, "registry.example.com/shop-worker:1.4.2", workers),
    )
    return tuple(tier for tier in fixed + apps if tier.replicas)


def _churn(cloud: Cloud, burst: int) -> None:
    """Instances get busy and calm down again, now and then one is drained and comes back."""
    everything = cloud.records()
    order = _round(everything)
    busy = ("healthy", "healthy, busy")

    def change() -> None:
        some = list(islice(order, burst))
        for record in some[::50]:
            record.phase = Phase.DRAINED if record.phase is Phase.RUNNING else Phase.RUNNING
        cloud.touch(some, lambda record: busy[record.detail == busy[0]] if record.phase is Phase.RUNNING else "drained")

    cloud.every(TICK, change)


def _round(everything: list[Record]) -> Iterator[Record]:
    position = 0
    while True:
        position = (position + STRIDE) % len(everything)
        yield everything[position]
