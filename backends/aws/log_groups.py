"""Where the lines of a layer's tasks are kept."""

from __future__ import annotations

from tuienv.backends.aws import naming
from tuienv.backends.aws.failures import code_of
from tuienv.backends.aws.job import Job
from tuienv.backends.base import Invalid, ProviderError
from tuienv.model import Kind

RETENTIONS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
"""Days that CloudWatch Logs offers to keep lines (API reference, PutRetentionPolicy); 0 keeps them for ever."""


def ensure_log_group(job: Job, days: int) -> None:
    """Have the layer's log group keep its lines for so many days. Raises `Invalid` for a number that is not offered."""
    if days and days not in RETENTIONS:
        said = f"lines cannot be kept for {days} days"
        raise Invalid("keep the logs of", job.address, said, f"It can be one of {', '.join(map(str, RETENTIONS))}.")
    name = naming.log_group(job.address)
    rows = job.items(
        "logs", "describe_log_groups", "logGroups", tried="look for log group", target=name, logGroupNamePrefix=name
    )
    found = next((row for row in rows if row.get("logGroupName") == name), None)
    if found is None:
        _create(job, name)
    if days and (found or {}).get("retentionInDays") != days:
        job.call(
            "logs",
            "put_retention_policy",
            tried="set the retention of log group",
            target=name,
            logGroupName=name,
            retentionInDays=days,
        )


def _create(job: Job, name: str) -> None:
    job.say(f"create log group {name}")
    try:
        job.call(
            "logs",
            "create_log_group",
            tried="create log group",
            target=name,
            logGroupName=name,
            tags=job.tags(Kind.APP),
        )
    except ProviderError as error:
        if code_of(error) != "ResourceAlreadyExistsException":
            raise


def delete_log_group(job: Job) -> None:
    """Remove the lines of the layer; nothing if there are none."""
    name = naming.log_group(job.address)
    rows = job.items(
        "logs", "describe_log_groups", "logGroups", tried="look for log group", target=name, logGroupNamePrefix=name
    )
    if any(row.get("logGroupName") == name for row in rows):
        job.say(f"remove log group {name}")
        job.drop("logs", "delete_log_group", tried="remove log group", target=name, logGroupName=name)
