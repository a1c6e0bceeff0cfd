"""What Heroku offers: regions, stacks, dyno sizes, add-on services, their plans and prices (2026-08), features."""

from __future__ import annotations

from functools import cache
from uuid import NAMESPACE_DNS, uuid5

from tests.heroku_platform.records import DynoSize, Plan, Service

SINCE = "2015-08-20T01:37:59Z"


@cache
def known_id(*parts: str) -> str:
    """The id of something that Heroku has always had: the same in each run."""
    return str(uuid5(NAMESPACE_DNS, "/".join(parts)))


REGIONS = {
    "eu": ("Europe", "Ireland", "Dublin", "eu-west-1"),
    "us": ("United States", "United States", "Virginia", "us-east-1"),
}
STACKS = ("cnb", "container", "heroku-22", "heroku-24")
DEFAULT_STACK = "heroku-24"

# Cents a month, GB, compute, dedicated, tier, dyno units.
_SIZES = (
    ("Eco", 500, 0.5, 1, False, "eco", 0.0),
    ("Basic", 700, 0.5, 1, False, "basic", 0.28),
    ("Standard-1X", 2500, 0.5, 1, False, "standard", 1.0),
    ("Standard-2X", 5000, 1.0, 4, False, "standard", 2.0),
    ("Performance-M", 25000, 2.5, 12, True, "performance", 8.0),
    ("Performance-L", 50000, 14.0, 50, True, "performance", 16.0),
    ("Performance-L-RAM", 50000, 30.0, 24, True, "performance", 16.0),
    ("Performance-XL", 75000, 62.0, 50, True, "performance", 24.0),
    ("Performance-2XL", 150000, 126.0, 100, True, "performance", 48.0),
)
SIZES = {
    name: DynoSize(known_id("dyno-size", name), name, cents, memory, compute, dedicated, tier, units)
    for name, cents, memory, compute, dedicated, tier, units in _SIZES
}

# Name, human name, prefix of add-on names, attachment, scheme, seconds to provision, only one an app.
_SERVICES = (
    ("heroku-redis", "Heroku Key-Value Store", "redis", "REDIS", "rediss", 20, False),
    ("heroku-postgresql", "Heroku Postgres", "postgresql", "DATABASE", "postgres", 40, False),
    ("bucketeer", "Bucketeer", "bucketeer", "BUCKETEER", "https", 0, False),
    ("papertrail", "Papertrail", "papertrail", "PAPERTRAIL", "https", 0, True),
    ("scheduler", "Heroku Scheduler", "scheduler", "SCHEDULER", "https", 0, True),
)
SERVICES = {
    name: Service(known_id("service", name), name, human_name, prefix, attachment, scheme, seconds, alone)
    for name, human_name, prefix, attachment, scheme, seconds, alone in _SERVICES
}

# Cents a month. The first is the default one.
_PRICES = {
    "heroku-redis": {
        "mini": 300, "premium-0": 1500, "premium-1": 3000, "premium-2": 6000, "premium-3": 12000, "premium-5": 75000,
    },
    "heroku-postgresql": {
        "essential-0": 500, "essential-1": 900, "essential-2": 2000, "standard-0": 5000, "standard-2": 20000,
        "standard-3": 40000, "premium-0": 20000, "premium-2": 35000,
    },
    "bucketeer": {"hobbyist": 500},
    "papertrail": {"choklad": 0, "fixa": 700},
    "scheduler": {"standard": 0},
}  # fmt: skip
PLANS = {
    f"{service}:{plan}": Plan(
        known_id("plan", service, plan), SERVICES[service], f"{service}:{plan}", plan.title(), cents
    )
    for service, plans in _PRICES.items()
    for plan, cents in plans.items()
}
DEFAULT_PLANS = {service: f"{service}:{next(iter(plans))}" for service, plans in _PRICES.items()}

APP_FEATURES = {
    "log-runtime-metrics": "Emit dyno resource usage information into app logs",
    "preboot": "Provide seamless web dyno deploys",
    "http-session-affinity": "Enable session affinity for all requests",
    "runtime-dyno-metadata": "Dyno metadata in the environment",
}
ACCOUNT_FEATURES = {"pipelines": "Pipelines adds experimental support for deployment pipelines"}
