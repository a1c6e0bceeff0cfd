"""How an app is asked whether it is well is in its own file, and done by the load balancer in front of it."""

from __future__ import annotations

from typing import Any

from tests.aws_emulators.clients import bare
from tests.backends.aws import courses
from tests.backends.aws.stub import Stub, tags
from tests.backends.aws.test_waiting import WEB, job
from tests.contract import specs
from tests.contract.aws_harness import RecordsHarness
from tests.contract.test_killed import at_every_step
from tests.contract.trial import Trial
from tuienv.backends.aws import health_checks, naming, services
from tuienv.model import Action, EnvironmentSpec, Health, Verb


def path_of(harness: RecordsHarness) -> str:
    """What the load balancer asks for, seen without the backend."""
    rows = bare("elbv2", harness.cloud.url).describe_target_groups()["TargetGroups"]
    (path,) = {row["HealthCheckPath"] for row in rows if row["TargetGroupName"].startswith(f"{courses.NAME}-edge")}
    return str(path)


def with_path(trial: Trial, path: str) -> EnvironmentSpec:
    return specs.with_layer(trial.spec, "web", health=Health(path=path))


def test_another_path_reaches_the_load_balancer(trial: Trial, harness: RecordsHarness) -> None:
    trial.apply()
    trial.spec = with_path(trial, "/ready")
    trial.apply()
    assert path_of(harness) == "/ready"
    trial.check()


def test_it_does_whatever_interrupts_it(trial: Trial, harness: RecordsHarness) -> None:
    trial.apply()

    def check(step: int) -> None:
        assert path_of(harness) == f"/ready/{step}"

    assert at_every_step(trial, lambda step: trial.deed(Verb.APPLY, spec=with_path(trial, f"/ready/{step}")), check) > 2


def test_a_path_that_somebody_changed_is_a_difference(trial: Trial, harness: RecordsHarness) -> None:
    trial.apply()
    elbv2 = bare("elbv2", harness.cloud.url)
    for row in elbv2.describe_target_groups()["TargetGroups"]:
        elbv2.modify_target_group(TargetGroupArn=row["TargetGroupArn"], HealthCheckPath="/other")
    (change,) = trial.plan().changes
    assert change.address.layer == "web"
    assert change.reason.startswith("health: /other → /healthz")
    trial.apply()
    assert path_of(harness) == "/healthz"


def asked_of(stub: Stub, state: str) -> list[str]:
    """The target groups that are left for after the rollout, and what was set before it."""
    arn = "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/shop-edge/1"
    row: dict[str, Any] = {"TargetGroupArn": arn, "TargetGroupName": f"shop-edge-{naming.digest_of(WEB)}-8000"}
    theirs = {"TargetGroupArn": arn.replace("/1", "/2"), "TargetGroupName": "canary"}
    stub.on("elbv2", "DescribeTargetGroups", {"TargetGroups": [row, theirs]})
    stub.on("elbv2", "DescribeTargetHealth", {"TargetHealthDescriptions": [{"TargetHealth": {"State": state}}]})
    service = {"loadBalancers": [{"targetGroupArn": arn}], "tags": tags({}, lower=True)}
    left = services._set_checks_of_the_silent(job(stub, WEB, Action.UPDATE), service, Health("/ready"))
    return [*left, *(str(one["HealthCheckPath"]) for one in stub.asked("ModifyTargetGroup"))]


def test_what_serves_is_asked_as_before_until_it_is_gone(stub: Stub) -> None:
    """It may not know the new path, and nothing would serve then."""
    assert asked_of(stub, "healthy")[0].endswith("targetgroup/shop-edge/1")


def test_where_nothing_is_well_what_comes_is_asked_as_it_wants_at_once(stub: Stub) -> None:
    """With the old path it could never be well, and the path could never be mended."""
    assert asked_of(stub, "unhealthy") == ["/ready"]


def test_target_groups_are_known_by_the_app_that_they_send_to() -> None:
    row = {"TargetGroupName": f"shop-edge-{naming.digest_of(WEB)}-8000"}
    assert health_checks.is_for(row, WEB)
    assert not health_checks.is_for(row, job(Stub(), WEB).beside("worker"))
