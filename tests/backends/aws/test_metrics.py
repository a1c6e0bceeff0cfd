"""Measurements: one question for all that is looked at, and CloudWatch's numbers in the model's units."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from tests.backends.aws import rows
from tests.backends.aws.rows import THEN, World
from tests.backends.aws.stub import Refusal, Stub
from tuienv.backends.aws.looking.atlas import Atlas
from tuienv.backends.aws.metrics import MetricsStream
from tuienv.backends.base import Forbidden
from tuienv.model import Address, Sample

GIB = 1024**3
PATIENCE = 30.0


@pytest.fixture
def world(stub: Stub) -> World:
    """Two tasks behind a load balancer, a database, a cache node, an EC2 instance; all of the environment ``shop``."""
    world, mine = World(), {"Project": "shop"}
    world.clusters = ["shop"]
    group = rows.target_group("web", "edge")
    attached = {"loadBalancers": [{"targetGroupArn": group["TargetGroupArn"]}]}
    world.services = [rows.service("shop", "web", mine, 2, **attached)]
    world.tasks = [rows.task("shop", "web", number, cpu="512", memory="1024") for number in (1, 2)]
    world.balancers, world.groups = [rows.balancer("edge")], [group]
    world.caches = [rows.replication_group("cache")]
    world.nodes = [rows.cache_node("cache-001", "cache")]
    world.databases = [rows.database("db", mine)]
    world.machines = [rows.machine("i-1", {**mine, "Name": "old"}, CpuOptions={"CoreCount": 1, "ThreadsPerCore": 2})]
    world.tags = {rows.balancer("edge")["LoadBalancerArn"]: mine, rows.replication_group("cache")["ARN"]: mine}
    world.answer(stub)
    return world


class Numbers:
    """What CloudWatch has, by metric; of the newest minute first, as it is asked for."""

    def __init__(self, stub: Stub, values: Mapping[str, float]) -> None:
        self.values = dict(values)
        self.time = THEN
        stub.on("cloudwatch", "GetMetricData", self._answer)

    def _answer(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"MetricDataResults": [self._result(query) for query in given["MetricDataQueries"]]}

    def _result(self, query: Mapping[str, Any]) -> Mapping[str, Any]:
        name = query["MetricStat"]["Metric"]["MetricName"]
        if name not in self.values:
            return {"Id": query["Id"], "Timestamps": [], "Values": []}
        return {"Id": query["Id"], "Timestamps": [self.time], "Values": [self.values[name]]}


def measured(atlas: Atlas, *targets: str) -> dict[str, Sample]:
    stream = MetricsStream(atlas, [Address.parse(target) for target in targets])
    samples = {sample.address: sample for sample in next(stream)}
    stream.close()
    return samples


TASKS = ("shop/web/00000001", "shop/web/00000002")
EVERYTHING = (*TASKS, "shop/edge/1", "shop/cache/1", "shop/db/1", "shop/old/i-1")


def test_one_call_for_everything(world: World, atlas: Atlas, stub: Stub) -> None:
    numbers = {"CPUUtilization": 50.0, "RequestCount": 120.0, "BytesUsedForCache": 1024.0}
    Numbers(stub, numbers)
    assert measured(atlas, *EVERYTHING).keys() == set(EVERYTHING)
    (asked,) = stub.asked("GetMetricData")
    stats = [query["MetricStat"] for query in asked["MetricDataQueries"]]
    assert len(stats) == len({repr(stat) for stat in stats})  # the tasks share their service's
    assert asked["ScanBy"] == "TimestampDescending"


def test_per_cent_become_cores_and_bytes(world: World, atlas: Atlas, stub: Stub) -> None:
    Numbers(stub, {"CPUUtilization": 50.0, "MemoryUtilization": 25.0, "RequestCountPerTarget": 120.0})
    sample = measured(atlas, *TASKS)[TASKS[0]]
    assert sample == Sample(TASKS[0], THEN.timestamp(), cpu=0.25, memory=GIB // 4, memory_limit=GIB, requests=2.0)


def test_requests_are_those_of_every_route(world: World, atlas: Atlas, stub: Stub) -> None:
    """A service that two routes lead to is in two target groups, of which each has its own."""
    second = rows.target_group("api", "edge")
    world.groups.append(second)
    world.services[0]["loadBalancers"].append({"targetGroupArn": second["TargetGroupArn"]})
    Numbers(stub, {"RequestCountPerTarget": 120.0})
    assert measured(atlas, *TASKS)[TASKS[0]].requests == 4.0


def test_free_memory_becomes_used_memory(world: World, atlas: Atlas, stub: Stub) -> None:
    Numbers(stub, {"FreeableMemory": 0.25 * GIB, "CPUUtilization": 10.0, "NetworkReceiveThroughput": 5.0})
    sample = measured(atlas, "shop/db/1")["shop/db/1"]
    assert (sample.memory, sample.memory_limit, sample.cpu, sample.received) == (0.75 * GIB, GIB, 0.2, 5.0)


def test_sums_of_a_minute_become_rates(world: World, atlas: Atlas, stub: Stub) -> None:
    Numbers(stub, {"RequestCount": 600.0, "ProcessedBytes": 6000.0, "NetworkBytesIn": 60.0})
    samples = measured(atlas, "shop/edge/1", "shop/cache/1")
    assert (samples["shop/edge/1"].requests, samples["shop/edge/1"].sent) == (10.0, 100.0)
    assert samples["shop/cache/1"].received == 1.0


def test_a_minute_that_is_not_over_is_no_minute(world: World, atlas: Atlas, stub: Stub) -> None:
    """Its sum is that of the requests so far."""
    begun, before, gone = THEN, THEN - timedelta(seconds=60), THEN - timedelta(seconds=120)

    def answer(given: Mapping[str, Any]) -> Mapping[str, Any]:
        (identity,) = (q["Id"] for q in given["MetricDataQueries"] if "RequestCount" in str(q))
        told = {"Id": identity, "Timestamps": [begun, before, gone], "Values": [7.0, 600.0, 540.0]}
        return {"MetricDataResults": [told]}

    stub.on("cloudwatch", "GetMetricData", answer)
    for late, requests in ((20, 10.0), (59, 10.0), (61, 7 / 60)):
        stream = MetricsStream(atlas, [Address("shop", "edge", "1")], clock=lambda: THEN.timestamp() + late)  # noqa: B023 - called before the next turn
        (sample,) = next(stream)
        stream.close()
        assert sample.requests == requests


def test_ec2_without_detailed_monitoring_has_five_minutes(world: World, atlas: Atlas, stub: Stub) -> None:
    Numbers(stub, {"NetworkIn": 3000.0, "CPUUtilization": 50.0})
    sample = measured(atlas, "shop/old/i-1")["shop/old/i-1"]
    assert (sample.received, sample.cpu) == (10.0, 1.0)
    (asked,) = stub.asked("GetMetricData")
    assert {query["MetricStat"]["Period"] for query in asked["MetricDataQueries"]} == {300}


def test_load_balancers_are_called_as_cloudwatch_calls_them(world: World, atlas: Atlas, stub: Stub) -> None:
    Numbers(stub, {"RequestCount": 1.0})
    measured(atlas, "shop/edge/1")
    (asked,) = stub.asked("GetMetricData")
    dimensions = {str(query["MetricStat"]["Metric"]["Dimensions"]) for query in asked["MetricDataQueries"]}
    assert dimensions == {"[{'Name': 'LoadBalancer', 'Value': 'app/edge/50dc6c495c0c9188'}]"}


def test_five_hundred_metrics_a_call(world: World, atlas: Atlas, stub: Stub) -> None:
    world.machines = [rows.machine(f"i-{number:04}", {"Project": "shop", "Role": "old"}) for number in range(300)]
    Numbers(stub, {"NetworkIn": 1.0})
    assert len(measured(atlas, *(f"shop/old/i-{number:04}" for number in range(300)))) == 300
    assert [len(asked["MetricDataQueries"]) for asked in stub.asked("GetMetricData")] == [500, 100]


def test_old_news_is_no_news(world: World, atlas: Atlas, stub: Stub) -> None:
    numbers = Numbers(stub, {"CPUUtilization": 50.0})
    stream = MetricsStream(atlas, [Address("shop", "db", "1")], interval=0.01)
    first = next(stream)
    heard: list[list[Sample]] = []
    reader = threading.Thread(target=lambda: heard.append(next(stream)), daemon=True)
    reader.start()
    while stub.counted()["GetMetricData"] < 4:
        assert reader.is_alive(), "it gave the same minute twice"
    numbers.time = THEN.replace(minute=59)
    reader.join(PATIENCE)
    assert [batch[0].time for batch in heard] == [numbers.time.timestamp()] != [first[0].time]


def test_another_thread_ends_it(world: World, atlas: Atlas, stub: Stub) -> None:
    Numbers(stub, {})
    stream = MetricsStream(atlas, [Address("shop", "db", "1")])
    reader = threading.Thread(target=lambda: list(stream), daemon=True)
    reader.start()
    stream.close()
    reader.join(PATIENCE)
    assert not reader.is_alive()


def test_what_may_not_be_read_is_said(world: World, atlas: Atlas, stub: Stub) -> None:
    stub.on("cloudwatch", "GetMetricData", Refusal("AccessDenied", "no", 403))
    with pytest.raises(Forbidden, match="cloudwatch:GetMetricData is not allowed"):
        measured(atlas, "shop/db/1")
