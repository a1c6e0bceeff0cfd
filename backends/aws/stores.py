"""What caches and databases have in common: data that must not be lost by accident, and minutes for every change."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

from tuienv.backends.aws import naming
from tuienv.backends.aws.job import Job
from tuienv.backends.aws.network import Place, ensure_group, place_of
from tuienv.backends.aws.options import check_options, flag_option
from tuienv.backends.aws.session import Row
from tuienv.backends.aws.snapping import size_tag
from tuienv.backends.base import Invalid
from tuienv.model import Kind, LayerSpec

SNAPSHOT = "tuienv:snapshot"
"""``no`` where the file says that no last snapshot is wanted when it is deleted."""

TAKES = 3600.0
"""Seconds that a change may take: a database is made in ten minutes and changed within the hour."""

BUSY = frozenset(
    {
        "creating",
        "modifying",
        "backing-up",
        "rebooting",
        "renaming",
        "resetting-master-credentials",
        "starting",
        "stopping",
        "upgrading",
        "maintenance",
        "configuring-enhanced-monitoring",
        "configuring-iam-database-auth",
        "configuring-log-exports",
        "converting-to-vpc",
        "moving-to-vpc",
        "storage-config-upgrade",
        "storage-initialization",
        "snapshotting",
        "rebooting cluster nodes",
        "deleting",
    }
)
"""States that pass by themselves, and in which nothing else can be asked for (Amazon RDS, "Viewing DB instance status";
ElastiCache API reference, ReplicationGroup)."""


def prepare(job: Job, spec: LayerSpec, kind: Kind, port: int) -> tuple[Place, str]:
    """Where it stands, and the ID of its security group."""
    check_options(spec)
    place = place_of(job, spec)
    return place, ensure_group(job, kind, place.vpc, port)


def tags_for(job: Job, spec: LayerSpec) -> dict[str, str]:
    """Everything that is written on it."""
    keeps = flag_option(spec, "final_snapshot", True)
    return {
        **job.tags(spec.kind),
        **naming.facet_tags(job.change.facets),
        **size_tag(spec.size),
        SNAPSHOT: "yes" if keeps else "no",
    }


def asked(job: Job, spec: LayerSpec, option: str) -> bool:
    """Whether the file has a say in it: it names the option, or did until this change. Whatever else there is was
    somebody's choice, in the console perhaps, and no plan told that it would go."""
    named = {difference.facet for difference in job.change.differences}
    return option in spec.options.get("aws", {}) or f"options.{option}" in named


def stale(has: Mapping[str, str], wanted: Iterable[str]) -> list[str]:
    """The tags of ours that are not written any more."""
    kept = set(wanted)
    return [key for key in has if key.startswith(naming.PREFIX) and key not in kept]


def wants_snapshot(tags: Mapping[str, str]) -> bool:
    return tags.get(SNAPSHOT, "yes") != "no"


def snapshot_name(name: str, limit: int = 255) -> str:
    """``shop-db-final-20261124-120000``: what the last snapshot is called; no two are called the same."""
    ending = time.strftime("-final-%Y%m%d-%H%M%S", time.gmtime())
    return name[: limit - len(ending)].rstrip("-") + ending


def refuse_variables(spec: LayerSpec, known: Iterable[str]) -> None:
    """Raises `Invalid` for a variable that a managed service has no place for."""
    known = sorted(known)
    for name in spec.environment:
        if name not in known:
            said = f"AWS takes no variable {name} for a {spec.kind}"
            raise Invalid("create", spec.name, said, f"It takes {', '.join(known)}." if known else "")


def differing(has: Row, wanted: Row) -> Row:
    """What of `wanted` is not so yet."""
    return {key: value for key, value in wanted.items() if has.get(key) != value}
