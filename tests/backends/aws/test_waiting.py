"""What AWS is still at is waited for and said, never forced; and an end to the waiting, and a way out of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from tests.backends.aws.stub import ACCOUNT, REGION, Refusal, Stub, tags
from tuienv.backends.aws import caches, databases, ground, naming, network, roles, services, tasks
from tuienv.backends.aws.applying import make_change
from tuienv.backends.aws.asking import Asker
from tuienv.backends.aws.job import SETTLES, Job
from tuienv.backends.aws.looking.atlas import Atlas
from tuienv.backends.base import Cancelled, Conflict, Inputs, Invalid
from tuienv.backends.docker_engine.client import Client
from tuienv.model import Action, Address, Change, Kind, LayerSpec

DB, CACHE, WEB = Address("shop", "db"), Address("shop", "cache"), Address("shop", "web")


class Impatient:
    """`Steps` that remember what was said, and wait no time at all. Cancelled after so many pauses, if any."""

    def __init__(self, cancelled_after: int | None = None) -> None:
        self.said: list[str] = []
        self.waited = 0.0
        self._left = cancelled_after

    def say(self, text: str) -> None:
        self.said.append(text)

    def pause(self, seconds: float) -> None:
        self.waited += seconds
        if self._left is not None:
            self._left -= 1
            if self._left < 0:
                raise Cancelled


class InTurn:
    """Answers, one after the other; the last one for ever."""

    def __init__(self, *answers: Mapping[str, Any] | Refusal) -> None:
        self._answers: Iterator[Mapping[str, Any] | Refusal] = iter(answers)
        self._last: Mapping[str, Any] | Refusal = {}

    def __call__(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        self._last = next(self._answers, self._last)
        if isinstance(self._last, Refusal):
            raise self._last
        return self._last


def job(
    stub: Stub, address: Address, action: Action = Action.RESTART, steps: Impatient | None = None, **more: Any
) -> Job:
    return Job(
        stub.session(), Change(action, address, "aws", "", "test", **more), Inputs(), steps or Impatient(), Client()
    )


def said_by(made: Job) -> list[str]:
    assert isinstance(made.steps, Impatient)
    return made.steps.said


def instance(status: str, written: Mapping[str, str] | None = None, /, **more: Any) -> dict[str, Any]:
    """The layer's DB instance, with what is `written` on it beside whose it is."""
    row = {
        "DBInstanceIdentifier": "shop-db",
        "DBInstanceStatus": status,
        "DBInstanceArn": f"arn:aws:rds:{REGION}:{ACCOUNT}:db:shop-db",
        "TagList": tags({**naming.tags_of(DB), **(written or {})}),
        **more,
    }
    return {"DBInstances": [row]}


def own_cache(stub: Stub) -> None:
    """The replication group is the layer's."""
    stub.on("elasticache", "ListTagsForResource", {"TagList": tags(naming.tags_of(CACHE))})


def group(status: str, **more: Any) -> dict[str, Any]:
    arn = f"arn:aws:elasticache:{REGION}:{ACCOUNT}:replicationgroup:shop-cache"
    row = {
        "ReplicationGroupId": "shop-cache",
        "Status": status,
        "ARN": arn,
        "MemberClusters": ["shop-cache-001"],
        **more,
    }
    return {"ReplicationGroups": [row]}


def test_a_database_that_is_modified_is_left_alone_until_it_is_done(stub: Stub) -> None:
    stub.on("rds", "DescribeDBInstances", InTurn(instance("modifying"), instance("backing-up"), instance("available")))
    made = job(stub, DB)
    databases.restart(made)
    names = [operation for _, operation, _ in stub.calls]
    assert names.index("RebootDBInstance") > 2, "it was told to restart while it was at something"
    assert said_by(made)[:2] == ["shop-db is modifying", "shop-db is backing-up"]


def test_a_cache_that_takes_a_snapshot_is_left_alone_until_it_is_done(stub: Stub) -> None:
    busy, idle, gone = group("snapshotting"), group("available"), Refusal("ReplicationGroupNotFoundFault", status=404)
    stub.on("elasticache", "DescribeReplicationGroups", InTurn(busy, busy, idle, idle, gone))
    stub.on("elasticache", "DescribeCacheSubnetGroups", Refusal("CacheSubnetGroupNotFoundFault", status=404))
    own_cache(stub)
    made = job(stub, CACHE, Action.DELETE, delete_data=True)
    caches.delete(made)
    assert said_by(made)[0] == "shop-cache is snapshotting"
    assert len(stub.asked("DeleteReplicationGroup")) == 1


def test_a_database_that_cannot_serve_says_so(stub: Stub) -> None:
    stub.on("rds", "DescribeDBInstances", instance("storage-full"))
    with pytest.raises(Conflict, match="storage-full"):
        databases.DATABASES.wait_available(job(stub, DB))


def test_a_protected_database_is_not_deleted(stub: Stub) -> None:
    stub.on("rds", "DescribeDBInstances", instance("available", DeletionProtection=True))
    with pytest.raises(Conflict, match="protects it"):
        databases.delete(job(stub, DB, Action.DELETE, delete_data=True))
    assert not stub.asked("DeleteDBInstance")


@pytest.mark.parametrize(("kept", "snapshot"), [("yes", True), ("no", False)])
def test_a_deleted_database_leaves_a_snapshot_unless_the_file_said_none(stub: Stub, kept: str, snapshot: bool) -> None:
    there = instance("available", {"tuienv:snapshot": kept})
    gone = Refusal("DBInstanceNotFound", status=404)
    stub.on("rds", "DescribeDBInstances", InTurn(there, there, there, gone))
    stub.on("rds", "DescribeDBSubnetGroups", Refusal("DBSubnetGroupNotFoundFault", status=404))
    databases.delete(job(stub, DB, Action.DELETE, delete_data=True))
    (asked,) = stub.asked("DeleteDBInstance")
    assert asked["SkipFinalSnapshot"] is not snapshot
    assert ("FinalDBSnapshotIdentifier" in asked) is snapshot


def test_data_that_may_not_go_stays(stub: Stub) -> None:
    stub.on("rds", "DescribeDBInstances", instance("available"))
    made = job(stub, DB, Action.DELETE)
    databases.delete(made)
    assert not stub.asked("DeleteDBInstance")
    assert said_by(made) == ["shop/db stays: its data may not go"]


def test_a_service_that_drains_is_waited_for(stub: Stub) -> None:
    rows = [{"services": [{"serviceName": "web", "status": status}]} for status in ("DRAINING", "DRAINING", "INACTIVE")]
    stub.on("ecs", "DescribeServices", InTurn(*rows))
    made = job(stub, WEB)
    assert services.find(made) is None
    assert said_by(made) == ["shop/web is still draining"]


def test_a_security_group_in_use_is_waited_for(stub: Stub) -> None:
    row = {"GroupName": network.group_name(WEB), "GroupId": "sg-1", "IpPermissions": []}
    stub.on("ec2", "DescribeSecurityGroups", {"SecurityGroups": [row]})
    in_use = Refusal("DependencyViolation", "resource sg-1 has a dependent object")
    stub.on("ec2", "DeleteSecurityGroup", InTurn(in_use, in_use, {}))
    made = job(stub, WEB, Action.DELETE)
    network.delete_group(made)
    assert len(stub.asked("DeleteSecurityGroup")) == 3
    assert any("still used by what is draining" in text for text in said_by(made))


def test_a_cluster_with_tasks_that_end_is_waited_for(stub: Stub) -> None:
    told = [{"key": "tuienv:environment", "value": "shop"}, {"key": "tuienv:account", "value": ACCOUNT}]
    stub.on("ecs", "DescribeClusters", {"clusters": [{"clusterName": "shop", "status": "ACTIVE", "tags": told}]})
    stub.on("sts", "GetCallerIdentity", {"Account": ACCOUNT, "Arn": "arn:aws:iam::1:user/ann"})
    stub.on("iam", "GetRole", Refusal("NoSuchEntity", status=404))
    stub.on("ssm", "GetParameter", Refusal("ParameterNotFound"))
    occupied = Refusal("ClusterContainsTasksException", "The Cluster cannot be deleted while Tasks are active.")
    stub.on("ecs", "DeleteCluster", InTurn(occupied, {}))
    ground.delete_ground(job(stub, Address("shop"), Action.DELETE))
    assert len(stub.asked("DeleteCluster")) == 2


def test_a_cluster_of_others_is_not_used(stub: Stub) -> None:
    stub.on("ecs", "DescribeClusters", {"clusters": [{"clusterName": "shop", "status": "ACTIVE", "tags": []}]})
    with pytest.raises(Conflict, match="which others made"):
        ground.find_cluster(job(stub, Address("shop")))


def recipe() -> tasks.Recipe:
    container = {"name": "web", "image": "shop:1", "essential": True}
    body = {"family": "shop-web", "cpu": "256", "memory": "512", "containerDefinitions": [container]}
    return tasks.Recipe(body, {})


def test_a_role_that_is_not_known_yet_is_waited_for(stub: Stub) -> None:
    stub.on("ecs", "DescribeTaskDefinition", Refusal("ClientException", "Unable to describe task definition."))
    unknown = Refusal("ClientException", "Role is not valid")
    made = {"taskDefinition": {"taskDefinitionArn": "arn:aws:ecs:r:1:task-definition/shop-web:1"}}
    stub.on("ecs", "RegisterTaskDefinition", InTurn(unknown, unknown, made))
    asked = job(stub, WEB)
    assert tasks.register(asked, recipe()).endswith("shop-web:1")
    assert "a role that was just made is not known everywhere yet" in said_by(asked)


def test_another_mistake_is_not_waited_for(stub: Stub) -> None:
    stub.on("ecs", "DescribeTaskDefinition", Refusal("ClientException", "Unable to describe task definition."))
    stub.on("ecs", "RegisterTaskDefinition", Refusal("ClientException", "No Fargate configuration exists"))
    with pytest.raises(Invalid, match="No Fargate configuration"):
        tasks.register(job(stub, WEB), recipe())
    assert len(stub.asked("RegisterTaskDefinition")) == 1


def test_waiting_has_an_end(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = Impatient()
    monkeypatch.setattr("tuienv.backends.aws.job.time.monotonic", lambda: steps.waited)
    stub.on("rds", "DescribeDBInstances", instance("creating"))
    with pytest.raises(Conflict, match="longer than 60 minutes: shop-db is creating"):
        databases.DATABASES.wait_available(job(stub, DB, steps=steps))
    assert steps.said == ["shop-db is creating"], "it is said once"


def test_what_does_not_pass_by_is_told_in_the_end(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = Impatient()
    monkeypatch.setattr("tuienv.backends.aws.job.time.monotonic", lambda: steps.waited)
    row = {"GroupName": network.group_name(WEB), "GroupId": "sg-1", "IpPermissions": []}
    stub.on("ec2", "DescribeSecurityGroups", {"SecurityGroups": [row]})
    stub.on("ec2", "DeleteSecurityGroup", Refusal("DependencyViolation", "resource sg-1 has a dependent object"))
    with pytest.raises(Conflict, match="dependent object"):
        network.delete_group(job(stub, WEB, Action.DELETE, steps=steps))
    assert steps.waited > SETTLES * 0.9


def test_waiting_can_be_cancelled(stub: Stub) -> None:
    stub.on("rds", "DescribeDBInstances", instance("creating"))
    with pytest.raises(Cancelled):
        databases.DATABASES.wait_available(job(stub, DB, steps=Impatient(cancelled_after=3)))


def bounds(stub: Stub, low: int, high: int) -> None:
    target = {
        "ServiceNamespace": "ecs",
        "ResourceId": "service/shop/web",
        "ScalableDimension": "ecs:service:DesiredCount",
        "MinCapacity": low,
        "MaxCapacity": high,
        "RoleARN": "arn:aws:iam::1:role/scaling",
        "CreationTime": 0,
    }
    stub.on("application-autoscaling", "DescribeScalableTargets", {"ScalableTargets": [target]})


def test_scaling_keeps_to_the_bounds_of_auto_scaling(stub: Stub) -> None:
    bounds(stub, 2, 4)
    stub.on("ecs", "DescribeServices", {"services": [{"serviceName": "web", "status": "ACTIVE", "desiredCount": 2}]})
    with pytest.raises(Conflict, match="between 2 and 4"):
        services.scale(job(stub, WEB, Action.SCALE, replicas=5))
    assert not stub.asked("UpdateService")


def test_the_execution_role_reads_the_secrets_of_its_environment_alone(stub: Stub) -> None:
    stub.on("sts", "GetCallerIdentity", {"Account": ACCOUNT, "Arn": "arn:aws:iam::1:user/ann"})
    missing = Refusal("NoSuchEntity", status=404)
    stub.on("iam", "GetRole", missing)
    stub.on("iam", "GetRolePolicy", missing)
    role = {
        "Path": "/",
        "RoleName": "r",
        "RoleId": "AROAEXAMPLEEXAMPLE",
        "Arn": f"arn:aws:iam::{ACCOUNT}:role/r",
        "CreateDate": 0,
    }
    stub.on("iam", "CreateRole", {"Role": role})
    roles.ensure_execution_role(job(stub, Address("shop")))
    (put,) = stub.asked("PutRolePolicy")
    (statement,) = json.loads(put["PolicyDocument"])["Statement"]
    assert statement["Action"] == ["secretsmanager:GetSecretValue"]
    assert statement["Resource"] == f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:tuienv/shop/*"


def app(**changes: Any) -> LayerSpec:
    return LayerSpec("web", Kind.APP, "aws", **changes)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (app(image="shop:1", options={"aws": {"vcp": "vpc-1"}}), "vcp is not known"),
        (LayerSpec("db", Kind.DATABASE, "aws", options={"aws": {"exec": True}}), "exec is not known"),
        (LayerSpec("db", Kind.DATABASE, "aws", engine="oracle"), "no database engine oracle"),
        (LayerSpec("db", Kind.DATABASE, "aws", environment={"PGDATA": "/x"}), "takes no variable PGDATA"),
        (LayerSpec("cache", Kind.CACHE, "aws", engine="memcached"), "no cache engine memcached"),
        (LayerSpec("cache", Kind.CACHE, "aws", replicas=9), "1 to 6 nodes"),
        (LayerSpec("edge", Kind.LOAD_BALANCER, "aws", replicas=2), "scales a load balancer by itself"),
    ],
)
def test_what_aws_cannot_make_is_refused_before_anything_is_made(stub: Stub, spec: LayerSpec, said: str) -> None:
    address = Address("shop", spec.name)
    change = Change(Action.CREATE, address, "aws", "", "test", spec=spec, replicas=spec.replicas)
    session = stub.session()
    asker = Asker(session)
    with pytest.raises(Invalid, match=said):
        make_change(Job(session, change, Inputs(), Impatient(), Client()), Atlas(asker, ""))
    asker.close()
    assert not changing(stub.calls)


def changing(calls: Sequence[tuple[str, str, Any]]) -> list[str]:
    return [operation for _, operation, _ in calls if not operation.startswith(("Describe", "Get", "List"))]
