"""Changes of what others made, by what it is: under the names that they gave, and within the bounds that they set.

Nothing of it is ever made, deleted or changed from a file. What ECS runs goes through the same rooms as ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tuienv.backends.aws import machines, scaling_groups
from tuienv.backends.aws.databases import refuse_pending
from tuienv.backends.aws.job import Job
from tuienv.backends.aws.looking.parts import Form, Part, Row, word
from tuienv.backends.aws.looking.statuses import data_status
from tuienv.backends.aws.snapping import node_type
from tuienv.backends.aws.stores import SERVES
from tuienv.backends.base import Conflict, Invalid
from tuienv.model import Action, Kind, Status

Room = Callable[[Job, Part], None]

TAKES = 3600.0
"""Seconds that a DB instance or a cache may take over one change: it copies its data."""


def change_others(job: Job, part: Part) -> None:
    """Make one change, and wait until it is done. Raises `Conflict` for what such a thing cannot do."""
    room = _ROOMS.get(part.form, {}).get(job.change.action)
    if room is None:
        said = f"a {part.form} that others made cannot do that"
        raise Conflict(str(job.change.action), job.address, said, "Who made it can, with the tool it was made with.")
    room(job, part)


# --- databases --------------------------------------------------------------------------------------------------


def _stop_database(job: Job, part: Part) -> None:
    if _settled(job, part) == "available":
        _order(job, part, "stop")
    _wait(job, part, "stopped")


def _start_database(job: Job, part: Part) -> None:
    if _settled(job, part) == "stopped":
        _order(job, part, "start")
    _wait(job, part, "available")


def _restart_database(job: Job, part: Part) -> None:
    _settled(job, part)
    _order(job, part, "reboot")
    _wait(job, part, "available")


def _resize_database(job: Job, part: Part) -> None:
    wanted = _wanted_type(job, Kind.DATABASE)
    _settled(job, part)
    row = dict(_look(job, part))
    if row.get("DBInstanceClass") != wanted:
        refuse_pending(job, row, {"DBInstanceClass": wanted})
        job.say(f"make {part.name} a {wanted}")
        _call(job, "rds", "modify_db_instance", part, DBInstanceClass=wanted, ApplyImmediately=True)
    # What was asked for begins some seconds later: until then it is pending beside what is.
    job.wait(lambda: _busy(job, part, pending="DBInstanceClass"), TAKES, tried="resize")


# --- caches -----------------------------------------------------------------------------------------------------


def _scale_cache(job: Job, part: Part) -> None:
    wanted = job.change.replicas
    if wanted is None or wanted < 1:
        raise Invalid("scale", job.address, "a replication group has one node at least", "Name one or more.")
    _settled(job, part)
    nodes = len(_look(job, part).get("MemberClusters") or ())
    if nodes != wanted:
        operation = "increase_replica_count" if wanted > nodes else "decrease_replica_count"
        job.say(f"bring {part.name} to {wanted} nodes")
        _call(job, "elasticache", operation, part, NewReplicaCount=wanted - 1, ApplyImmediately=True)
    _wait(job, part, "available")


def _resize_cache(job: Job, part: Part) -> None:
    wanted = _wanted_type(job, Kind.CACHE)
    _settled(job, part)
    if _look(job, part).get("CacheNodeType") != wanted:
        job.say(f"make the nodes of {part.name} {wanted}")
        _call(job, "elasticache", "modify_replication_group", part, CacheNodeType=wanted, ApplyImmediately=True)
    _wait(job, part, "available")


def _restart_cache(job: Job, part: Part) -> None:
    """Each node in turn, so that a replica can serve meanwhile."""
    for name, row in part.members.items():
        if job.change.address.instance in ("", name):
            _settled(job, part)
            node, numbers = str(row["CacheClusterId"]), [str(row.get("CacheNodeId") or "0001")]
            job.say(f"reboot {node}")
            job.call(
                "elasticache",
                "reboot_cache_cluster",
                tried="restart",
                CacheClusterId=node,
                CacheNodeIdsToReboot=numbers,
            )
    _wait(job, part, "available")


# --- what they have in common -----------------------------------------------------------------------------------

_NAMES: Mapping[Form, tuple[str, str, str, str]] = {
    Form.DATABASE: ("rds", "describe_db_instances", "DBInstances", "DBInstanceIdentifier"),
    Form.DATABASE_CLUSTER: ("rds", "describe_db_clusters", "DBClusters", "DBClusterIdentifier"),
    Form.REPLICATION_GROUP: (
        "elasticache",
        "describe_replication_groups",
        "ReplicationGroups",
        "ReplicationGroupId",
    ),
    Form.CACHE_CLUSTER: ("elasticache", "describe_cache_clusters", "CacheClusters", "CacheClusterId"),
}
_STATES = ("DBInstanceStatus", "CacheClusterStatus", "Status")


def _call(job: Job, service: str, operation: str, part: Part, **given: Any) -> None:
    job.call(service, operation, tried=str(job.change.action), **{_NAMES[part.form][3]: part.name}, **given)


def _order(job: Job, part: Part, verb: str) -> None:
    job.say(f"{verb} {part.name}")
    kind = "instance" if part.form is Form.DATABASE else "cluster"
    _call(job, "rds", f"{verb}_db_{kind}", part)


def _look(job: Job, part: Part) -> Row:
    service, operation, key, name = _NAMES[part.form]
    found: Row = job.call(service, operation, tried="look at", **{name: part.name})[key][0]
    return found


def _state(job: Job, row: Row) -> str:
    """How it is. Raises `Conflict` for a state that does not pass by itself."""
    state = word(next((row[key] for key in _STATES if row.get(key)), "")).lower()
    if data_status(state)[0] is Status.FAILED:
        raise Conflict(str(job.change.action), job.address, f"it is {state}", "Mend it in the console first.")
    return "available" if state in SERVES else state


def _settled(job: Job, part: Part) -> str:
    """How it is, once it is not busy any more: what forbids the next step is waited for."""
    job.wait(lambda: _busy(job, part), TAKES, tried=str(job.change.action))
    return _state(job, _look(job, part))


def _busy(job: Job, part: Part, pending: str = "") -> str:
    """What it is still busy with; empty once it rests."""
    row = _look(job, part)
    state = _state(job, row)
    if state not in ("available", "stopped"):
        return f"{part.name} is {state}"
    waiting = pending and (row.get("PendingModifiedValues") or {}).get(pending)
    return f"{part.name} is about to change" if waiting else ""


def _wait(job: Job, part: Part, wanted: str) -> None:
    def waiting() -> str:
        state = _state(job, _look(job, part))
        return "" if state == wanted else f"{part.name} is {state}"

    job.wait(waiting, TAKES, tried=str(job.change.action))


def _wanted_type(job: Job, kind: Kind) -> str:
    if job.change.size is None:
        raise Invalid("resize", job.address, "nobody said to which size")
    return node_type(kind, job.change.size)


_ROOMS: Mapping[Form, Mapping[Action, Room]] = {
    Form.SCALING_GROUP: {Action.SCALE: scaling_groups.scale, Action.RESTART: scaling_groups.restart},
    Form.MACHINES: {
        Action.STOP: machines.stop,
        Action.START: machines.start,
        Action.RESTART: machines.restart,
        Action.RESIZE: machines.resize,
    },
    Form.DATABASE: {
        Action.STOP: _stop_database,
        Action.START: _start_database,
        Action.RESTART: _restart_database,
        Action.RESIZE: _resize_database,
    },
    Form.DATABASE_CLUSTER: {
        Action.STOP: _stop_database,
        Action.START: _start_database,
        Action.RESTART: _restart_database,
    },
    Form.REPLICATION_GROUP: {
        Action.SCALE: _scale_cache,
        Action.RESIZE: _resize_cache,
        Action.RESTART: _restart_cache,
    },
    Form.CACHE_CLUSTER: {Action.RESTART: _restart_cache},
}
