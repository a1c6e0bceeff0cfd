"""A cache as an ElastiCache replication group: one primary, and a replica for each further node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tuienv.backends.aws import naming
from tuienv.backends.aws.job import Job
from tuienv.backends.aws.network import delete_group
from tuienv.backends.aws.options import flag_option, number_option
from tuienv.backends.aws.session import Row, Session
from tuienv.backends.aws.snapping import node_type, size_tag
from tuienv.backends.aws.stores import (
    BUSY,
    TAKES,
    asked,
    differing,
    prepare,
    refuse_variables,
    snapshot_name,
    stale,
    tags_for,
    wants_snapshot,
)
from tuienv.backends.aws.subnet_groups import CACHE_SUBNETS
from tuienv.backends.base import Conflict, Invalid, NotFound
from tuienv.model import Address, Kind, LayerSpec, Size

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
    subnets = CACHE_SUBNETS.ensure(job, place, name_of(job.address))
    found = find_when_idle(job)
    if found is None:
        _create(job, spec, engine, group, subnets, wanted)
    else:
        _mend(job, spec, engine, found)
        _set_count(job, wanted)
    row = wait_available(job)
    _write_tags(job, row, tags_for(job, spec))


def engine_of(spec: LayerSpec) -> Engine:
    name = spec.engine or next(iter(ENGINES))
    if name not in ENGINES:
        raise Invalid("create", spec.name, f"there is no cache engine {name}", f"AWS has: {', '.join(ENGINES)}.")
    return ENGINES[name]


def check_count(job: Job, wanted: int) -> None:
    if not 1 <= wanted <= MOST:
        raise Invalid("scale", job.address, f"a cache has 1 to {MOST} nodes, not {wanted}", "Choose a number within.")


def name_of(address: Address) -> str:
    return naming.name_of(address, naming.CACHE_LENGTH)


def find(session: Session, address: Address) -> Row | None:
    """The layer's replication group, if it is there."""
    try:
        found = session.call(
            "elasticache",
            "describe_replication_groups",
            tried="look for the replication group of",
            target=address,
            ReplicationGroupId=name_of(address),
        )
    except NotFound:
        return None
    rows: list[Row] = found.get("ReplicationGroups") or []
    return rows[0] if rows else None


def nodes_of(row: Row) -> list[Row]:
    return [node for shard in row.get("NodeGroups") or () for node in shard.get("NodeGroupMembers") or ()]


def find_when_idle(job: Job) -> Row | None:
    """The same, once it is at nothing any more: ElastiCache takes no order before."""

    def look() -> str:
        row = find(job.session, job.address)
        state = str((row or {}).get("Status", ""))
        return f"{name_of(job.address)} is {state}" if state in BUSY else ""

    job.wait(look, TAKES, tried="wait for")
    return find(job.session, job.address)


def wait_available(job: Job) -> Row:
    """Wait until it serves. Raises `Conflict` with its state where it cannot."""
    row = find_when_idle(job)
    if row is None:
        raise Conflict("wait for", job.address, "it was deleted meanwhile", "Apply again.")
    if row.get("Status") != "available":
        said = f"the replication group is {row.get('Status')}"
        raise Conflict("create", job.address, said, "`aws elasticache describe-events` tells why.")
    return row


def _create(job: Job, spec: LayerSpec, engine: Engine, group: str, subnets: str, wanted: int) -> None:
    name = name_of(job.address)
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
    if asked(job, spec, "backups"):
        wanted["SnapshotRetentionLimit"] = number_option(spec, "backups", 0, 35)
    changes = {**differing({"SnapshotRetentionLimit": 0, **row}, wanted), **_upgrade(job, spec, engine, row)}
    if changes:
        modify(job, **changes)
        wait_available(job)


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


def modify(job: Job, **changes: Any) -> None:
    name = name_of(job.address)
    job.say(f"change replication group {name}")
    job.call(
        "elasticache",
        "modify_replication_group",
        tried="change replication group",
        target=name,
        ReplicationGroupId=name,
        ApplyImmediately=True,
        **changes,
    )


def _set_count(job: Job, wanted: int) -> None:
    """So many nodes, a primary included. Failover needs a replica: it goes off first and on last."""
    row, name = wait_available(job), name_of(job.address)
    count = len(nodes_of(row)) or len(row.get("MemberClusters") or ())
    if count == wanted:
        return
    if wanted == 1 and row.get("AutomaticFailover") in ("enabled", "enabling"):
        modify(job, AutomaticFailoverEnabled=False, MultiAZEnabled=False)
        wait_available(job)
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
    row = wait_available(job)
    if wanted > 1 and row.get("AutomaticFailover") == "disabled":
        modify(job, AutomaticFailoverEnabled=True)
        wait_available(job)


def _write_tags(job: Job, row: Row, wanted: Mapping[str, str]) -> None:
    arn = str(row["ARN"])
    told = job.call("elasticache", "list_tags_for_resource", tried="read the tags of", ResourceName=arn)
    has = naming.tags_in(told.get("TagList"))
    if any(has.get(key) != value for key, value in wanted.items()):
        job.call("elasticache", "add_tags_to_resource", tried="tag", ResourceName=arn, Tags=naming.tag_list(wanted))
    if old := stale(has, {**has, **wanted} if not job.change.spec else wanted):
        job.call("elasticache", "remove_tags_from_resource", tried="untag", ResourceName=arn, TagKeys=old)


# --- what runs --------------------------------------------------------------------------------------------------


def existing(job: Job) -> Row:
    """The layer's replication group, once it is at nothing. Raises `NotFound`."""
    row = find_when_idle(job)
    if row is None:
        raise NotFound(str(job.change.action), job.address, "it does not exist", "Create it with apply.")
    return row


def scale(job: Job) -> None:
    """More or fewer replicas; the primary is one of the number."""
    if job.change.replicas is None:
        raise Invalid("scale", job.address, "nobody said to how many")
    check_count(job, job.change.replicas)
    existing(job)
    _set_count(job, job.change.replicas)


def resize(job: Job) -> None:
    """Another node type: ElastiCache replaces node by node."""
    if job.change.size is None:
        raise Invalid("resize", job.address, "nobody said to which size")
    row, wanted = existing(job), node_type(Kind.CACHE, job.change.size)
    if row.get("CacheNodeType") != wanted:
        modify(job, CacheNodeType=wanted)
    _write_tags(job, wait_available(job), size_tag(job.change.size))


def restart(job: Job) -> None:
    """Each node anew; what is in memory is lost where there is no replica to hold it."""
    row = existing(job)
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
        wait_available(job)


# --- the end ----------------------------------------------------------------------------------------------------


def delete(job: Job) -> None:
    """Remove the replication group, if its data may go, with a last snapshot unless the file said that none is wanted;
    then what is the layer's beside it, the security group last."""
    if not job.change.delete_data:
        if find(job.session, job.address) is not None:
            job.say(f"{job.address} stays: its data may not go")
            return
    else:
        _delete_group(job)
    CACHE_SUBNETS.delete(job, name_of(job.address))
    delete_group(job)


def _delete_group(job: Job) -> None:
    name, row = name_of(job.address), find(job.session, job.address)
    if row is not None and row.get("Status") != "deleting":
        row = find_when_idle(job)
    if row is None:
        return
    if row.get("Status") != "deleting":
        told = job.call("elasticache", "list_tags_for_resource", tried="read the tags of", ResourceName=row["ARN"])
        keeping: Row = {}
        if job.change.final_snapshot and wants_snapshot(naming.tags_in(told.get("TagList"))):
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
    job.wait(lambda: _going(job), TAKES, tried="wait for the end of")


def _going(job: Job) -> str:
    row = find(job.session, job.address)
    return f"{name_of(job.address)} is {row.get('Status')}" if row is not None else ""
