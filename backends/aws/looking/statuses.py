"""How AWS says that something is, in the model's words.

=====================  =============================================================  ==========
what                   as AWS says it                                                 status
=====================  =============================================================  ==========
ECS task               PROVISIONING, PENDING, ACTIVATING                              starting
ECS task               RUNNING; its health check UNHEALTHY                            running; degraded
ECS task               its target unhealthy, unavailable; initial                     degraded; starting
ECS task               DEACTIVATING, STOPPING, DEPROVISIONING                         deleting
load balancer          active; active_impaired; provisioning; failed                  as for a task, or failed
DB instance, cache     available, and whatever it is doing while it serves            running
DB instance, cache     creating, starting, rebooting, restoring                       starting
DB instance            stopped, stopping                                              stopped
DB instance, cache     failed, incompatible-…, inaccessible-…, storage-full           failed
EC2 instance           pending; running; stopping, stopped; shutting-down             as for the others
=====================  =============================================================  ==========

Sources: the services' API references ("Task lifecycle", "Viewing DB instance status", "DescribeReplicationGroups").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tuienv.backends.aws.looking.parts import Row, word
from tuienv.model import Instance, Status

Told = tuple[Status, str]
"""A status and a few words more."""

_TASKS: Mapping[str, Status] = {
    "PROVISIONING": Status.STARTING,
    "PENDING": Status.STARTING,
    "ACTIVATING": Status.STARTING,
    "RUNNING": Status.RUNNING,
    "DEACTIVATING": Status.DELETING,
    "STOPPING": Status.DELETING,
    "DEPROVISIONING": Status.DELETING,
    "STOPPED": Status.DELETING,
    "DELETED": Status.DELETING,
}
_TARGETS: Mapping[str, Told] = {
    "healthy": (Status.RUNNING, "healthy"),
    "initial": (Status.STARTING, "health: starting"),
    "unhealthy": (Status.DEGRADED, "unhealthy"),
    "unhealthy.draining": (Status.DEGRADED, "unhealthy"),
    "unavailable": (Status.DEGRADED, "health unknown to the load balancer"),
    "draining": (Status.DELETING, "draining"),
}
_BALANCERS: Mapping[str, Status] = {
    "active": Status.RUNNING,
    "active_impaired": Status.DEGRADED,
    "provisioning": Status.STARTING,
    "failed": Status.FAILED,
}
_DATA_STARTS = frozenset({"creating", "starting", "rebooting", "restoring", "rebooting cluster nodes", "migrating"})
_DATA_FAILED = frozenset({"failed", "create-failed", "restore-error", "storage-full", "restore-failed", "error"})
_DATA_STOPPED = frozenset({"stopped", "stopping"})
_MACHINES: Mapping[str, Status] = {
    "pending": Status.STARTING,
    "running": Status.RUNNING,
    "stopping": Status.STOPPED,
    "stopped": Status.STOPPED,
    "shutting-down": Status.DELETING,
    "terminated": Status.DELETING,
}


def task_status(row: Row) -> Told:
    """How an ECS task is by itself."""
    last = str(row.get("lastStatus", ""))
    status = _TASKS.get(last, Status.UNKNOWN)
    if row.get("desiredStatus") == "STOPPED":
        return Status.DELETING, word(row.get("stoppedReason")) or last.lower()
    if status is not Status.RUNNING:
        return status, last.lower()
    health = row.get("healthStatus")
    if health == "UNHEALTHY":
        return Status.DEGRADED, "unhealthy"
    return Status.RUNNING, "healthy" if health == "HEALTHY" else ""


def with_target(told: Told, state: str) -> Told:
    """The same with what the load balancer says of its target; only what serves can be better or worse for it."""
    if told[0] is not Status.RUNNING:
        return told
    return _TARGETS.get(state, told)


def balancer_status(row: Row) -> Told:
    state = row.get("State") or {}
    code = str(state.get("Code", ""))
    return _BALANCERS.get(code, Status.UNKNOWN), "" if code == "active" else word(state.get("Reason") or code)


def data_status(said: object) -> Told:
    """How a DB instance, a cache node or a replication group is. What it does while it serves (backing-up, modifying,
    snapshotting, and whatever AWS thinks of next) is no reason to say that it does not run."""
    state = word(said, 64).lower()
    if state in ("available", "active"):
        return Status.RUNNING, ""
    if state.startswith("delet"):
        return Status.DELETING, ""
    if state in _DATA_STOPPED:
        return Status.STOPPED, state
    if state in _DATA_STARTS:
        return Status.STARTING, state
    if state in _DATA_FAILED or state.startswith(("incompatible-", "inaccessible-", "insufficient-")):
        return Status.FAILED, state
    return (Status.RUNNING, state) if state else (Status.UNKNOWN, "")


def machine_status(row: Row) -> Told:
    """How an EC2 instance is by itself."""
    state = str((row.get("State") or {}).get("Name", ""))
    return _MACHINES.get(state, Status.UNKNOWN), "" if state == "running" else word(state, 64)


def member_status(told: Told, member: Row) -> Told:
    """The same, as its Auto Scaling group sees it."""
    life = str(member.get("LifecycleState", ""))
    if life.startswith("Terminating"):
        return Status.DELETING, "terminating"
    if life.startswith(("Standby", "EnteringStandby")):
        return Status.STOPPED, "standby"
    if life.startswith("Pending") and told[0] is Status.RUNNING:
        return Status.STARTING, "pending"
    if member.get("HealthStatus") == "Unhealthy" and told[0] is Status.RUNNING:
        return Status.DEGRADED, "unhealthy"
    return told


def busy_with(group: Row) -> str:
    """What an Auto Scaling group is still busy with; empty once it has what it wants, in service."""
    states = [str(one.get("LifecycleState", "")) for one in group.get("Instances") or ()]
    serving, wanted = states.count("InService"), int(group.get("DesiredCapacity") or 0)
    leaving = sum(state.startswith("Terminating") for state in states)
    if serving == wanted and not leaving:
        return ""
    return f"{serving} of {wanted} in service" + (f", {leaving} on their way out" if leaving else "")


def roll_up(instances: Iterable[Instance]) -> Status:
    """The status of a layer from those of its instances."""
    found = {instance.status for instance in instances}
    if len(found) <= 1:
        return next(iter(found), Status.ABSENT)
    if found == {Status.RUNNING, Status.STARTING}:
        return Status.STARTING
    serving = found & {Status.RUNNING, Status.STARTING, Status.DEGRADED}
    if found - {Status.DELETING} == {Status.RUNNING}:
        return Status.RUNNING
    if serving:
        return Status.DEGRADED
    return Status.FAILED if Status.FAILED in found else Status.STOPPED


def wanted_status(instances: Iterable[Instance], wanted: int, failing: bool) -> Status:
    """The status of a layer of which AWS keeps so many: one that lacks some is on its way up, or fails at it."""
    counted = [one for one in instances if one.status is not Status.DELETING]
    if not counted:
        lacking = Status.FAILED if failing else Status.STARTING
        return lacking if wanted else Status.STOPPED
    status = roll_up(counted)
    if status is Status.RUNNING and len(counted) < wanted:
        return Status.DEGRADED if failing else Status.STARTING
    return status
