"""Which metrics of CloudWatch say what of an instance, and how its numbers become ours.

CloudWatch speaks in per cent of what something has, in sums over a minute, and of memory that is free; the model in
cores, in rates a second, and in memory that is used. Sources: the lists of metrics in the guides of Amazon ECS, Elastic
Load Balancing, Amazon RDS, Amazon ElastiCache and Amazon EC2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tuienv.backends.aws.looking.grouping import Placed
from tuienv.backends.aws.looking.parts import Form, Part, Row
from tuienv.backends.aws.looking.services import task_size
from tuienv.backends.aws.sizes import CACHES, DATABASES, GIB
from tuienv.model import Address

MINUTE = 60
FIVE_MINUTES = 300


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric of CloudWatch; two instances may share one."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]
    statistic: str = "Average"
    period: int = MINUTE

    def query(self, identity: str) -> dict[str, Any]:
        """It, as GetMetricData takes it."""
        metric = {
            "Namespace": self.namespace,
            "MetricName": self.name,
            "Dimensions": [{"Name": name, "Value": value} for name, value in self.dimensions],
        }
        stat = {"Metric": metric, "Period": self.period, "Stat": self.statistic}
        return {"Id": identity, "MetricStat": stat, "ReturnData": True}


@dataclass(frozen=True, slots=True)
class Gauge:
    """A field of a sample: `offset` and `factor` times the metric; the sum where several are of one field. `limit`: the
    most that memory can be, in bytes."""

    field: str
    metric: Metric
    factor: float = 1.0
    offset: float = 0.0
    limit: int | None = None


def gauges_of(placed: Placed, target: Address) -> tuple[Gauge, ...]:
    """What can be measured of one instance."""
    part, row = placed.part, placed.part.members.get(target.instance)
    if row is None:
        return ()
    match part.form:
        case Form.SERVICE:
            return _of_task(part, row)
        case Form.LOAD_BALANCER:
            return _of_balancer(part)
        case Form.DATABASE | Form.DATABASE_CLUSTER:
            return _of_database(row)
        case Form.REPLICATION_GROUP | Form.CACHE_CLUSTER:
            return _of_cache(part, row)
        case Form.SCALING_GROUP | Form.MACHINES:
            return _of_machine(target.instance, row)


def _of_task(part: Part, task: Row) -> tuple[Gauge, ...]:
    size = task_size(task)
    dimensions = (("ClusterName", part.home), ("ServiceName", part.name))
    gauges: list[Gauge] = []
    if size is not None and size.cpu and size.memory:
        cpu, memory = (Metric("AWS/ECS", f"{what}Utilization", dimensions) for what in ("CPU", "Memory"))
        gauges += [
            Gauge("cpu", cpu, size.cpu / 100),
            Gauge("memory", memory, size.memory / 100, limit=size.memory),
        ]
    for group in sorted(part.target_groups):
        per_target = Metric("AWS/ApplicationELB", "RequestCountPerTarget", (("TargetGroup", suffix_of(group)),), "Sum")
        gauges.append(Gauge("requests", per_target, 1 / MINUTE))
    return tuple(gauges)


def _of_balancer(part: Part) -> tuple[Gauge, ...]:
    dimensions = (("LoadBalancer", suffix_of(part.arn)),)
    if part.row.get("Type") == "network":
        processed = Metric("AWS/NetworkELB", "ProcessedBytes", dimensions, "Sum")
        return (Gauge("sent", processed, 1 / MINUTE),)
    requests = Metric("AWS/ApplicationELB", "RequestCount", dimensions, "Sum")
    processed = Metric("AWS/ApplicationELB", "ProcessedBytes", dimensions, "Sum")
    return Gauge("requests", requests, 1 / MINUTE), Gauge("sent", processed, 1 / MINUTE)


def suffix_of(arn: str) -> str:
    """What CloudWatch calls a load balancer (``app/shop/50dc6c495c0c9188``) or a target group (``targetgroup/…``)."""
    return arn.rpartition(":")[2].removeprefix("loadbalancer/")


def _of_database(row: Row) -> tuple[Gauge, ...]:
    dimensions = (("DBInstanceIdentifier", str(row["DBInstanceIdentifier"])),)
    node = DATABASES.get(str(row.get("DBInstanceClass")))
    gauges = [
        Gauge("received", Metric("AWS/RDS", "NetworkReceiveThroughput", dimensions)),
        Gauge("sent", Metric("AWS/RDS", "NetworkTransmitThroughput", dimensions)),
    ]
    if node is not None:
        total = round(node.memory * GIB)
        gauges += [
            Gauge("cpu", Metric("AWS/RDS", "CPUUtilization", dimensions), node.cores / 100),
            Gauge("memory", Metric("AWS/RDS", "FreeableMemory", dimensions), -1.0, total, limit=total),
        ]
    return tuple(gauges)


def _of_cache(part: Part, row: Row) -> tuple[Gauge, ...]:
    dimensions: tuple[tuple[str, str], ...] = (("CacheClusterId", str(row["CacheClusterId"])),)
    if part.form is Form.CACHE_CLUSTER and row.get("CacheNodeId"):
        dimensions = (*dimensions, ("CacheNodeId", str(row["CacheNodeId"])))
    node = CACHES.get(str(row.get("CacheNodeType") or part.row.get("CacheNodeType")))
    gauges = [
        Gauge("received", Metric("AWS/ElastiCache", "NetworkBytesIn", dimensions, "Sum"), 1 / MINUTE),
        Gauge("sent", Metric("AWS/ElastiCache", "NetworkBytesOut", dimensions, "Sum"), 1 / MINUTE),
    ]
    limit = None if node is None else round(node.memory * GIB)
    used = "BytesUsedForCacheItems" if part.row.get("Engine") == "memcached" else "BytesUsedForCache"
    gauges.append(Gauge("memory", Metric("AWS/ElastiCache", used, dimensions), limit=limit))
    if node is not None:
        gauges.append(Gauge("cpu", Metric("AWS/ElastiCache", "CPUUtilization", dimensions), node.cores / 100))
    return tuple(gauges)


def _of_machine(identity: str, row: Row) -> tuple[Gauge, ...]:
    dimensions = (("InstanceId", identity),)
    detailed = (row.get("Monitoring") or {}).get("State") == "enabled"
    period = MINUTE if detailed else FIVE_MINUTES
    options: Mapping[str, Any] = row.get("CpuOptions") or {}
    cores = int(options.get("CoreCount") or 0) * int(options.get("ThreadsPerCore") or 1)
    gauges = [
        Gauge("received", Metric("AWS/EC2", "NetworkIn", dimensions, "Sum", period), 1 / period),
        Gauge("sent", Metric("AWS/EC2", "NetworkOut", dimensions, "Sum", period), 1 / period),
    ]
    if cores:
        gauges.append(Gauge("cpu", Metric("AWS/EC2", "CPUUtilization", dimensions, period=period), cores / 100))
    return tuple(gauges)
