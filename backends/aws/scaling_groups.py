"""Changes of an Auto Scaling group that others made: how many instances it keeps, and all of them made anew."""

from __future__ import annotations

from collections.abc import Sequence

from tuienv.backends.aws.job import Job
from tuienv.backends.aws.looking.parts import Part, Row, word
from tuienv.backends.aws.looking.statuses import busy_with
from tuienv.backends.base import Conflict, Invalid, NotFound

STARTS = 900.0
"""Seconds that an instance may take from being asked for to being in service: images that set themselves up take
minutes, load balancers take their time to believe it."""

REFRESHES = 3600.0
"""Seconds that all of them may take, one after the other."""

_UNDER_WAY = ("Pending", "InProgress", "Cancelling")
_WENT_WRONG = ("Failed", "Cancelled", "RollbackFailed", "RollbackSuccessful")


def scale(job: Job, part: Part) -> None:
    """Keep so many. Raises `Invalid` beyond the group's own bounds, `Conflict` with its last activities where it does
    not get there."""
    wanted, group = job.change.replicas, look(job, part)
    if wanted is None:
        raise Invalid("scale", job.address, "nobody said to how many")
    least, most = int(group["MinSize"]), int(group["MaxSize"])
    if not least <= wanted <= most:
        remedy = f"`aws autoscaling update-auto-scaling-group` changes the bounds of {part.name}."
        raise Invalid("scale", job.address, f"the group keeps from {least} to {most} instances, not {wanted}", remedy)
    if group.get("DesiredCapacity") != wanted:
        job.say(f"set {part.name} to {wanted}")
        job.call(
            "autoscaling",
            "set_desired_capacity",
            tried="scale",
            AutoScalingGroupName=part.name,
            DesiredCapacity=wanted,
            HonorCooldown=False,
        )
    _wait(job, part)


def restart(job: Job, part: Part) -> None:
    """Every instance in turn replaced by one that is made anew, as the group's template says now: an instance refresh.
    One that is under way is joined."""
    if job.change.address.instance:
        reboot_one(job, job.change.address.instance)
        return
    if _refresh(job, part).get("Status") not in _UNDER_WAY:
        job.say(f"refresh the instances of {part.name}")
        job.call("autoscaling", "start_instance_refresh", tried="restart", AutoScalingGroupName=part.name)
    job.wait(lambda: _refreshing(job, part), REFRESHES, tried="restart")


def reboot_one(job: Job, identity: str) -> None:
    job.say(f"reboot {identity}")
    job.call("ec2", "reboot_instances", tried="restart", target=identity, InstanceIds=[identity])


def look(job: Job, part: Part) -> Row:
    """The group as it is now. Raises `NotFound`."""
    found = job.call("autoscaling", "describe_auto_scaling_groups", tried="look at", AutoScalingGroupNames=[part.name])
    rows: Sequence[Row] = found.get("AutoScalingGroups") or ()
    if not rows:
        raise NotFound("look at", job.address, "the Auto Scaling group is gone", "Look again.")
    return rows[0]


def _wait(job: Job, part: Part) -> None:
    before = {str(row.get("ActivityId")) for row in _activities(job, part)}

    def waiting() -> str:
        failed = [row for row in _activities(job, part) if row.get("StatusCode") == "Failed"]
        fresh = [row for row in failed if str(row.get("ActivityId")) not in before]
        if fresh:
            said = word(fresh[0].get("StatusMessage") or fresh[0].get("Description"))
            raise Conflict("scale", job.address, said, "Mend what it names; the group goes on trying.")
        return busy_with(look(job, part))

    job.wait(waiting, STARTS, tried="scale")


def _activities(job: Job, part: Part) -> list[Row]:
    told = job.call(
        "autoscaling",
        "describe_scaling_activities",
        tried="look at",
        target=part.name,
        AutoScalingGroupName=part.name,
        MaxRecords=20,
    )
    return list(told.get("Activities") or ())


def _refresh(job: Job, part: Part) -> Row:
    """The newest instance refresh; empty if there was none."""
    told = job.call(
        "autoscaling",
        "describe_instance_refreshes",
        tried="look at",
        target=part.name,
        AutoScalingGroupName=part.name,
        MaxRecords=1,
    )
    rows: Sequence[Row] = told.get("InstanceRefreshes") or ()
    return rows[0] if rows else {}


def _refreshing(job: Job, part: Part) -> str:
    refresh = _refresh(job, part)
    status = word(refresh.get("Status"))
    if status in _WENT_WRONG:
        said = word(refresh.get("StatusReason")) or f"the refresh of the instances ended with {status}"
        raise Conflict("restart", job.address, said, "The instances that were not reached are as they were.")
    if status == "Successful":
        return ""
    return f"{refresh.get('PercentageComplete', 0)} % of the instances are new"
