"""How the load balancers of an environment ask an app whether it is well: as its own file says, which the app's service
has written on it, since the load balancer's target groups are made by another layer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tuienv.backends.aws import naming
from tuienv.backends.aws.job import Job
from tuienv.backends.aws.session import Row
from tuienv.model import Address, Health

HEALTH = "tuienv:health"
"""On a service: how it says that it is ready, for the load balancer: ``/healthz 1 2 60``."""


def health_text(health: Health | None) -> str:
    """``/healthz 1 2 60``: path, interval, timeout and grace, as a tag can hold them."""
    one = health or Health()
    return f"{one.path or '-'} {one.interval:g} {one.timeout:g} {one.grace:g}"


def health_in(text: str) -> Health:
    """What `health_text` wrote; the usual where nothing was."""
    parts = text.split()
    try:
        path, interval, timeout, grace = parts
        return Health("" if path == "-" else path, (), float(interval), float(timeout), float(grace))
    except ValueError:
        return Health()


def checks(health: Health) -> Row:
    """How the load balancer asks: every five seconds at the most often, with less time for the answer than in between
    (ELB API reference, CreateTargetGroup)."""
    interval = min(300, max(5, round(health.interval)))
    return {
        "HealthCheckPath": health.path or "/",
        "HealthCheckIntervalSeconds": interval,
        "HealthCheckTimeoutSeconds": min(interval - 1, max(2, round(health.timeout))),
        "HealthyThresholdCount": 2,
        "UnhealthyThresholdCount": 3,
        # Without a path of its own an app is well if it answers at all.
        "Matcher": {"HttpCode": "200-399" if health.path else "200-499"},
    }


def differs(row: Mapping[str, Any], health: Health) -> bool:
    """Whether a target group asks otherwise."""
    return any(row.get(key) != value for key, value in checks(health).items())


def set_checks(job: Job, arn: str, health: Health) -> None:
    job.call("elbv2", "modify_target_group", tried="set the health check of", TargetGroupArn=arn, **checks(health))


def group_mark(app: Address) -> str:
    """What the names of the target groups have in them that an environment's load balancers send to an app with."""
    return naming.digest_of(app)


def is_for(row: Mapping[str, Any], app: Address) -> bool:
    """Whether a target group is one of those."""
    return f"-{group_mark(app)}-" in str(row.get("TargetGroupName", ""))


def asking_otherwise(job: Job, service: Row | None, health: Health) -> list[str]:
    """The target groups of ours that the app's tasks are in, where they are asked otherwise than this."""
    behind: Iterable[Row] = (service or {}).get("loadBalancers") or ()
    arns = [str(row["targetGroupArn"]) for row in behind if row.get("targetGroupArn")]
    if not arns:
        return []
    tried = "look at the target groups of"
    rows = job.items("elbv2", "describe_target_groups", "TargetGroups", tried=tried, TargetGroupArns=arns)
    return [str(row["TargetGroupArn"]) for row in rows if is_for(row, job.address) and differs(row, health)]


def is_answered(job: Job, group: str) -> bool:
    """Whether anything in a target group is well, by what it is asked now."""
    told = job.call("elbv2", "describe_target_health", tried="ask how they are in", TargetGroupArn=group)
    rows: Iterable[Row] = told.get("TargetHealthDescriptions") or ()
    return any((row.get("TargetHealth") or {}).get("State") == "healthy" for row in rows)
