"""An ECS service that others made gets another variable or size, and keeps all else that its task definition says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.backends.aws.stub import ACCOUNT, Stub
from tests.backends.aws.test_waiting import WEB, job
from tuienv.backends.aws import services, tasks
from tuienv.backends.base import Conflict
from tuienv.model import Action, Size

ARN = "arn:aws:ecs:us-east-1:111122223333:task-definition/legacy-web:7"
KEPT = {"name": "PARTNER", "valueFrom": "arn:aws:ssm:us-east-1:111122223333:parameter/legacy/partner"}
THEIRS: dict[str, Any] = {
    "family": "legacy-web",
    "cpu": "1024",
    "memory": "4096",
    "networkMode": "awsvpc",
    "executionRoleArn": "arn:aws:iam::111122223333:role/legacy",
    "requiresCompatibilities": ["FARGATE"],
    "volumes": [{"name": "files"}],
    "ephemeralStorage": {"sizeInGiB": 200},
    "proxyConfiguration": {"type": "APPMESH", "containerName": "envoy"},
    "containerDefinitions": [
        {
            "name": "web",
            "image": "legacy:1",
            "environment": [{"name": "LEVEL", "value": "info"}],
            "secrets": [KEPT],
        },
        {"name": "envoy", "image": "envoy:1", "essential": True},
    ],
}
"""What somebody's task definition says: more than ours ever do."""

TOLD = {"taskDefinitionArn": ARN, "revision": 7, "status": "ACTIVE", "registeredBy": "arn:aws:iam::1:user/ann"}


@pytest.fixture
def aws(stub: Stub) -> Stub:
    stub.on("ecs", "DescribeTaskDefinition", {"taskDefinition": {**THEIRS, **TOLD}, "tags": []})
    stub.on("sts", "GetCallerIdentity", {"Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/ada"})
    stub.on("ecs", "RegisterTaskDefinition", {"taskDefinition": {"taskDefinitionArn": ARN}})
    stub.on("ssm", "GetParameter", {"Parameter": {"Name": "/legacy/partner", "Value": "no-secret-at-all"}})
    return stub


def registered(stub: Stub, settings: Mapping[str, str | None] | None, size: Size | None = None) -> Mapping[str, Any]:
    """What ECS is asked to register for these settings, or this size."""
    made = replace(job(stub, WEB, Action.UPDATE), others=("legacy", "web"))
    recipe = tasks.recipe_from(*tasks.read(made.session, ARN, WEB))
    wanted = tasks.configured(made, recipe, settings, {}) if settings is not None else recipe.with_size(size or Size())
    tasks.register(made, wanted, ARN)
    (asked,) = stub.asked("RegisterTaskDefinition")
    return asked


def test_what_is_beside_a_variable_that_is_set_stays(aws: Stub) -> None:
    asked = registered(aws, {"LEVEL": "debug"})
    web, envoy = asked["containerDefinitions"]
    assert web == {**THEIRS["containerDefinitions"][0], "environment": [{"name": "LEVEL", "value": "debug"}]}
    assert envoy == THEIRS["containerDefinitions"][1]
    assert {key: asked[key] for key in THEIRS if key != "containerDefinitions"} == {
        key: value for key, value in THEIRS.items() if key != "containerDefinitions"
    }
    assert not [name for service, name, _ in aws.calls if service in ("secretsmanager", "ssm")], "secrets were moved"


def test_what_is_beside_another_size_stays(aws: Stub) -> None:
    asked = registered(aws, None, Size(cpu=2.0, memory=8192 * 1024**2))
    assert {key: value for key, value in asked.items() if key != "tags"} == {**THEIRS, "cpu": "2048", "memory": "8192"}


def test_a_secret_that_is_unset_is_only_no_longer_named(aws: Stub) -> None:
    assert registered(aws, {"PARTNER": None})["containerDefinitions"][0]["secrets"] == []


@pytest.mark.parametrize(
    ("settings", "said"),
    [({"PARTNER": "another"}, "parameter/legacy/partner"), ({"API_TOKEN": "5f0c8e1d2b7a4c3e"}, "reads? no secret")],
)
def test_a_secret_is_not_written_where_its_tasks_cannot_read_it(
    aws: Stub, settings: Mapping[str, str], said: str
) -> None:
    with pytest.raises(Conflict, match=said):
        registered(aws, settings)
    assert not aws.asked("RegisterTaskDefinition")


def test_what_others_have_not_rolled_out_is_not_rolled_out_for_them(aws: Stub) -> None:
    """The family's newest revision may have the size that is asked for, and an image that nobody serves yet."""
    newest = {**THEIRS, **TOLD, "taskDefinitionArn": f"{ARN[:-1]}8", "cpu": "2048", "memory": "8192"}

    def described(given: Mapping[str, Any]) -> Mapping[str, Any]:
        row = {**THEIRS, **TOLD} if given["taskDefinition"] == ARN else newest
        tags = [] if given["taskDefinition"] == ARN else [{"key": "tuienv:size", "value": ":2:8589934592"}]
        return {"taskDefinition": row, "tags": tags}

    aws.on("ecs", "DescribeTaskDefinition", described)
    registered(aws, None, Size(cpu=2.0, memory=8192 * 1024**2))


def test_how_many_of_theirs_run_beside_each_other_is_theirs_to_say(stub: Stub) -> None:
    """Where a maximum of 100 % says that no two run at once, a rollout would run a second one ever after."""
    once = {"maximumPercent": 100, "minimumHealthyPercent": 0}
    deployment = {"status": "PRIMARY", "taskDefinition": ARN, "runningCount": 1, "rolloutState": "COMPLETED"}
    row = {"serviceName": "web", "status": "ACTIVE", "taskDefinition": ARN, "deploymentConfiguration": once}
    running = {"desiredCount": 0, "runningCount": 1, "deployments": [deployment]}
    stub.on("ecs", "DescribeServices", {"services": [{**row, **running}]})
    services.scale(replace(job(stub, WEB, Action.SCALE, replicas=1), others=("legacy", "web")))
    (asked,) = stub.asked("UpdateService")
    assert asked == {"cluster": "legacy", "service": "web", "desiredCount": 1}
