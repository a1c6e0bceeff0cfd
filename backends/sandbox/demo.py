"""The demo world: what a small team runs on a Monday, troubles included. The same at every start."""

from __future__ import annotations

from tuienv.backends.sandbox.clock import Clock
from tuienv.backends.sandbox.cloud import Cloud
from tuienv.backends.sandbox.planting import Tier, plant
from tuienv.model import Address, Kind

LATENCY = 0.03
"""Seconds that a call of the demo takes."""


def demo_cloud(clock: Clock | None = None, latency: float = LATENCY) -> Cloud:
    """Six environments: three of a shop (dev, staging, production), one degraded, one whose worker crashes again and
    again, and one that tuienv did not make."""
    cloud = Cloud(clock, seed=42, latency=latency)
    plant(cloud, "shop-dev", _shop("1.5.0-dev", web=1, size="micro", hours=3))
    plant(cloud, "shop-staging", _shop("1.4.2", web=3, size="small", hours=28))
    plant(cloud, "shop-production", _shop("1.4.1", web=6, size="medium", hours=410))
    _degraded(cloud)
    _crashing(cloud)
    plant(cloud, "wiki", _WIKI, ours=False)
    return cloud


def _shop(version: str, *, web: int, size: str, hours: float) -> tuple[Tier, ...]:
    variables = {
        "DATABASE_URL": "postgresql://app:0f3c1a77@db:5432/app",
        "CACHE_URL": "redis://cache:6379/0",
        "SESSION_KEY": "b6b2f0f4c9d14d1c",
        "LOG_LEVEL": "info",
    }
    image = f"registry.example.com/shop:{version}"
    return (
        Tier("edge", Kind.LOAD_BALANCER, "haproxy:2.6", needs=("web",), ports=(8080,), size="micro", hours=hours),
        Tier(
            "web",
            Kind.APP,
            image,
            web,
            size,
            8000,
            ("db", "cache"),
            variables=variables,
            hours=hours,
            past=_past(image, hours),
        ),
        Tier("cache", Kind.CACHE, "redis:7", size="micro", hours=hours + 40),
        Tier("db", Kind.DATABASE, "postgres:15", size=size, hours=hours + 40),
    )


def _past(image: str, hours: float) -> tuple[tuple[str, str, float], ...]:
    """What was released before, and the one that runs."""
    name = image.partition(":")[0]
    return ((f"{name}:1.3.9", "ada", hours + 700), (f"{name}:1.4.0", "deploy-bot", hours + 240), (image, "ada", hours))


def _degraded(cloud: Cloud) -> None:
    """One of three instances ran out of memory, and a cache was stopped by somebody."""
    name = "search-staging"
    plant(
        cloud,
        name,
        (
            Tier("edge", Kind.LOAD_BALANCER, "haproxy:2.6", needs=("api",), ports=(8081,), size="micro"),
            Tier("api", Kind.APP, "registry.example.com/search:0.9.3", 3, "small", 9000, ("cache",)),
            Tier("cache", Kind.CACHE, "redis:7", size="micro"),
        ),
    )
    cloud.crash(Address(name, "api", "2"))
    cloud.stop_instance(cloud.find(Address(name, "cache", "1")))


def _crashing(cloud: Cloud) -> None:
    name = "mailer-production"
    plant(
        cloud,
        name,
        (
            Tier("api", Kind.APP, "registry.example.com/mailer:3.0.0", 2, "small", 8000, ("queue", "db"), hours=76),
            Tier("worker", Kind.APP, "registry.example.com/mailer-worker:crashing", 2, needs=("queue",), hours=1),
            Tier("queue", Kind.CACHE, "redis:7", hours=76),
            Tier("db", Kind.DATABASE, "postgres:15", size="medium", hours=76),
        ),
    )
    for number in ("1", "2"):
        cloud.restart_instance(cloud.find(Address(name, "worker", number)))


_WIKI = (
    Tier("nginx", Kind.LOAD_BALANCER, "nginx:1.27", size="micro", ports=(80,), hours=2200),
    Tier("wiki", Kind.APP, "requarks/wiki:2.5", size="small", port=3000, hours=2200),
    Tier("postgres", Kind.DATABASE, "postgres:15", size="small", hours=2200),
)
