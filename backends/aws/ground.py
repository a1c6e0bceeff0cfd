"""What an environment's layers stand on: an ECS cluster, and the role that starts its tasks. The cluster is made last
and goes last: as long as it is there, so is the ground."""

from __future__ import annotations

from tuienv.backends.aws import naming
from tuienv.backends.aws.job import Job, having
from tuienv.backends.aws.keeping import forget_marks, note_account
from tuienv.backends.aws.roles import delete_role, ensure_execution_role, execution_role_name
from tuienv.backends.aws.session import Row
from tuienv.backends.base import Conflict

_OCCUPIED = having(
    "ClusterContainsServicesException",
    "ClusterContainsTasksException",
    "ClusterContainsContainerInstancesException",
    "UpdateInProgressException",
)


def ensure_ground(job: Job) -> None:
    """Make what is missing of it."""
    note_account(job)
    ensure_execution_role(job)
    _ensure_cluster(job)


def delete_ground(job: Job) -> None:
    """Remove it; the data of layers that stay does not need it."""
    delete_role(job, execution_role_name(job))
    forget_marks(job.session, job.environment)
    cluster = find_cluster(job)
    if cluster is None:
        return
    name = naming.cluster_name(job.environment)
    job.say(f"remove cluster {name}")

    def remove() -> Row:
        job.drop("ecs", "delete_cluster", tried="remove cluster", target=name, cluster=name)
        return {}

    job.settled(remove, _OCCUPIED, f"cluster {name} still has tasks that end")


def find_cluster(job: Job) -> Row | None:
    """The environment's cluster. Raises `Conflict` where others have one of that name."""
    name = naming.cluster_name(job.environment)
    found = job.call(
        "ecs", "describe_clusters", tried="look for cluster", target=name, clusters=[name], include=["TAGS"]
    )
    rows = [row for row in found.get("clusters") or () if row.get("status") != "INACTIVE"]
    if not rows:
        return None
    if not naming.is_ours(naming.tags_in(rows[0].get("tags"))):
        said = "there is an ECS cluster of that name which others made"
        raise Conflict("use cluster", name, said, "Give the environment another name.")
    cluster: Row = rows[0]
    return cluster


def _ensure_cluster(job: Job) -> None:
    name = naming.cluster_name(job.environment)
    if find_cluster(job) is not None:
        return
    job.say(f"create cluster {name}")
    tags = naming.tags_of(job.beside(""), account=job.session.account)
    job.call(
        "ecs",
        "create_cluster",
        tried="create cluster",
        target=name,
        clusterName=name,
        tags=naming.tag_list(tags, "key", "value"),
    )
