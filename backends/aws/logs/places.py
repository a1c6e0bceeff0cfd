"""Where the log of something is: which groups, and which streams in them.

======================  =======================================================  =========================
what                    group                                                    streams
======================  =======================================================  =========================
ECS service             ``awslogs-group`` of its task definition's containers    ``PREFIX/CONTAINER/TASK``
DB instance             ``/aws/rds/instance/NAME/LOG``, if it exports ``LOG``    any
DB cluster              ``/aws/rds/cluster/NAME/LOG``                            by instance
replication group       the group that its log delivery names                    by node
======================  =======================================================  =========================

Load balancers write to S3, EC2 instances wherever their agent is told to: they have no log here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from tuienv.backends.aws.looking.grouping import Placed
from tuienv.backends.aws.looking.parts import Form, Row
from tuienv.backends.aws.looking.services import task_name
from tuienv.backends.aws.revisions import serving
from tuienv.model import Address

REMEDIES: Mapping[Form, tuple[str, str]] = {
    Form.SERVICE: (
        "its containers do not write to CloudWatch Logs",
        "Give them the log driver awslogs with an awslogs-stream-prefix.",
    ),
    Form.LOAD_BALANCER: (
        "a load balancer keeps no log but its access logs in S3",
        "Look at its metrics or at the apps.",
    ),
    Form.DATABASE: (
        "it exports no log to CloudWatch",
        "`aws rds modify-db-instance --cloudwatch-logs-export-configuration` turns it on.",
    ),
    Form.DATABASE_CLUSTER: (
        "it exports no log to CloudWatch",
        "`aws rds modify-db-cluster --cloudwatch-logs-export-configuration` turns it on.",
    ),
    Form.REPLICATION_GROUP: (
        "it delivers no log to CloudWatch",
        "`aws elasticache modify-replication-group --log-delivery-configurations` turns it on.",
    ),
    Form.CACHE_CLUSTER: (
        "it delivers no log to CloudWatch",
        "`aws elasticache modify-cache-cluster --log-delivery-configurations` turns it on.",
    ),
    Form.SCALING_GROUP: (
        "EC2 instances keep their logs to themselves",
        "Sign in to one, or read the group its agent writes to.",
    ),
    Form.MACHINES: (
        "EC2 instances keep their logs to themselves",
        "Sign in to one, or read the group its agent writes to.",
    ),
}
"""Why something has no log here, and what to do about it."""


@dataclass(frozen=True)
class Place:
    """Streams of one group that begin with `prefix`. `source_of`: the address of the instance that writes a stream,
    empty for a stream that is somebody else's; `streams`: those that are known to be there."""

    group: str
    prefix: str
    source_of: Callable[[str], str]
    streams: tuple[str, ...] = ()


Revision = Callable[[str], Row]
"""The task definition of an ARN."""


def places_of(placed: Placed, target: Address, revision: Revision) -> list[Place]:
    """Where the log of a layer, or of one instance of it, is; none where it has none."""
    match placed.part.form:
        case Form.SERVICE:
            return list(_of_service(placed, target, revision))
        case Form.DATABASE:
            row = placed.part.row
            group = f"/aws/rds/instance/{row['DBInstanceIdentifier']}"
            return [_whole(f"{group}/{log}", placed, "1") for log in row.get("EnabledCloudwatchLogsExports") or ()]
        case Form.DATABASE_CLUSTER:
            return list(_of_cluster(placed, target))
        case Form.REPLICATION_GROUP | Form.CACHE_CLUSTER:
            return list(_of_cache(placed, target))
        case _:
            return []


def _whole(group: str, placed: Placed, instance: str) -> Place:
    """A group that has the log of nobody else."""
    source = str(Address(placed.address.environment, placed.address.layer, instance))
    return Place(group, "", lambda stream: source)


def _of_service(placed: Placed, target: Address, revision: Revision) -> Iterable[Place]:
    """One place for each container that writes; a task is known from its stream's name, those to come included."""
    tasks = [row for name, row in placed.part.members.items() if target.instance in ("", name)]
    definitions = dict.fromkeys([str(row["taskDefinitionArn"]) for row in tasks] + [serving(placed.part.row)])
    seen: dict[tuple[str, str], None] = {}
    for definition in filter(None, definitions):
        for container in revision(definition).get("containerDefinitions") or ():
            told = container.get("logConfiguration") or {}
            options = told.get("options") or {}
            group, prefix = options.get("awslogs-group"), options.get("awslogs-stream-prefix")
            if told.get("logDriver") == "awslogs" and group and prefix:
                seen[str(group), f"{prefix}/{container['name']}/"] = None
    for group, prefix in seen:
        streams = tuple(prefix + str(row["taskArn"]).rsplit("/", 1)[-1] for row in tasks)
        yield Place(group, _narrowed(prefix, streams, target), _task_source(placed.address, prefix, target), streams)


def _narrowed(prefix: str, streams: tuple[str, ...], target: Address) -> str:
    return streams[0] if target.instance and streams else prefix


def _task_source(layer: Address, prefix: str, target: Address) -> Callable[[str], str]:
    def source(stream: str) -> str:
        if not stream.startswith(prefix):
            return ""
        name = task_name({"taskArn": stream})
        return str(Address(layer.environment, layer.layer, name)) if target.instance in ("", name) else ""

    return source


def _of_cluster(placed: Placed, target: Address) -> Iterable[Place]:
    row = placed.part.row
    for log in row.get("EnabledCloudwatchLogsExports") or ():
        group = f"/aws/rds/cluster/{row['DBClusterIdentifier']}/{log}"
        yield Place(group, target.instance, _member_source(placed, {name: name for name in placed.part.members}))


def _of_cache(placed: Placed, target: Address) -> Iterable[Place]:
    names = {str(row.get("CacheClusterId")): name for name, row in placed.part.members.items()}
    wanted = {node: name for node, name in names.items() if target.instance in ("", name)}
    for delivery in placed.part.row.get("LogDeliveryConfigurations") or ():
        details = (delivery.get("DestinationDetails") or {}).get("CloudWatchLogsDetails") or {}
        if delivery.get("DestinationType") == "cloudwatch-logs" and details.get("LogGroup"):
            yield Place(str(details["LogGroup"]), "", _member_source(placed, wanted))


def _member_source(placed: Placed, names: Mapping[str, str]) -> Callable[[str], str]:
    """A stream is that of the member whose name it bears; the longest, as one may begin with another's."""

    def source(stream: str) -> str:
        found = max((member for member in names if member in stream), key=len, default=None)
        layer = placed.address
        return "" if found is None else str(Address(layer.environment, layer.layer, names[found]))

    return source
