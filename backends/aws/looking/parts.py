"""What a service of AWS has that is a layer of some environment: found first, placed in an environment afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tuienv.model import Instance, Kind, Resource, Size, Status, Storage
from tuienv.text import plain

Row = Mapping[str, Any]
"""One object of an answer, as boto3 gives it."""


class Form(StrEnum):
    """What a layer is at AWS; the words that people know it by."""

    SERVICE = "ECS service"
    LOAD_BALANCER = "load balancer"
    REPLICATION_GROUP = "replication group"
    CACHE_CLUSTER = "cache cluster"
    DATABASE = "DB instance"
    DATABASE_CLUSTER = "DB cluster"
    SCALING_GROUP = "Auto Scaling group"
    MACHINES = "EC2 instances"


@dataclass(frozen=True, slots=True)
class Part:
    """One future layer. `name`: its own at AWS; `home`: the cluster that it is in, where it is in one; `row`: what
    AWS said of it; `members`: the same of each instance, by the instance's name;
    `target_groups`: by ARN, those that a load balancer sends to, or that something is in."""

    form: Form
    kind: Kind
    arn: str
    name: str
    status: Status
    row: Row = field(repr=False)
    tags: Mapping[str, str] = field(default_factory=dict)
    home: str = ""
    instances: tuple[Instance, ...] = ()
    members: Mapping[str, Row] = field(default_factory=dict, repr=False)
    image: str = ""
    size: Size | None = None
    storage: Storage | None = None
    endpoints: tuple[str, ...] = ()
    target_groups: frozenset[str] = frozenset()
    resources: tuple[Resource, ...] = ()


def tags_in(rows: Sequence[Row] | None) -> dict[str, str]:
    """Tags as a mapping. The services disagree on how the two words are written."""
    return {str(row.get("Key", row.get("key", ""))): str(row.get("Value", row.get("value", ""))) for row in rows or ()}


def tail_of(arn: str) -> str:
    """The last part of an ARN or of a path: a name, an ID."""
    return arn.rsplit("/", 1)[-1].rsplit(":", 1)[-1]


def word(value: object, limit: int = 200) -> str:
    """What AWS calls something, clean; empty for nothing."""
    return "" if value is None else plain(str(value), limit)


def stamp(value: object) -> float | None:
    """Unix seconds of one of boto3's times; None where there is none."""
    timestamp = getattr(value, "timestamp", None)
    return float(timestamp()) if timestamp is not None else None


def resource(kind: str, name: str, *, holds_data: bool = False) -> Resource:
    return Resource(kind, word(name), holds_data)
