"""What a file asks for of a layer that is there is done, or it is said that AWS does not: never noted as if it were."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.backends.aws import rows
from tests.backends.aws.rows import World
from tests.backends.aws.stub import ACCOUNT, REGION, Refusal, Stub, tags
from tests.backends.aws.test_mending import grounded, told_to
from tests.backends.aws.test_waiting import CACHE, DB, WEB, InTurn, changing, group, instance, job, own_cache, said_by
from tuienv.backends.aws import balancers, caches, databases, log_groups, naming, protecting
from tuienv.backends.aws.looking.atlas import Atlas
from tuienv.backends.base import Conflict, Inputs, Invalid
from tuienv.model import Action, Address, Difference, Kind, LayerSpec, Size, Storage

__all__ = ["grounded"]

GIB = 1024**3
EDGE = Address("shop", "edge")
BALANCER = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/app/shop-edge/1"


def database(**more: Any) -> LayerSpec:
    return LayerSpec("db", Kind.DATABASE, "aws", **more)


def make(stub: Stub, spec: LayerSpec, *answers: Mapping[str, Any]) -> list[str]:
    """What was said while the database was made so; `answers`: how it is, one look after the other."""
    stub.on("rds", "DescribeDBInstances", InTurn(*answers))
    made = job(stub, DB, Action.UPDATE, spec=spec)
    databases.make(made, spec, 1)
    return said_by(made)


# --- storage ----------------------------------------------------------------------------------------------------


def test_storage_grows_in_place_and_is_waited_for_from_before_it_begins(grounded: Stub) -> None:
    small, pending = {"AllocatedStorage": 20}, {"PendingModifiedValues": {"AllocatedStorage": 40}}
    said = make(
        grounded,
        database(storage=40 * GIB),
        instance("available", **small),
        instance("available", **small, **pending),
        instance("modifying", **small, **pending),
        instance("storage-optimization", AllocatedStorage=40),
    )
    assert told_to(grounded, "ModifyDBInstance")["AllocatedStorage"] == 40
    assert said[-3:] == ["change DB instance shop-db", "shop-db is about to change", "shop-db is modifying"]
    (written,) = grounded.asked("AddTagsToResource")
    assert {"Key": "tuienv:storage", "Value": str(40 * GIB)} in written["Tags"]


def test_a_database_that_is_full_gets_the_room_that_it_lacks(grounded: Stub) -> None:
    small, pending = {"AllocatedStorage": 20}, {"PendingModifiedValues": {"AllocatedStorage": 40}}
    make(
        grounded,
        database(storage=40 * GIB),
        instance("storage-full", **small),
        instance("storage-full", **small, **pending),
        instance("available", AllocatedStorage=40),
    )
    assert told_to(grounded, "ModifyDBInstance")["AllocatedStorage"] == 40


def test_storage_that_grew_just_now_is_not_asked_to_grow_again(grounded: Stub) -> None:
    with pytest.raises(Conflict, match="grow again only after that"):
        make(grounded, database(storage=60 * GIB), instance("storage-optimization", AllocatedStorage=40))
    assert not grounded.asked("ModifyDBInstance")


def test_all_else_of_a_database_at_its_storage_goes_on(stub: Stub) -> None:
    stub.on("rds", "DescribeDBInstances", instance("storage-optimization"))
    databases.restart(job(stub, DB))
    assert len(stub.asked("RebootDBInstance")) == 1


def test_less_storage_is_never_asked_for_and_what_was_asked_for_stays_known(grounded: Stub) -> None:
    there = instance("available", {"tuienv:storage": str(100 * GIB)}, AllocatedStorage=100)
    make(grounded, database(storage=20 * GIB), there)
    assert "AllocatedStorage" not in told_to(grounded, "ModifyDBInstance")
    (written,) = grounded.asked("AddTagsToResource")
    assert {"Key": "tuienv:storage", "Value": str(100 * GIB)} in written["Tags"]


def test_the_storage_of_a_database_is_seen(stub: Stub, atlas: Atlas) -> None:
    world = World()
    written = {**naming.tags_of(DB, Kind.DATABASE, (), ACCOUNT), "tuienv:storage": str(10 * GIB)}
    world.databases = [rows.database("shop-db", written, AllocatedStorage=20)]
    world.answer(stub)
    (layer,) = atlas.observe("shop").layers
    assert layer.storage == Storage(20 * GIB, 10 * GIB)


# --- what waits for a maintenance window --------------------------------------------------------------------------


WAITING = {"PendingModifiedValues": {"EngineVersion": "17.2"}}


def test_what_waits_for_its_window_is_not_done_by_the_way(stub: Stub) -> None:
    stub.on("rds", "DescribeDBInstances", instance("available", DBInstanceClass="db.t4g.micro", **WAITING))
    with pytest.raises(Conflict, match="EngineVersion waits for its maintenance window"):
        databases.resize(job(stub, DB, Action.RESIZE, size=Size("small")))
    assert not stub.asked("ModifyDBInstance")


def test_protecting_does_not_do_what_waits(stub: Stub) -> None:
    stub.on("ssm", "GetParameter", Refusal("ParameterNotFound"))
    stub.on("rds", "DescribeDBInstances", instance("available", **WAITING))
    stub.on("sts", "GetCallerIdentity", {"Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/ada"})
    protecting.protect_environment(stub.session(), "shop", True)
    (asked,) = stub.asked("ModifyDBInstance")
    assert asked == {"DBInstanceIdentifier": "shop-db", "DeletionProtection": True}


@pytest.mark.parametrize("protected", [True, False])
def test_a_protection_that_was_interrupted_is_planned_again(stub: Stub, protected: bool) -> None:
    """Plans go by the note, which says so only once AWS does."""
    stub.on("rds", "DescribeDBInstances", instance("modifying", DeletionProtection=not protected))
    stub.on("rds", "ModifyDBInstance", Refusal("InvalidDBInstanceState", "it is modifying"))
    stub.on("sts", "GetCallerIdentity", {"Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/ada"})
    noted = {"Parameter": {"Name": "/tuienv/shop/protected", "Value": "yes"}}
    stub.on("ssm", "GetParameter", Refusal("ParameterNotFound") if protected else noted)
    with pytest.raises(Conflict, match="it is modifying"):
        protecting.protect_environment(stub.session(), "shop", protected)
    assert changing(stub.calls) == ["ModifyDBInstance"]


def test_a_size_is_done_only_once_the_database_has_it(stub: Stub) -> None:
    before, pending = (
        {"DBInstanceClass": "db.t4g.micro"},
        {"PendingModifiedValues": {"DBInstanceClass": "db.t4g.small"}},
    )
    there = [
        instance("available", **before),
        instance("available", **before, **pending),
        instance("modifying", **before, **pending),
        instance("available", DBInstanceClass="db.t4g.small"),
    ]
    stub.on("rds", "DescribeDBInstances", InTurn(*there))
    made = job(stub, DB, Action.RESIZE, size=Size("small"))
    databases.resize(made)
    assert said_by(made)[-2:] == ["shop-db is about to change", "shop-db is modifying"]


# --- what is decided once -----------------------------------------------------------------------------------------


def test_a_database_does_not_get_another_name(grounded: Stub) -> None:
    grounded.on("rds", "DescribeDBInstances", instance("available", MasterUsername="app", DBName="app"))
    spec = database(environment={"POSTGRES_DB": "shop"})
    made = replace(job(grounded, DB, Action.UPDATE, spec=spec), inputs=Inputs({"POSTGRES_DB": "shop"}))
    with pytest.raises(Invalid, match="POSTGRES_DB is app since it was made, and cannot become another"):
        databases.make(made, spec, 1)
    assert not grounded.asked("AddTagsToResource")


def own_balancer(stub: Stub, **more: Any) -> None:
    zones = [{"ZoneName": zone, "SubnetId": f"subnet-{zone}"} for zone in ("a", "b")]
    row = {"LoadBalancerArn": BALANCER, "LoadBalancerName": "shop-edge", "SecurityGroups": ["sg-1"], **more}
    stub.on("elbv2", "DescribeLoadBalancers", {"LoadBalancers": [{"AvailabilityZones": zones, **row}]})
    told = {"ResourceArn": BALANCER, "Tags": tags(naming.tags_of(EDGE, Kind.LOAD_BALANCER))}
    stub.on("elbv2", "DescribeTags", {"TagDescriptions": [told]})


def make_balancer(stub: Stub, monkeypatch: pytest.MonkeyPatch, **options: Any) -> None:
    monkeypatch.setattr(balancers, "ensure_ground", lambda made: None)
    spec = LayerSpec("edge", Kind.LOAD_BALANCER, "aws", options={"aws": options})
    balancers.make(job(stub, EDGE, Action.UPDATE, spec=spec), spec, 1)


def test_a_balancer_that_faces_the_internet_is_not_called_internal(
    grounded: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_balancer(grounded, Scheme="internet-facing")
    with pytest.raises(Invalid, match="it is internet-facing, and AWS cannot make it internal"):
        make_balancer(grounded, monkeypatch, internal=True)
    assert not grounded.asked("AddTags")


def test_a_balancer_moves_to_the_subnets_that_its_file_names(grounded: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    zones = ("a", "c")
    found = [{"SubnetId": f"subnet-{zone}", "AvailabilityZone": zone, "VpcId": "vpc-1"} for zone in zones]
    grounded.on("ec2", "DescribeSubnets", {"Subnets": found})
    grounded.on("ssm", "GetParameter", Refusal("ParameterNotFound"))
    listener = {"Listeners": [{"ListenerArn": f"{BALANCER}/80", "Port": 80}]}
    grounded.on("elbv2", "CreateListener", listener)
    own_balancer(grounded, Scheme="internet-facing")
    make_balancer(grounded, monkeypatch, subnets=[f"subnet-{zone}" for zone in zones])
    (asked,) = grounded.asked("SetSubnets")
    assert asked["Subnets"] == ["subnet-a", "subnet-c"]


def test_a_protected_balancer_is_not_taken_apart(stub: Stub) -> None:
    own_balancer(stub)
    protected = {"Attributes": [{"Key": "deletion_protection.enabled", "Value": "true"}]}
    stub.on("elbv2", "DescribeLoadBalancerAttributes", protected)
    target = {"TargetGroupArn": f"{BALANCER}/target", "TargetGroupName": "shop-edge-1"}
    stub.on("elbv2", "DescribeTargetGroups", {"TargetGroups": [target]})
    with pytest.raises(Conflict, match="unprotect shop"):
        balancers.delete(job(stub, EDGE, Action.DELETE))
    assert not changing(stub.calls)


# --- subnets, zones, days -----------------------------------------------------------------------------------------


def test_a_subnet_group_moves_to_the_subnets_that_its_file_names(grounded: Stub) -> None:
    there = {
        "DBSubnetGroupName": "shop-db",
        "DBSubnetGroupDescription": "tuienv shop/db",
        "Subnets": [{"SubnetIdentifier": "subnet-x"}],
    }
    grounded.on("rds", "DescribeDBSubnetGroups", {"DBSubnetGroups": [there]})
    make(grounded, database(options={"aws": {"subnets": ["subnet-a", "subnet-b"]}}), instance("available"))
    (asked,) = grounded.asked("ModifyDBSubnetGroup")
    assert asked == {"DBSubnetGroupName": "shop-db", "SubnetIds": ["subnet-a", "subnet-b"]}


def test_the_nodes_of_a_cache_stand_in_several_zones_where_its_file_says_so(grounded: Stub) -> None:
    members = ["shop-cache-001", "shop-cache-002"]
    grounded.on(
        "elasticache",
        "DescribeReplicationGroups",
        group("available", MemberClusters=members, MultiAZ="disabled", AutomaticFailover="enabled"),
    )
    own_cache(grounded)
    spec = LayerSpec("cache", Kind.CACHE, "aws", replicas=2, options={"aws": {"multi_az": True}})
    caches.make(job(grounded, CACHE, Action.UPDATE, spec=spec), spec, 2)
    assert told_to(grounded, "ModifyReplicationGroup") == {"MultiAZEnabled": True, "AutomaticFailoverEnabled": True}


def test_a_cache_that_gets_a_second_node_again_gets_its_standby_back(stub: Stub) -> None:
    """Of a single node nothing stands by, so that it lost that on the way down."""
    one = group("available", MultiAZ="disabled", AutomaticFailover="enabled")
    both = group("available", MemberClusters=["shop-cache-001", "shop-cache-002"], MultiAZ="disabled")
    stub.on("elasticache", "DescribeReplicationGroups", InTurn(one, one, both))
    made_from = naming.facet_tags({"options.multi_az": "true"})
    told = {"TagList": tags({**naming.tags_of(CACHE), **made_from})}
    stub.on("elasticache", "ListTagsForResource", told)
    caches.scale(job(stub, CACHE, Action.SCALE, replicas=2))
    assert told_to(stub, "ModifyReplicationGroup")["MultiAZEnabled"] is True


@pytest.mark.parametrize(("failover", "orders"), [("disabled", [True]), ("enabled", [])])
def test_a_replica_that_was_added_by_a_run_which_ended_there_takes_over_all_the_same(
    stub: Stub, failover: str, orders: list[bool]
) -> None:
    """The second node is there when it is asked for again, so that there is nothing to add."""
    members = ["shop-cache-001", "shop-cache-002"]
    both = group("available", MemberClusters=members, AutomaticFailover=failover)
    stub.on("elasticache", "DescribeReplicationGroups", both)
    own_cache(stub)
    caches.scale(job(stub, CACHE, Action.SCALE, replicas=2))
    assert [asked["AutomaticFailoverEnabled"] for asked in stub.asked("ModifyReplicationGroup")] == orders
    assert not stub.asked("IncreaseReplicaCount")


def keep_logs(stub: Stub, has: int | None, options: Mapping[str, Any], stored: int = 4096) -> list[str]:
    row: dict[str, Any] = {"logGroupName": "/tuienv/shop/web", "storedBytes": stored}
    stub.on("logs", "DescribeLogGroups", {"logGroups": [row | ({"retentionInDays": has} if has else {})]})
    spec = LayerSpec("web", Kind.APP, "aws", options={"aws": options})
    log_groups.ensure_log_group(job(stub, WEB, Action.UPDATE, spec=spec), spec)
    return changing(stub.calls)


@pytest.mark.parametrize(
    ("has", "options", "stored", "orders"),
    [
        (30, {"retention": 0}, 4096, ["DeleteRetentionPolicy"]),
        (30, {"retention": 90}, 4096, ["PutRetentionPolicy"]),
        (365, {}, 4096, []),
        (None, {}, 4096, []),
        (None, {}, 0, ["PutRetentionPolicy"]),
    ],
)
def test_log_lines_are_kept_as_the_file_says_or_else_as_somebody_chose(
    stub: Stub, has: int | None, options: Mapping[str, Any], stored: int, orders: list[str]
) -> None:
    assert keep_logs(stub, has, options, stored) == orders


def test_days_that_a_file_no_longer_says_are_the_usual_ones(stub: Stub) -> None:
    row = {"logGroupName": "/tuienv/shop/web", "storedBytes": 1, "retentionInDays": 365}
    stub.on("logs", "DescribeLogGroups", {"logGroups": [row]})
    spec = LayerSpec("web", Kind.APP, "aws")
    gone = Difference("options.retention", "365", "")
    log_groups.ensure_log_group(job(stub, WEB, Action.UPDATE, spec=spec, differences=(gone,)), spec)
    assert stub.asked("PutRetentionPolicy")[0]["retentionInDays"] == 30
