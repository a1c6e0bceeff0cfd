"""Releases, events, connections and variables: what is told of a layer, and that no secret is told with it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.backends.aws import rows
from tests.backends.aws.rows import THEN, World
from tests.backends.aws.stub import Refusal, Stub, arn, tags
from tests.backends.aws.test_waiting import job
from tuienv.backends.aws import services
from tuienv.backends.aws.connecting import config_of, connection_of
from tuienv.backends.aws.events import events_of
from tuienv.backends.aws.logs.places import places_of
from tuienv.backends.aws.looking.atlas import Atlas
from tuienv.backends.aws.looking.grouping import STACK
from tuienv.backends.aws.releases import differences, releases_of
from tuienv.backends.base import Conflict, Invalid, NotFound, ProviderError
from tuienv.model import Action, Address

WEB = Address("shop", "web")
SECRET = arn("secretsmanager", "secret:shop/web-AbCdEf")

VERSION = "11111111-2222-3333-4444-555555555555"


def revision(number: int, image: str, variables: dict[str, str] | None = None, **more: Any) -> rows.Row:
    name = arn("ecs", f"task-definition/shop-web:{number}")
    environment = [{"name": key, "value": value} for key, value in (variables or {}).items()]
    return {
        "taskDefinitionArn": name,
        "revision": number,
        "registeredAt": THEN + timedelta(hours=number),
        "registeredBy": arn("iam", "user/ann"),
        "cpu": "256",
        "memory": "512",
        "containerDefinitions": [{"name": "app", "image": image, "environment": environment, **more}],
    }


@pytest.fixture
def world(stub: Stub) -> World:
    world = World()
    world.clusters = ["shop"]
    world.services = [rows.service("shop", "web")]
    world.tasks = [rows.task("shop", "web", 1)]
    revisions = [
        revision(1, "shop:1", {"LOG": "info", "API_TOKEN": "tok-1"}),
        revision(2, "shop:2", {"LOG": "info", "API_TOKEN": "tok-2"}),
        revision(3, "shop:3", {"LOG": "debug"}, secrets=[{"name": "KEY", "valueFrom": f"{SECRET}:KEY::{VERSION}"}]),
    ]
    world.definitions = {one["taskDefinitionArn"]: one for one in revisions}
    arns = [*reversed(world.definitions), arn("ecs", "task-definition/shop-web-worker:9")]
    stub.on("ecs", "ListTaskDefinitions", {"taskDefinitionArns": arns})
    world.answer(stub)
    return world


def test_releases_are_the_revisions_and_what_they_changed(world: World, atlas: Atlas) -> None:
    found = releases_of(atlas, WEB)
    assert [(one.name, one.by, one.description, one.current) for one in found] == [
        ("3", "ann", "shop:3", True),
        ("2", "ann", "shop:2", False),
        ("1", "ann", "shop:1", False),
    ]
    assert [str(one) for one in found[0].differences] == [
        "environment.API_TOKEN: •••••••• → (none)",
        "environment.KEY: (none) → secret shop/web-AbCdEf in version 11111111",
        "environment.LOG: info → debug",
        "image: shop:2 → shop:3",
    ]
    assert found[2].differences == ()
    assert found[0].at == (THEN + timedelta(hours=3)).timestamp()


def test_a_revision_is_read_once(world: World, atlas: Atlas, stub: Stub) -> None:
    releases_of(atlas, WEB)
    releases_of(atlas, WEB)
    assert stub.counted()["DescribeTaskDefinition"] == 3


def test_no_secret_is_in_a_release(world: World, atlas: Atlas) -> None:
    assert "tok-" not in repr(releases_of(atlas, WEB))


def test_a_rollout_that_failed_is_told(world: World, atlas: Atlas) -> None:
    current = world.services[0]["taskDefinition"]
    world.services[0]["deployments"] = [{"status": "PRIMARY", "taskDefinition": current, "rolloutState": "FAILED"}]
    assert [one.status for one in releases_of(atlas, WEB)] == ["failed", "succeeded", "succeeded"]


def test_only_services_have_releases(stub: Stub, atlas: Atlas) -> None:
    world = World()
    world.databases = [rows.database("db", {"Project": "shop"})]
    world.answer(stub)
    with pytest.raises(Invalid, match="a DB instance has none"):
        releases_of(atlas, Address("shop", "db"))


def test_several_containers_are_told_apart() -> None:
    before = {"containerDefinitions": [{"name": "app", "image": "a:1"}, {"name": "proxy", "image": "p:1"}]}
    after = {"containerDefinitions": [{"name": "app", "image": "a:1"}, {"name": "proxy", "image": "p:2"}]}
    assert [str(one) for one in differences(before, after)] == ["proxy.image: p:1 → p:2"]


# --- events -----------------------------------------------------------------------------------------------------


def test_events_of_all_services_are_merged_newest_first(world: World, atlas: Atlas, stub: Stub) -> None:
    world.services[0]["tags"] = tags({STACK: "shop"}, lower=True)
    world.services[0]["events"] = [{"id": "1", "createdAt": THEN, "message": "has reached a steady state."}]
    activity = {
        "ActivityId": "1",
        "ServiceNamespace": "ecs",
        "ResourceId": "service/shop/web",
        "ScalableDimension": "ecs:service:DesiredCount",
        "Description": "Setting desired count to 4.",
        "Cause": "alarm",
        "StartTime": THEN + timedelta(minutes=2),
        "StatusCode": "Failed",
        "StatusMessage": "no capacity",
    }
    stub.on("application-autoscaling", "DescribeScalingActivities", {"ScalingActivities": [activity]})
    event = {
        "StackId": "stack-1",
        "EventId": "1",
        "StackName": "shop",
        "LogicalResourceId": "Web",
        "PhysicalResourceId": world.services[0]["serviceArn"],
        "Timestamp": THEN + timedelta(minutes=1),
        "ResourceStatus": "UPDATE_FAILED",
        "ResourceStatusReason": "circuit\x1b[2J breaker",
    }
    other = {**event, "EventId": "2", "PhysicalResourceId": "another"}
    stub.on("cloudformation", "DescribeStackEvents", {"StackEvents": [event, other]})
    assert [(one.source, one.text) for one in events_of(atlas, WEB)] == [
        ("shop/web", "Setting desired count to 4. (Failed: no capacity)"),
        ("stack shop", "Web UPDATE_FAILED: circuit breaker"),
        ("shop/web", "has reached a steady state."),
    ]


def test_events_that_may_not_be_read_cost_the_others_nothing(world: World, atlas: Atlas, stub: Stub) -> None:
    world.services[0]["events"] = [{"id": "1", "createdAt": THEN, "message": "steady"}]
    stub.on("application-autoscaling", "DescribeScalingActivities", Refusal("AccessDeniedException"))
    assert [one.text for one in events_of(atlas, WEB)] == ["steady"]


def test_events_that_cannot_be_told_cost_the_others_nothing(world: World, atlas: Atlas, stub: Stub) -> None:
    stub.on("application-autoscaling", "DescribeScalingActivities", Refusal("InternalServiceException", status=500))
    with pytest.raises(ProviderError, match="describe scaling activities"):
        events_of(atlas, WEB)  # nobody tells anything, which is not the same as that nothing happened
    world.services[0]["events"] = [{"id": "1", "createdAt": THEN, "message": "steady"}]
    assert [one.text for one in events_of(atlas, WEB)] == ["steady"]


def test_events_of_a_database_and_a_group(stub: Stub, atlas: Atlas) -> None:
    world = World()
    world.databases = [rows.database("db", {"Project": "shop"})]
    world.scaling_groups = [rows.scaling_group("old", {"Project": "shop"}, "i-1")]
    world.answer(stub)
    stub.on("rds", "DescribeEvents", {"Events": [{"Message": "DB instance restarted", "Date": THEN}]})
    activity = {"ActivityId": "1", "AutoScalingGroupName": "old", "Cause": "-", "StartTime": THEN}
    launched = {**activity, "Description": "Launching i-1", "StatusCode": "Successful"}
    stub.on("autoscaling", "DescribeScalingActivities", {"Activities": [launched]})
    assert [one.text for one in events_of(atlas, Address("shop", "db"))] == ["DB instance restarted"]
    assert [one.text for one in events_of(atlas, Address("shop", "old"))] == ["Launching i-1"]


def test_of_many_events_the_last_are_told(stub: Stub, atlas: Atlas) -> None:
    """RDS tells the oldest first, a hundred a page."""
    world = World()
    world.databases = [rows.database("db", {"Project": "shop"})]
    world.answer(stub)
    many = [{"Message": f"backup {number}", "Date": THEN + timedelta(hours=number)} for number in range(130)]
    stub.pages("rds", "DescribeEvents", "Events", lambda given: many, 100, ("Marker", "Marker"))
    told = events_of(atlas, Address("shop", "db"))
    assert [one.text for one in (told[0], told[-1])] == ["backup 129", "backup 30"]


# --- connections ------------------------------------------------------------------------------------------------


def test_a_database_answers_with_what_rds_keeps_in_secrets_manager(stub: Stub, atlas: Atlas) -> None:
    world = World()
    secret = {"SecretArn": arn("secretsmanager", "secret:rds!db-1"), "SecretStatus": "active"}
    world.databases = [rows.database("db", {"Project": "shop"}, MasterUserSecret=secret)]
    world.answer(stub)
    kept = json.dumps({"username": "app", "password": "p@ss/word"})
    stub.on("secretsmanager", "GetSecretValue", {"SecretString": kept})
    assert connection_of(atlas, Address("shop", "db")) == {
        "url": "postgresql://app:p%40ss%2Fword@db.rds.amazonaws.com:5432/shop",
        "host": "db.rds.amazonaws.com",
        "port": "5432",
        "user": "app",
        "password": "p@ss/word",
        "name": "shop",
    }


def test_a_cache_and_a_load_balancer_answer(stub: Stub, atlas: Atlas) -> None:
    world = World()
    world.caches = [rows.replication_group("cache", TransitEncryptionEnabled=True)]
    world.balancers = [rows.balancer("edge")]
    world.listeners = [{"Protocol": "HTTPS", "Port": 443}]
    mine = {"Project": "shop"}
    world.tags = {rows.balancer("edge")["LoadBalancerArn"]: mine, rows.replication_group("cache")["ARN"]: mine}
    world.answer(stub)
    assert connection_of(atlas, Address("shop", "cache"))["url"] == "rediss://cache.cache.amazonaws.com:6379/0"
    edge = connection_of(atlas, Address("shop", "edge"))
    assert edge == {"url": "https://edge.elb.amazonaws.com", "host": "edge.elb.amazonaws.com", "port": "443"}


def test_what_has_no_address_yet_says_so(stub: Stub, atlas: Atlas) -> None:
    world = World()
    world.databases = [rows.database("db", {"Project": "shop"}, "creating", Endpoint={})]
    world.answer(stub)
    with pytest.raises(Conflict, match=r"no address yet \(creating\)"):
        connection_of(atlas, Address("shop", "db"))


def test_an_app_answers_through_what_is_in_front_of_it(world: World, atlas: Atlas) -> None:
    with pytest.raises(Invalid, match="no address of its own"):
        connection_of(atlas, WEB)
    group = rows.target_group("web", "edge")
    world.groups, world.balancers = [group], [rows.balancer("edge")]
    world.tags = {rows.balancer("edge")["LoadBalancerArn"]: {"Project": "shop"}}
    world.services[0]["loadBalancers"] = [{"targetGroupArn": group["TargetGroupArn"]}]
    atlas.notes.changed("shop")
    assert connection_of(atlas, WEB)["url"] == "http://edge.elb.amazonaws.com"


def test_variables_come_from_where_they_are_kept(world: World, atlas: Atlas, stub: Stub) -> None:
    kept = [
        {"name": "KEY", "valueFrom": f"{SECRET}:KEY::{VERSION}"},
        {"name": "WHOLE", "valueFrom": SECRET},
        {"name": "PARAMETER", "valueFrom": arn("ssm", "parameter/shop/parameter")},
    ]
    definition = world.definitions[world.services[0]["taskDefinition"]]
    definition["containerDefinitions"][0]["secrets"] = kept

    def secret(given: Any) -> dict[str, str]:
        assert given["SecretId"] == SECRET
        return {"SecretString": json.dumps({"KEY": given.get("VersionId", "newest")})}

    stub.on("secretsmanager", "GetSecretValue", secret)
    stub.on("ssm", "GetParameter", lambda given: {"Parameter": {"Name": given["Name"], "Value": f"of {given['Name']}"}})
    assert config_of(atlas, WEB) == {
        "LOG": "debug",
        "KEY": VERSION,
        "WHOLE": '{"KEY": "newest"}',
        "PARAMETER": "of /shop/parameter",
    }


def test_what_is_not_there_is_said(world: World, atlas: Atlas) -> None:
    for ask in (releases_of, events_of, connection_of, config_of):
        with pytest.raises(NotFound, match="shop/nothing"):
            ask(atlas, Address("shop", "nothing"))


# --- what others deploy by CodeDeploy, or by a tool of their own ------------------------------------------------


@pytest.fixture
def task_sets(world: World) -> World:
    """The service's deployments are task sets, and it names no task definition itself."""
    current = world.services[0].pop("taskDefinition")
    primary = {"status": "PRIMARY", "taskDefinition": current, "runningCount": 2, "pendingCount": 0}
    world.services[0].update(deployments=[], taskSets=[primary], runningCount=2, desiredCount=2)
    return world


def test_it_has_releases_variables_and_a_log(task_sets: World, atlas: Atlas) -> None:
    assert [one.current for one in releases_of(atlas, WEB)].count(True) == 1
    assert config_of(atlas, WEB)
    (placed,) = atlas.within(WEB, "read the log of")
    assert places_of(placed, WEB, lambda name: {"containerDefinitions": []}) == []


def test_it_is_scaled_without_a_word_of_a_rollout_that_failed(task_sets: World, stub: Stub) -> None:
    stub.on("ecs", "DescribeServices", {"services": task_sets.services})
    made = replace(job(stub, WEB, Action.SCALE, replicas=2), others=("shop", "web"))
    services.scale(made)
    assert not stub.asked("UpdateService")


def test_what_has_no_task_set_yet_has_nothing_to_tell(task_sets: World, atlas: Atlas) -> None:
    task_sets.services[0]["taskSets"] = []
    task_sets.tasks = []
    assert releases_of(atlas, WEB) == []
    assert config_of(atlas, WEB) == {}
