"""Where the lines of a layer's tasks are kept."""

from __future__ import annotations

from tuienv.backends.aws import naming
from tuienv.backends.aws.failures import code_of
from tuienv.backends.aws.job import Job
from tuienv.backends.aws.options import asked, number_option
from tuienv.backends.aws.session import Row
from tuienv.backends.base import Invalid, ProviderError
from tuienv.model import Kind, LayerSpec

RETENTIONS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
"""Days that CloudWatch Logs offers to keep lines (API reference, PutRetentionPolicy); 0 keeps them for ever."""

USUAL = 30
"""Days where the file does not say."""


def ensure_log_group(job: Job, spec: LayerSpec) -> None:
    """Have the layer's log group keep its lines for as many days as the file says. What somebody chose for a group that
    has lines stays where the file has no say in it: fewer days take lines away at once. Raises `Invalid` for a number
    that is not offered."""
    days = number_option(spec, "retention", USUAL, RETENTIONS[-1])
    if days and days not in RETENTIONS:
        said = f"lines cannot be kept for {days} days"
        raise Invalid("keep the logs of", job.address, said, f"It can be one of {', '.join(map(str, RETENTIONS))}.")
    name, found = naming.log_group(job.address), _find(job)
    if found is None:
        _create(job, name)
    elif found.get("storedBytes") and not asked(job.change, spec, "retention"):
        return
    has = (found or {}).get("retentionInDays")
    if days and has != days:
        tried = "set the retention of log group"
        job.call("logs", "put_retention_policy", tried=tried, target=name, logGroupName=name, retentionInDays=days)
    elif has and not days:
        tried = "keep for ever the lines of log group"
        job.call("logs", "delete_retention_policy", tried=tried, target=name, logGroupName=name)


def _find(job: Job) -> Row | None:
    name = naming.log_group(job.address)
    rows = job.items(
        "logs", "describe_log_groups", "logGroups", tried="look for log group", target=name, logGroupNamePrefix=name
    )
    return next((row for row in rows if row.get("logGroupName") == name), None)


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
    if _find(job) is not None:
        job.say(f"remove log group {name}")
        job.drop("logs", "delete_log_group", tried="remove log group", target=name, logGroupName=name)
