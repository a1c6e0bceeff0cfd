"""The sizes that AWS sells for tasks, databases and caches, and what they cost, told without asking anybody.

Prices are those of us-east-1, on demand, Linux on x86 for tasks, one zone, in US dollars: elsewhere they differ, and
are told as unknown. Sources: the pricing pages of AWS Fargate, Amazon RDS for PostgreSQL and Amazon ElastiCache; as of
2025.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from tuienv.backends.aws.snapping import FARGATE, fargate, node_type, size_of_fargate
from tuienv.model import SIZES, Kind, Size, SizeOffer

GIB = 1024**3

HOURS = 730.0
"""Hours of a month, as AWS's own calculator has it."""

PRICED_REGION = "us-east-1"

_VCPU_HOUR = 0.04048
_GIB_HOUR = 0.004445


class NodeType(NamedTuple):
    """`cores`, `memory` in GiB, `hourly` in US dollars; None where it is not known here."""

    cores: int
    memory: float
    hourly: float | None = None


DATABASES: Mapping[str, NodeType] = {
    "db.t4g.micro": NodeType(2, 1, 0.016),
    "db.t4g.small": NodeType(2, 2, 0.032),
    "db.t4g.medium": NodeType(2, 4, 0.065),
    "db.t4g.large": NodeType(2, 8, 0.129),
    "db.t3.micro": NodeType(2, 1, 0.018),
    "db.t3.small": NodeType(2, 2, 0.036),
    "db.t3.medium": NodeType(2, 4, 0.072),
    "db.t3.large": NodeType(2, 8, 0.145),
    "db.m6g.large": NodeType(2, 8, 0.159),
    "db.m6g.xlarge": NodeType(4, 16, 0.318),
    "db.m6g.2xlarge": NodeType(8, 32, 0.636),
    "db.m7g.large": NodeType(2, 8, 0.168),
    "db.m7g.xlarge": NodeType(4, 16, 0.337),
    "db.r6g.large": NodeType(2, 16, 0.225),
    "db.r6g.xlarge": NodeType(4, 32, 0.450),
    "db.r6g.2xlarge": NodeType(8, 64, 0.899),
}

CACHES: Mapping[str, NodeType] = {
    "cache.t4g.micro": NodeType(2, 0.5, 0.016),
    "cache.t4g.small": NodeType(2, 1.37, 0.032),
    "cache.t4g.medium": NodeType(2, 3.09, 0.065),
    "cache.t3.micro": NodeType(2, 0.5, 0.017),
    "cache.t3.small": NodeType(2, 1.37, 0.034),
    "cache.t3.medium": NodeType(2, 3.09, 0.068),
    "cache.m6g.large": NodeType(2, 6.38, 0.149),
    "cache.m6g.xlarge": NodeType(4, 12.93, 0.297),
    "cache.m7g.large": NodeType(2, 6.38, 0.158),
    "cache.r6g.large": NodeType(2, 13.07, 0.206),
    "cache.r6g.xlarge": NodeType(4, 26.32, 0.411),
    "cache.r7g.large": NodeType(2, 13.07, 0.219),
}

_MACHINES = {
    family: tuple(f"{family}.{step}" for step in steps)
    for family, steps in {
        "t3": ("micro", "small", "medium", "large", "xlarge", "2xlarge"),
        "t3a": ("micro", "small", "medium", "large", "xlarge", "2xlarge"),
        "t4g": ("micro", "small", "medium", "large", "xlarge", "2xlarge"),
        "m5": ("large", "xlarge", "2xlarge", "4xlarge"),
        "m6i": ("large", "xlarge", "2xlarge", "4xlarge"),
        "m6g": ("medium", "large", "xlarge", "2xlarge", "4xlarge"),
        "m7g": ("medium", "large", "xlarge", "2xlarge", "4xlarge"),
        "c6g": ("medium", "large", "xlarge", "2xlarge", "4xlarge"),
        "c6i": ("large", "xlarge", "2xlarge", "4xlarge"),
        "r6i": ("large", "xlarge", "2xlarge", "4xlarge"),
        "r6g": ("medium", "large", "xlarge", "2xlarge", "4xlarge"),
    }.items()
}


def fargate_offers(region: str) -> tuple[SizeOffer, ...]:
    """The sizes that mean the same everywhere, and the pairs of CPU and memory that a task may have: of memory the
    powers of two, which is what people take."""
    named = [SizeOffer(size, fargate_price(*fargate(size), region)) for size in SIZES.values()]
    pairs = [
        SizeOffer(size_of_fargate(units, mebibytes), fargate_price(units, mebibytes, region))
        for units, choices in FARGATE.items()
        for mebibytes in choices
        if mebibytes.bit_count() == 1 or mebibytes == choices[-1]
    ]
    return (*named, *pairs)


def fargate_price(units: int, mebibytes: int, region: str) -> float | None:
    """A month of one task."""
    if region != PRICED_REGION:
        return None
    return round((units / 1024 * _VCPU_HOUR + mebibytes / 1024 * _GIB_HOUR) * HOURS, 2)


def node_offers(kind: Kind, region: str, copies: int = 1) -> tuple[SizeOffer, ...]:
    """The sizes that mean the same everywhere, as node types that are priced as such, and node types by their own
    names. Their CPU and memory are not told: a node type is asked for by its name. `copies`: two with a standby."""
    types = DATABASES if kind is Kind.DATABASE else CACHES
    prices = {name: node_price(node, region, copies) for name, node in types.items()}
    named = [SizeOffer(Size(name), prices[node_type(kind, size)]) for name, size in SIZES.items()]
    return (*named, *(SizeOffer(Size(name), price) for name, price in prices.items()))


def node_price(node: NodeType, region: str, copies: int = 1) -> float | None:
    """A month of one node."""
    return None if node.hourly is None or region != PRICED_REGION else round(node.hourly * copies * HOURS, 2)


def machine_offers(current: Size | None) -> tuple[SizeOffer, ...]:
    """The types of the same family: what runs on one runs on the others. Their prices depend on the system as well."""
    name = current.name if current is not None else ""
    family = name.partition(".")[0]
    return tuple(SizeOffer(Size(one)) for one in _MACHINES.get(family, (name,) if name else ()))
