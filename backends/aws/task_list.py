"""Tasks, as ECS lists them: names first, then a hundred of them a call (Amazon ECS API reference, DescribeTasks)."""

from __future__ import annotations

from tuienv.backends.aws.job import Job
from tuienv.backends.aws.session import Row

A_CALL = 100


def task_arns(job: Job, **which: str) -> list[str]:
    """Those of a cluster that are chosen so: ``serviceName``, ``family``, ``desiredStatus``, as ListTasks has them."""
    return job.items("ecs", "list_tasks", "taskArns", tried="list the tasks of", cluster=job.cluster, **which)


def task_rows(job: Job, **which: str) -> list[Row]:
    """The same, with what ECS says of each."""
    arns, found = task_arns(job, **which), list[Row]()
    for start in range(0, len(arns), A_CALL):
        batch = arns[start : start + A_CALL]
        told = job.call("ecs", "describe_tasks", tried="look at the tasks of", cluster=job.cluster, tasks=batch)
        found += told.get("tasks") or ()
    return found
