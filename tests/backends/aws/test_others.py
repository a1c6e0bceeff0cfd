"""Databases and caches that others made: asked for what they can do, in the state in which they can do it, until it is
done; and never for more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.backends.aws import rows
from tests.backends.aws.stub import Refusal, Stub
from tuienv.backends.aws.job import Job
from tuienv.backends.aws.looking.parts import Form, Part
from tuienv.backends.aws.others import change_others
from tuienv.backends.base import Conflict, Inputs, Invalid, NotFound
from tuienv.backends.docker_engine.client import Client
from tuienv.model import Action, Address, Change, Kind, Size, Status

NAME = "legacy"


@dataclass
class Thing:
    """One of AWS's, with a state that goes on with each look: what is asked for begins, passes by, and is done.

    `orders`: what was asked for, with the state in which that was."""

    row: dict[str, Any]
    state: str
    orders: list[tuple[str, str]] = field(default_factory=list)
    looks: Iterator[Mapping[str, Any]] = field(default_factory=lambda: iter(()))

    def look(self) -> dict[str, Any]:
        self.row.update(next(self.looks, {}))
        return self.row

    def order(self, name: str, *following: Mapping[str, Any]) -> None:
        self.orders.append((name, self.row[self.state]))
        self.looks = iter(following)

    def passing(self, *states: str) -> None:
        self.looks = iter([{self.state: state} for state in states])


def database(stub: Stub, status: str = "available") -> Thing:
    """A DB instance that stops, starts and reboots, and begins to change only after a look or two."""
    thing = Thing(rows.database(NAME, status=status), "DBInstanceStatus")
    stub.on("rds", "DescribeDBInstances", lambda given: {"DBInstances": [thing.look()]})

    def ordered(operation: str, *states: str) -> None:
        def order(given: Mapping[str, Any]) -> Mapping[str, Any]:
            assert given["DBInstanceIdentifier"] == NAME
            thing.order(operation, *({thing.state: state} for state in states))
            return {}

        stub.on("rds", operation, order)

    ordered("StopDBInstance", "stopping", "stopping", "stopped")
    ordered("StartDBInstance", "starting", "configuring-enhanced-monitoring", "available")
    ordered("RebootDBInstance", "rebooting", "available")

    def modify(given: Mapping[str, Any]) -> Mapping[str, Any]:
        wanted = {"DBInstanceClass": given["DBInstanceClass"]}
        assert given["ApplyImmediately"]
        pending = {"PendingModifiedValues": wanted}
        changed = {thing.state: "available", "PendingModifiedValues": {}, **wanted}
        thing.order("ModifyDBInstance", pending, pending, {thing.state: "modifying"}, changed)
        return {}

    stub.on("rds", "ModifyDBInstance", modify)
    return thing


def group(stub: Stub, nodes: int = 2, status: str = "available") -> Thing:
    """A replication group that is modified, and has other nodes afterwards."""
    thing = Thing(rows.replication_group(NAME, nodes, status), "Status")
    stub.on("elasticache", "DescribeReplicationGroups", lambda given: {"ReplicationGroups": [thing.look()]})

    def ordered(operation: str, then: Any) -> None:
        def order(given: Mapping[str, Any]) -> Mapping[str, Any]:
            thing.order(operation, {"Status": "modifying"}, {"Status": "available", **then(given)})
            return {}

        stub.on("elasticache", operation, order)

    def members(given: Mapping[str, Any]) -> Mapping[str, Any]:
        assert given["ApplyImmediately"]
        return {"MemberClusters": [f"{NAME}-{number:03}" for number in range(1, given["NewReplicaCount"] + 2)]}

    ordered("IncreaseReplicaCount", members)
    ordered("DecreaseReplicaCount", members)
    ordered("ModifyReplicationGroup", lambda given: {"CacheNodeType": given["CacheNodeType"]})
    ordered("RebootCacheCluster", lambda given: {})
    return thing


class Steps:
    """What was said; waiting takes no time."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)

    def pause(self, seconds: float) -> None:
        """Nothing is waited for."""


def do(stub: Stub, thing: Thing, action: Action, form: Form = Form.DATABASE, instance: str = "", **more: Any) -> Steps:
    """Make a change of it."""
    kind = Kind.DATABASE if form in (Form.DATABASE, Form.DATABASE_CLUSTER) else Kind.CACHE
    members = {name: rows.cache_node(name, NAME) for name in thing.row.get("MemberClusters", ())}
    part = Part(form, kind, "arn", NAME, Status.RUNNING, thing.row, members=members)
    change = Change(action, Address("old", NAME, instance), "aws", "", "asked for", **more)
    steps = Steps()
    change_others(Job(stub.session(), change, Inputs(), steps, Client()), part)
    return steps


# --- databases --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "before", "operation", "after"),
    [
        (Action.STOP, "available", "StopDBInstance", "stopped"),
        (Action.START, "stopped", "StartDBInstance", "available"),
        (Action.RESTART, "available", "RebootDBInstance", "available"),
    ],
)
def test_a_database_is_asked_once_and_waited_for(
    stub: Stub, action: Action, before: str, operation: str, after: str
) -> None:
    thing = database(stub, before)
    do(stub, thing, action)
    assert thing.orders == [(operation, before)]
    assert thing.row["DBInstanceStatus"] == after


@pytest.mark.parametrize(("action", "state"), [(Action.STOP, "stopped"), (Action.START, "available")])
def test_a_database_that_is_so_already_is_left_alone(stub: Stub, action: Action, state: str) -> None:
    thing = database(stub, state)
    do(stub, thing, action)
    assert not thing.orders


@pytest.mark.parametrize(
    ("action", "passing", "orders"),
    [
        (Action.STOP, ("backing-up", "available"), [("StopDBInstance", "available")]),
        (Action.STOP, ("stopping", "stopped"), []),
        (Action.START, ("stopping", "stopped"), [("StartDBInstance", "stopped")]),
        (Action.RESTART, ("modifying", "available"), [("RebootDBInstance", "available")]),
    ],
)
def test_what_a_database_is_at_is_waited_for_first(
    stub: Stub, action: Action, passing: tuple[str, ...], orders: list[tuple[str, str]]
) -> None:
    thing = database(stub)
    thing.passing(*passing)
    steps = do(stub, thing, action)
    assert thing.orders == orders
    assert f"{NAME} is {passing[0]}" in steps.said


def test_a_database_that_is_resized_is_waited_for_also_before_it_begins(stub: Stub) -> None:
    thing = database(stub)
    steps = do(stub, thing, Action.RESIZE, size=Size("large"))
    assert thing.row["DBInstanceClass"] == "db.t4g.large"
    assert not thing.row["PendingModifiedValues"]
    assert steps.said == [f"make {NAME} a db.t4g.large", f"{NAME} is about to change", f"{NAME} is modifying"]


@pytest.mark.parametrize(
    ("action", "operation"), [(Action.STOP, "StopDBInstance"), (Action.RESTART, "RebootDBInstance")]
)
def test_a_database_at_its_storage_serves_and_is_asked_at_once(stub: Stub, action: Action, operation: str) -> None:
    """RDS is at a storage that grew for hours, a day at times."""
    thing = database(stub, "storage-optimization")
    steps = do(stub, thing, action)
    assert thing.orders == [(operation, "storage-optimization")]
    assert f"{NAME} is storage-optimization" not in steps.said


def test_what_waits_for_the_window_of_others_is_not_done_by_the_way(stub: Stub) -> None:
    thing = database(stub)
    thing.row["PendingModifiedValues"] = {"EngineVersion": "17.2"}
    with pytest.raises(Conflict, match="EngineVersion waits for its maintenance window"):
        do(stub, thing, Action.RESIZE, size=Size("large"))
    assert not thing.orders


def test_a_resize_that_was_interrupted_is_only_waited_for(stub: Stub) -> None:
    thing = database(stub)
    thing.row["DBInstanceClass"] = "db.t4g.large"
    do(stub, thing, Action.RESIZE, size=Size("db.t4g.large"))
    assert not thing.orders


@pytest.mark.parametrize("action", [Action.STOP, Action.START, Action.RESTART])
def test_a_database_that_cannot_serve_says_so_before_it_is_touched(stub: Stub, action: Action) -> None:
    thing = database(stub, "storage-full")
    with pytest.raises(Conflict, match="storage-full"):
        do(stub, thing, action)
    assert not thing.orders


def test_a_database_that_fails_on_its_way_is_not_waited_for_an_hour(stub: Stub) -> None:
    thing = database(stub, "stopped")

    def start(given: Mapping[str, Any]) -> Mapping[str, Any]:
        thing.order("StartDBInstance", {thing.state: "starting"}, {thing.state: "incompatible-parameters"})
        return {}

    stub.on("rds", "StartDBInstance", start)
    with pytest.raises(Conflict, match="incompatible-parameters"):
        do(stub, thing, Action.START)


def test_a_database_that_is_gone_is_said_to_be(stub: Stub) -> None:
    thing = database(stub)
    stub.on("rds", "DescribeDBInstances", Refusal("DBInstanceNotFound", status=404))
    with pytest.raises(NotFound):
        do(stub, thing, Action.RESTART)


@pytest.mark.parametrize("action", [Action.STOP, Action.START, Action.RESTART])
def test_a_cluster_is_asked_as_a_cluster(stub: Stub, action: Action) -> None:
    before, verb, after = {
        Action.STOP: ("available", "Stop", "stopped"),
        Action.START: ("stopped", "Start", "available"),
        Action.RESTART: ("available", "Reboot", "available"),
    }[action]
    thing = Thing({"DBClusterIdentifier": NAME, "Status": before}, "Status")
    stub.on("rds", "DescribeDBClusters", lambda given: {"DBClusters": [thing.look()]})

    def order(given: Mapping[str, Any]) -> Mapping[str, Any]:
        assert given == {"DBClusterIdentifier": NAME}
        thing.order(verb, {"Status": "modifying"}, {"Status": after})
        return {}

    stub.on("rds", f"{verb}DBCluster", order)
    do(stub, thing, action, Form.DATABASE_CLUSTER)
    assert thing.orders == [(verb, before)]
    assert thing.row["Status"] == after


# --- caches -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "wanted", "orders"),
    [
        (2, 4, [("IncreaseReplicaCount", "available")]),
        (4, 2, [("DecreaseReplicaCount", "available")]),
        (3, 3, []),
    ],
)
def test_a_replication_group_gets_so_many_nodes(
    stub: Stub, before: int, wanted: int, orders: list[tuple[str, str]]
) -> None:
    thing = group(stub, before)
    do(stub, thing, Action.SCALE, Form.REPLICATION_GROUP, replicas=wanted)
    assert thing.orders == orders
    assert len(thing.row["MemberClusters"]) == wanted


def test_a_group_that_takes_a_snapshot_is_scaled_after_it(stub: Stub) -> None:
    thing = group(stub)
    thing.passing("snapshotting", "snapshotting", "available")
    do(stub, thing, Action.SCALE, Form.REPLICATION_GROUP, replicas=3)
    assert thing.orders == [("IncreaseReplicaCount", "available")]


@pytest.mark.parametrize("replicas", [0, None])
def test_a_group_without_a_node_is_refused(stub: Stub, replicas: int | None) -> None:
    with pytest.raises(Invalid, match="one node at least"):
        do(stub, group(stub), Action.SCALE, Form.REPLICATION_GROUP, replicas=replicas)
    assert not stub.calls


def test_the_nodes_of_a_group_become_bigger_once(stub: Stub) -> None:
    thing = group(stub)
    for _ in range(2):
        do(stub, thing, Action.RESIZE, Form.REPLICATION_GROUP, size=Size("cache.r7g.large"))
    assert thing.orders == [("ModifyReplicationGroup", "available")]
    assert thing.row["CacheNodeType"] == "cache.r7g.large"


def test_nodes_are_restarted_one_after_the_other(stub: Stub) -> None:
    thing = group(stub, 3)
    do(stub, thing, Action.RESTART, Form.REPLICATION_GROUP)
    assert [one["CacheClusterId"] for one in stub.asked("RebootCacheCluster")] == thing.row["MemberClusters"]
    assert thing.orders == [("RebootCacheCluster", "available")] * 3


def test_one_node_is_restarted_alone(stub: Stub) -> None:
    do(stub, group(stub, 3), Action.RESTART, Form.REPLICATION_GROUP, instance=f"{NAME}-002")
    (asked,) = stub.asked("RebootCacheCluster")
    assert asked == {"CacheClusterId": f"{NAME}-002", "CacheNodeIdsToReboot": ["0001"]}


# --- what they cannot do ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "action"),
    [
        (Form.DATABASE, Action.SCALE),
        (Form.DATABASE, Action.DELETE),
        (Form.DATABASE_CLUSTER, Action.RESIZE),
        (Form.REPLICATION_GROUP, Action.STOP),
        (Form.REPLICATION_GROUP, Action.DELETE),
        (Form.CACHE_CLUSTER, Action.SCALE),
        (Form.LOAD_BALANCER, Action.DELETE),
        (Form.SCALING_GROUP, Action.DELETE),
        (Form.MACHINES, Action.DELETE),
    ],
)
def test_what_it_cannot_do_is_refused_and_nobody_is_asked(stub: Stub, form: Form, action: Action) -> None:
    with pytest.raises(Conflict, match="that others made cannot do that"):
        do(stub, Thing({}, "Status"), action, form)
    assert not stub.calls


def test_a_size_must_be_named(stub: Stub) -> None:
    with pytest.raises(Invalid, match="nobody said to which size"):
        do(stub, database(stub), Action.RESIZE)
    assert not stub.calls
