"""Changes of EC2 instances that others made: stopped, started, made bigger or smaller, rebooted.

An instance changes its type only while it is stopped. That it ran before is written on it (`RUNS`) until it runs again,
so that a change that was interrupted in between starts it when it goes on.
"""

from __future__ import annotations

from collections.abc import Sequence

from tuienv.backends.aws import naming
from tuienv.backends.aws.job import Job
from tuienv.backends.aws.looking.parts import Part, Row, word
from tuienv.backends.base import Conflict, Invalid, ProviderError

RUNS = "tuienv:starts-again"
"""The tag of an instance that is stopped for a moment only."""

TAKES = 600.0
"""Seconds that an instance may take to stop or to start."""

_GOING = ("shutting-down", "terminated")


def stop(job: Job, part: Part) -> None:
    """All of them at once, or the one that is meant; data on EBS, addresses inside the VPC and settings stay."""
    running = [one for one in _meant(job, part) if _state(one) in ("running", "pending")]
    _stop(job, running)
    _wait(job, part, "stopped", "stop")


def start(job: Job, part: Part) -> None:
    """Those that are stopped; one that is still stopping is waited for first."""
    _wait_until_settled(job, part, "start")
    _start(job, [one for one in _meant(job, part) if _state(one) == "stopped"])
    _wait(job, part, "running", "start")


def restart(job: Job, part: Part) -> None:
    """Reboot those that run."""
    running = [str(one["InstanceId"]) for one in _meant(job, part) if _state(one) == "running"]
    if not running:
        raise Conflict("restart", job.address, "none of its instances runs", "Start it first.")
    job.say(f"reboot {', '.join(running)}")
    job.call("ec2", "reboot_instances", tried="restart", InstanceIds=running)


def resize(job: Job, part: Part) -> None:
    """Another type for each in turn, so that the others serve meanwhile. Raises `Invalid` without a type."""
    size = job.change.size
    if size is None or "." not in size.name:
        remedy = "Name one, such as t3.small; `aws ec2 describe-instance-types` lists them."
        raise Invalid("resize", job.address, "EC2 sells sizes by the name of a type", remedy)
    _wait_until_settled(job, part, "resize")
    for one in _meant(job, part):
        _resize(job, one, size.name)


def _resize(job: Job, one: Row, wanted: str) -> None:
    identity = str(one["InstanceId"])
    interrupted = RUNS in naming.tags_in(one.get("Tags"))
    if one.get("InstanceType") != wanted:
        if _state(one) == "running" and not interrupted:
            tag = [{"Key": RUNS, "Value": "yes"}]
            job.call("ec2", "create_tags", tried="resize", target=identity, Resources=[identity], Tags=tag)
            interrupted = True
        _stop(job, [one] if _state(one) == "running" else [])
        _wait_for(job, [identity], "stopped", "resize")
        job.say(f"make {identity} a {wanted}")
        try:
            _set_type(job, identity, wanted)
        except ProviderError:
            if interrupted:
                _start_again(job, identity)
            raise
    if interrupted:
        _start_again(job, identity)


def _set_type(job: Job, identity: str, wanted: str) -> None:
    job.call(
        "ec2",
        "modify_instance_attribute",
        tried="resize",
        target=identity,
        InstanceId=identity,
        InstanceType={"Value": wanted},
    )


def _start_again(job: Job, identity: str) -> None:
    """What was stopped for a moment only, whatever size it has now."""
    _start(job, [row for row in _look(job, [identity]) if _state(row) == "stopped"])
    _wait_for(job, [identity], "running", "resize")
    gone = [{"Key": RUNS}]
    job.call("ec2", "delete_tags", tried="resize", target=identity, Resources=[identity], Tags=gone)


def _stop(job: Job, rows: Sequence[Row]) -> None:
    if identities := [str(one["InstanceId"]) for one in rows]:
        job.say(f"stop {', '.join(identities)}")
        job.call("ec2", "stop_instances", tried="stop", InstanceIds=identities)


def _start(job: Job, rows: Sequence[Row]) -> None:
    if identities := [str(one["InstanceId"]) for one in rows]:
        job.say(f"start {', '.join(identities)}")
        job.call("ec2", "start_instances", tried="start", InstanceIds=identities)


# --- looking and waiting ----------------------------------------------------------------------------------------


def _identities(job: Job, part: Part) -> list[str]:
    wanted = job.change.address.instance
    return [identity for identity in part.members if wanted in ("", identity)]


def _meant(job: Job, part: Part) -> list[Row]:
    """The instances of the change as they are now, those that are going left out."""
    return _look(job, _identities(job, part))


def _look(job: Job, identities: Sequence[str]) -> list[Row]:
    if not identities:
        return []
    rows = [
        row
        for reservation in job.items(
            "ec2", "describe_instances", "Reservations", tried="look at", InstanceIds=list(identities)
        )
        for row in reservation.get("Instances") or ()
    ]
    return [row for row in rows if _state(row) not in _GOING]


def _state(row: Row) -> str:
    return str((row.get("State") or {}).get("Name", ""))


def _wait(job: Job, part: Part, state: str, tried: str) -> None:
    _wait_for(job, _identities(job, part), state, tried)


def _wait_for(job: Job, identities: Sequence[str], state: str, tried: str) -> None:
    def waiting() -> str:
        others = [row for row in _look(job, identities) if _state(row) != state]
        for row in others:
            if state == "running" and _state(row) in ("stopped", "stopping"):
                reason = word((row.get("StateReason") or {}).get("Message")) or "it stopped again"
                raise Conflict(tried, row["InstanceId"], reason, "Mend what it names, and start it.")
        return f"{others[0]['InstanceId']} is {_state(others[0])}" if others else ""

    job.wait(waiting, TAKES, tried=tried)


def _wait_until_settled(job: Job, part: Part, tried: str) -> None:
    """What is on its way to somewhere is waited for, not fought."""

    def waiting() -> str:
        moving = [row for row in _meant(job, part) if _state(row) in ("pending", "stopping")]
        return f"{moving[0]['InstanceId']} is {_state(moving[0])}" if moving else ""

    job.wait(waiting, TAKES, tried=tried)
