"""What AWS measures of ECS by itself, for ministack's CloudWatch, which knows what it is told alone.

Whoever asks for data gets what the containers of each service's tasks use by then, as Docker Engine counts it: their
processor time by the time since they started, and their memory without files that are only kept, both in per cent of
what the task has; of a service, the average of its tasks. Source: "Amazon ECS service utilization metrics".

They are dated to the last minute that is over: a test does not wait until one has passed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from statistics import fmean
from typing import Any

from docker.errors import APIError, NotFound
from ministack.services import cloudwatch, ecs  # type: ignore[import-untyped]  # it brings no types

Answer = Any

MINUTE = 60
CORE, MIB = 1024, 1024 * 1024
"""CPU units of a core, and bytes of a MiB: tasks are told their sizes in these."""


def mend() -> None:
    """Before it starts."""
    cloudwatch._get_metric_data = measured(cloudwatch._get_metric_data)


def measured(ask: Callable[..., Answer]) -> Callable[..., Answer]:
    """It measures first."""

    def asked(*given: Any) -> Answer:
        for (cluster, service), used in _used_by_services().items():
            for name, values in zip(("CPUUtilization", "MemoryUtilization"), zip(*used, strict=True), strict=True):
                _put(name, {"ClusterName": cluster, "ServiceName": service}, fmean(values))
        return ask(*given)

    return asked


def _put(name: str, dimensions: dict[str, str], value: float) -> None:
    """In the place of the one before: ministack tells the oldest first, whatever order it is asked for."""
    over = (time.time() // MINUTE - 1) * MINUTE
    key = ("AWS/ECS", name, cloudwatch._dims_key(dimensions))
    cloudwatch._metrics[key] = [{"Timestamp": over, "Value": value, "Unit": "Percent", "Dimensions": dimensions}]


def _used_by_services() -> dict[tuple[str, str], list[tuple[float, float]]]:
    """Of each service, what each of its running tasks uses: processor and memory, in per cent."""
    found: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for task in list(ecs._tasks.values()):
        group = str(task.get("group", ""))
        if group.startswith("service:") and task["lastStatus"] == "RUNNING" and (used := list(_used_by(task))):
            cores, memory = int(task["cpu"]) / CORE, int(task["memory"]) * MIB
            processor, held = map(sum, zip(*used, strict=True))
            service = task["clusterArn"].rpartition("/")[2], group.removeprefix("service:")
            found.setdefault(service, []).append((100 * processor / cores, 100 * held / memory))
    return found


def _used_by(task: Any) -> Iterator[tuple[float, float]]:
    """Cores and bytes that each container of it uses."""
    api = ecs._get_docker().api
    for container in list(task.get("_docker_ids") or ()):
        try:
            told = api.stats(container, stream=False, one_shot=True)
            started = api.inspect_container(container)["State"]["StartedAt"]
        except (NotFound, APIError):
            continue  # it has just gone
        if memory := told.get("memory_stats"):
            lasted = _time(told["read"]) - _time(started)
            cached = memory.get("stats", {}).get("inactive_file") or memory.get("stats", {}).get("total_inactive_file")
            yield told["cpu_stats"]["cpu_usage"]["total_usage"] / 1e9 / lasted, memory["usage"] - (cached or 0)


def _time(told: str) -> float:
    """``2026-01-02T03:04:05.678901234Z``."""
    return datetime.fromisoformat(f"{told[:19]}+00:00").timestamp() + float(f"0.{told[20:-1] or 0}")
