"""A cache as an ElastiCache replication group: one primary, and a replica for each further node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tuienv.backends.aws import naming
from tuienv.backends.aws.job import Job
from tuienv.backends.aws.network import delete_group
from tuienv.backends.aws.options import asked, flag_option, number_option
from tuienv.backends.aws.session import Row
from tuienv.backends.aws.snapping import node_type, size_tag
from tuienv.backends.aws.stores import (
    Stores,
    differing,
    prepare,
    refuse_variables,
    snapshot_name,
    tags_for,
    wants_snapshot,
)
from tuienv.backends.aws.subnet_groups import CACHE_SUBNETS
from tuienv.backends.base import Invalid
from tuienv.model import Kind, LayerSpec, Size

PORT = 6379
MOST = 6
"""Nodes of one replication group: a primary and five replicas (ElastiCache API reference)."""


@dataclass(frozen=True, slots=True)
class Engine:
    """`versions`: what ElastiCache calls the versions that people name by their first number."""

    version: str
    versions: Mapping[str, str]


ENGINES: Mapping[str, Engine] = {
    "redis": Engine("7.1", {"7": "7.1", "6": "6.2", "5": "5.0.6"}),
    "valkey": Engine("8.0", {"8": "8.0", "7": "7.2"}),
}


def make(job: Job, spec: LayerSpec, wanted: int) -> None:
    """Have the replication group as the file says, with `wanted` nodes, and wait until it serves. Raises `Invalid`."""
    engine = engine_of(spec)
    check_count(job, wanted)
    refuse_variables(spec, ())
    place, group = prepare(job, spec, Kind.CACHE, PORT)
    found = CACHES.find(job)
    subnets = CACHE_SUBNETS.ensure(job, spec, place, CACHES.name(job))
    if found is None:
        _create(job, spec, engine, group, subnets, wanted)
    else:
        _mend(job, spec, engine, found)
        _set_count(job, wanted)
        if asked(job.change, spec, "multi_az"):
            _set_standby(job, wanted > 1 and flag_option(spec, "multi_az", False))
    CACHES.write_tags(job, CACHES.wait_available(job), tags_for(job, spec))


def engine_of(spec: LayerSpec) -> Engine:
    name = spec.engine or next(iter(ENGINES))
    if name not in ENGINES:
        raise Invalid("create", spec.name, f"there is no cache engine {name}", f"AWS has: {', '.join(ENGINES)}.")
    return ENGINES[name]


def check_count(job: Job, wanted: int) -> None:
    if not 1 <= wanted <= MOST:
        raise Invalid("scale", job.address, f"a cache has 1 to {MOST} nodes, not {wanted}", "Choose a number within.")


def _tags(job: Job, row: Row) -> dict[str, str]:
    arn = row["ARN"]
    told = job.call("elasticache", "list_tags_for_resource", tried="read the tags of", ResourceName=arn)
    return naming.tags_in(told.get("TagList"))


CACHES = Stores(
    service="elasticache",
    word="replication group",
    call="describe_replication_groups",
    key="ReplicationGroups",
    identifier="ReplicationGroupId",
    state="Status",
    arn="ARN",
    modify="modify_replication_group",
    tags=_tags,
    length=naming.CACHE_LENGTH,
    why="aws elasticache describe-events",
)


def nodes_of(row: Row) -> list[Row]:
    return [node for shard in row.get("NodeGroups") or () for node in shard.get("NodeGroupMembers") or ()]


def _create(job: Job, spec: LayerSpec, engine: Engine, group: str, subnets: str, wanted: int) -> None:
    name = CACHES.name(job)
    job.say(f"create replication group {name}")
    job.call(
        "elasticache",
        "create_replication_group",
        tried="create replication group",
        target=name,
        ReplicationGroupId=name,
        ReplicationGroupDescription=f"tuienv {job.address}",
        Engine=spec.engine or "redis",
        EngineVersion=version_of(spec, engine),
        CacheNodeType=node_type(Kind.CACHE, spec.size),
        NumCacheClusters=wanted,
        AutomaticFailoverEnabled=wanted > 1,
        MultiAZEnabled=wanted > 1 and flag_option(spec, "multi_az", False),
        CacheSubnetGroupName=subnets,
        SecurityGroupIds=[group],
        Port=PORT,
        AtRestEncryptionEnabled=True,
        SnapshotRetentionLimit=number_option(spec, "backups", 0, 35),
        Tags=naming.tag_list(tags_for(job, spec)),
    )


def version_of(spec: LayerSpec, engine: Engine) -> str:
    return engine.versions.get(spec.version, spec.version) or engine.version


def _mend(job: Job, spec: LayerSpec, engine: Engine, row: Row) -> None:
    """Change what differs, in one call; the engine and its version as well, which ElastiCache raises in place. What
    the file does not say stays as it is."""
    wanted: dict[str, Any] = {}
    if spec.size != Size():
        wanted["CacheNodeType"] = node_type(Kind.CACHE, spec.size)
    if asked(job.change, spec, "backups"):
        wanted["SnapshotRetentionLimit"] = number_option(spec, "backups", 0, 35)
    changes = {**differing({"SnapshotRetentionLimit": 0, **row}, wanted), **_upgrade(job, spec, engine, row)}
    if changes:
        CACHES.change(job, **changes)


def _upgrade(job: Job, spec: LayerSpec, engine: Engine, row: Row) -> dict[str, str]:
    """Another version, or another engine, where this change is about that and it is not there yet."""
    if not {"engine", "version"} & {difference.facet for difference in job.change.differences}:
        return {}
    name, version = spec.engine or "redis", version_of(spec, engine)
    node = next(iter(row.get("MemberClusters") or ()), "")
    told = job.call("elasticache", "describe_cache_clusters", tried="read the version of", CacheClusterId=node)
    there: Row = next(iter(told.get("CacheClusters") or ()), {})
    changes = {} if there.get("Engine", name) == name else {"Engine": name}
    if changes or not f"{there.get('EngineVersion', '')}.".startswith(f"{version}."):
        changes["EngineVersion"] = version
    return changes


def _set_count(job: Job, wanted: int) -> None:
    """So many nodes, a primary included. Failover needs a replica: it goes off first and on last, also where an earlier
    run ended between the two."""
    row = CACHES.wait_available(job)
    count = len(nodes_of(row)) or len(row.get("MemberClusters") or ())
    if count != wanted:
        row = _add_or_remove(job, row, count, wanted)
    if wanted > 1 and row.get("AutomaticFailover") == "disabled":
        CACHES.change(job, AutomaticFailoverEnabled=True)


def _add_or_remove(job: Job, row: Row, count: int, wanted: int) -> Row:
    name = CACHES.name(job)
    if wanted == 1 and row.get("AutomaticFailover") in ("enabled", "enabling"):
        CACHES.change(job, AutomaticFailoverEnabled=False, MultiAZEnabled=False)
    job.say(f"{count} → {wanted} nodes of {name}")
    job.call(
        "elasticache",
        "increase_replica_count" if wanted > count else "decrease_replica_count",
        tried="set the number of replicas of",
        target=name,
        ReplicationGroupId=name,
        NewReplicaCount=wanted - 1,
        ApplyImmediately=True,
    )
    return CACHES.wait_available(job)


def _set_standby(job: Job, standby: bool) -> None:
    """Have its nodes in several zones, which takes failover between them, or no longer."""
    row = CACHES.wait_available(job)
    if (row.get("MultiAZ") == "enabled") is not standby:
        failover = {"AutomaticFailoverEnabled": True} if standby else {}
        CACHES.change(job, MultiAZEnabled=standby, **failover)


# --- what runs --------------------------------------------------------------------------------------------------


def scale(job: Job) -> None:
    """More or fewer replicas; the primary is one of the number."""
    if job.change.replicas is None:
        raise Invalid("scale", job.address, "nobody said to how many")
    check_count(job, job.change.replicas)
    row = CACHES.existing(job)
    _set_count(job, job.change.replicas)
    if job.change.replicas > 1 and naming.facets_of(CACHES.tags(job, row)).get("options.multi_az") == "true":
        _set_standby(job, True)  # a single node has none, and lost it


def resize(job: Job) -> None:
    """Another node type: ElastiCache replaces node by node."""
    if job.change.size is None:
        raise Invalid("resize", job.address, "nobody said to which size")
    row, wanted = CACHES.existing(job), node_type(Kind.CACHE, job.change.size)
    if row.get("CacheNodeType") != wanted:
        row = CACHES.change(job, CacheNodeType=wanted)
    CACHES.write_tags(job, row, size_tag(job.change.size))


def restart(job: Job) -> None:
    """Each node anew; what is in memory is lost where there is no replica to hold it."""
    row = CACHES.existing(job)
    for cluster in map(str, row.get("MemberClusters") or ()):
        job.say(f"restart cache node {cluster}")
        job.call(
            "elasticache",
            "reboot_cache_cluster",
            tried="restart cache node",
            target=cluster,
            CacheClusterId=cluster,
            CacheNodeIdsToReboot=["0001"],
        )
        CACHES.wait_available(job)


# --- the end ----------------------------------------------------------------------------------------------------


def delete(job: Job) -> None:
    """Remove the replication group, if its data may go, with a last snapshot unless the file said that none is wanted;
    then what is the layer's beside it, the security group last."""
    if not job.change.delete_data and CACHES.is_there(job):
        job.say(f"{job.address} stays: its data may not go")
        return
    if (row := CACHES.going(job)) is not None:
        _delete_group(job, row)
    CACHE_SUBNETS.delete(job, CACHES.name(job))
    delete_group(job)


def _delete_group(job: Job, row: Row) -> None:
    if CACHES.state_of(row) != "deleting":
        _order_deletion(job, CACHES.name(job), row)
    CACHES.wait_gone(job)


def _order_deletion(job: Job, name: str, row: Row) -> None:
    keeping: Row = {}
    if job.change.final_snapshot and wants_snapshot(CACHES.tags(job, row)):
        keeping = {"FinalSnapshotIdentifier": snapshot_name(name)}
        job.say(f"snapshot {keeping['FinalSnapshotIdentifier']} stays")
    job.say(f"remove replication group {name}")
    job.drop(
        "elasticache",
        "delete_replication_group",
        tried="remove replication group",
        target=name,
        ReplicationGroupId=name,
        RetainPrimaryCluster=False,
        **keeping,
    )
