"""Worlds that have been running for a while before anybody looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tuienv.backends.sandbox.cloud import Cloud
from tuienv.backends.sandbox.records import Blueprint, Phase, Record
from tuienv.model import SIZES, Address, Health, Kind


@dataclass(frozen=True, slots=True)
class Tier:
    """One layer of a planted environment. `hours`: how long it has been running. `past`: what was released
    of it, oldest first: the image, by whom, how many hours ago; the last is the one that runs."""

    name: str
    kind: Kind
    image: str
    replicas: int = 1
    size: str = "small"
    port: int | None = None
    needs: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    facets: Mapping[str, str] = field(default_factory=dict)
    health: Health | None = None
    hours: float = 30.0
    past: tuple[tuple[str, str, float], ...] = ()


def plant(cloud: Cloud, environment: str, tiers: tuple[Tier, ...], *, ours: bool = True) -> None:
    """An environment with everything of it up and healthy."""
    cloud.create_network(environment)
    for tier in tiers:
        address = Address(environment, tier.name)
        if tier.kind in (Kind.CACHE, Kind.DATABASE):
            cloud.create_volume(address, tier.kind, None, ours)
        blueprint = _blueprint(tier, ours)
        _was_released(cloud, address, tier, blueprint)
        for number in range(1, tier.replicas + 1):
            record = cloud.create_instance(Address(environment, tier.name, str(number)), blueprint)
            _has_run(record, cloud.clock.now() - 3600 * tier.hours - number)


def _was_released(cloud: Cloud, address: Address, tier: Tier, blueprint: Blueprint) -> None:
    now = cloud.clock.now()
    for image, by, hours in tier.past or ((tier.image, "", tier.hours),):
        released = replace(blueprint, image=image, facets={**tier.facets, "image": image} if tier.past else tier.facets)
        cloud.history.made(replace(address, instance="1"), released, now - 3600 * hours, by)
        cloud.history.healthy(replace(address, instance="1"), released)


def _blueprint(tier: Tier, ours: bool) -> Blueprint:
    return Blueprint(
        kind=tier.kind,
        image=tier.image,
        port=tier.port,
        health=tier.health,
        size=SIZES[tier.size],
        variables=tier.variables,
        facets={**tier.facets, "image": tier.image} if tier.past else tier.facets,
        needs=tier.needs,
        ports=tier.ports,
        ours=ours,
    )


def _has_run(record: Record, since: float) -> None:
    record.phase, record.detail = Phase.RUNNING, "healthy"
    record.started_at = record.ready_at = since
    record.lines.append((since, f"starting {record.blueprint.image}"))
    record.view = None
