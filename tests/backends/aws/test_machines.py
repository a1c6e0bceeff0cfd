"""EC2 instances and Auto Scaling groups, changed on moto: it has their states, their bounds and their tags."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.aws_emulators.moto_here import moto_here
from tests.backends.aws.stub import REGION
from tuienv.backends.aws import open_backend
from tuienv.backends.aws.backend import AwsBackend
from tuienv.backends.aws.machines import RUNS
from tuienv.backends.base import Cancelled, Conflict, Inputs, Invalid
from tuienv.model import Action, Address, Change, Layer, Size, Status

IMAGE = "ami-12c6146b"
"""One that moto has."""

MINE = [{"Key": "Project", "Value": "erp"}]


class Watched:
    """Steps that remember what was said; from `cancel_at` on they are cancelled."""

    def __init__(self, cancel_at: str = "") -> None:
        self.said: list[str] = []
        self._cancel_at = cancel_at

    def say(self, text: str) -> None:
        if self._cancel_at and text.startswith(self._cancel_at):
            raise Cancelled
        self.said.append(text)

    def pause(self, seconds: float) -> None:
        """moto is done at once."""


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsBackend]:
    monkeypatch.setenv("AWS_REGION", REGION)
    with moto_here():
        backend = open_backend()
        yield backend
        backend.close()


@pytest.fixture
def ec2(backend: AwsBackend) -> Any:
    return backend.session.client("ec2")


@pytest.fixture
def instances(ec2: Any) -> list[str]:
    """Two instances that do the same, and one that does something else."""
    made = []
    for role in ("batch", "batch", "bastion"):
        tags = [*MINE, {"Key": "Role", "Value": role}]
        told = ec2.run_instances(
            ImageId=IMAGE,
            InstanceType="t3.small",
            MinCount=1,
            MaxCount=1,
            TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
        )
        made.append(told["Instances"][0]["InstanceId"])
    return made


def layer(backend: AwsBackend, name: str) -> Layer:
    found = {one.name: one for one in backend.observe("erp", thorough=True).layers}
    return found[name]


def change(backend: AwsBackend, action: Action, target: str, steps: Watched | None = None, **more: Any) -> Watched:
    steps = steps or Watched()
    backend.apply(Change(action, Address.parse(target), "aws", "", "asked for", **more), Inputs(), steps)
    return steps


def states(ec2: Any) -> dict[str, tuple[str, str]]:
    """Seen without the backend."""
    rows = [row for one in ec2.describe_instances()["Reservations"] for row in one["Instances"]]
    return {row["InstanceId"]: (row["State"]["Name"], row["InstanceType"]) for row in rows}


def test_they_are_layers_by_what_they_are_for(backend: AwsBackend, instances: list[str]) -> None:
    batch = layer(backend, "batch")
    assert {one.name for one in batch.instances} == set(instances[:2])
    assert (batch.status, str(batch.size), batch.ours) == (Status.RUNNING, "t3.small", False)
    able = backend.capabilities(batch)
    assert able.actions == {Action.STOP, Action.START, Action.RESTART, Action.RESIZE}
    assert able.replicas is None
    assert "t3.large" in {offer.size.name for offer in able.sizes}


def test_stopped_and_started_again(backend: AwsBackend, ec2: Any, instances: list[str]) -> None:
    change(backend, Action.STOP, "erp/batch")
    assert [states(ec2)[one][0] for one in instances] == ["stopped", "stopped", "running"]
    assert layer(backend, "batch").status is Status.STOPPED
    change(backend, Action.STOP, "erp/batch")  # what already holds
    change(backend, Action.START, "erp/batch")
    assert [states(ec2)[one][0] for one in instances] == ["running"] * 3


def test_one_alone(backend: AwsBackend, ec2: Any, instances: list[str]) -> None:
    change(backend, Action.STOP, f"erp/batch/{instances[0]}")
    assert [states(ec2)[one][0] for one in instances] == ["stopped", "running", "running"]
    assert layer(backend, "batch").status is Status.DEGRADED


def test_another_type_one_after_the_other(backend: AwsBackend, ec2: Any, instances: list[str]) -> None:
    steps = change(backend, Action.RESIZE, "erp/batch", size=Size("t3.large"))
    assert [states(ec2)[one] for one in instances[:2]] == [("running", "t3.large")] * 2
    order = [text.split()[0] for text in steps.said if text.split()[0] in ("stop", "make", "start")]
    assert order == ["stop", "make", "start"] * 2


def test_what_was_stopped_stays_stopped(backend: AwsBackend, ec2: Any, instances: list[str]) -> None:
    ec2.stop_instances(InstanceIds=[instances[2]])
    change(backend, Action.RESIZE, "erp/bastion", size=Size("t3.large"))
    assert states(ec2)[instances[2]] == ("stopped", "t3.large")


@pytest.mark.parametrize("at", ["stop", "make", "start"])
def test_interrupted_it_goes_on_where_it_was(backend: AwsBackend, ec2: Any, instances: list[str], at: str) -> None:
    with pytest.raises(Cancelled):
        change(backend, Action.RESIZE, "erp/bastion", Watched(cancel_at=at), size=Size("t3.large"))
    change(backend, Action.RESIZE, "erp/bastion", size=Size("t3.large"))
    assert states(ec2)[instances[2]] == ("running", "t3.large")
    kept = ec2.describe_tags(Filters=[{"Name": "key", "Values": [RUNS]}])["Tags"]
    assert kept == []


def test_what_cannot_get_another_type_runs_again(backend: AwsBackend, ec2: Any, instances: list[str]) -> None:
    """It was stopped for that alone."""

    def refuse(service: str, operation: str, changes: bool) -> None:
        if operation == "ModifyInstanceAttribute":
            raise Invalid("resize", "it", "The instance type 't3.large' is not supported here")

    backend.session.before_call = refuse
    with pytest.raises(Invalid, match="not supported here"):
        change(backend, Action.RESIZE, "erp/bastion", size=Size("t3.large"))
    assert states(ec2)[instances[2]] == ("running", "t3.small")
    assert ec2.describe_tags(Filters=[{"Name": "key", "Values": [RUNS]}])["Tags"] == []


def test_a_size_that_ec2_does_not_sell(backend: AwsBackend, instances: list[str]) -> None:
    with pytest.raises(Invalid, match="by the name of a type"):
        change(backend, Action.RESIZE, "erp/batch", size=Size(cpu=1.0))


def test_what_it_cannot_do_is_said(backend: AwsBackend, instances: list[str]) -> None:
    with pytest.raises(Conflict, match="EC2 instances that others made cannot do that"):
        change(backend, Action.SCALE, "erp/batch", replicas=3)


# --- Auto Scaling groups ----------------------------------------------------------------------------------------


@pytest.fixture
def group(backend: AwsBackend, ec2: Any) -> Any:
    """``erp/workers``: from one to four, now two."""
    told = {"ImageId": IMAGE, "InstanceType": "t3.small"}
    ec2.create_launch_template(LaunchTemplateName="workers", LaunchTemplateData=told)
    client = backend.session.client("autoscaling")
    client.create_auto_scaling_group(
        AutoScalingGroupName="workers",
        LaunchTemplate={"LaunchTemplateName": "workers"},
        MinSize=1,
        MaxSize=4,
        DesiredCapacity=2,
        AvailabilityZones=["us-east-1a"],
        Tags=[{"Key": "Project", "Value": "erp", "PropagateAtLaunch": True}],
    )
    return client


def test_a_group_is_a_layer_within_its_bounds(backend: AwsBackend, group: Any) -> None:
    workers = layer(backend, "workers")
    assert (len(workers.instances), workers.status) == (2, Status.RUNNING)
    able = backend.capabilities(workers)
    assert able.replicas == (1, 4)
    assert able.actions == {Action.SCALE, Action.RESTART}
    assert [one.name for one in backend.observe("erp").layers] == ["workers"]


@pytest.mark.parametrize("wanted", [1, 4])
def test_a_group_is_scaled(backend: AwsBackend, group: Any, wanted: int) -> None:
    change(backend, Action.SCALE, "erp/workers", replicas=wanted)
    assert len(layer(backend, "workers").instances) == wanted


@pytest.mark.parametrize("wanted", [0, 5])
def test_a_group_stays_within_its_bounds(backend: AwsBackend, group: Any, wanted: int) -> None:
    with pytest.raises(Invalid, match=f"from 1 to 4 instances, not {wanted}"):
        change(backend, Action.SCALE, "erp/workers", replicas=wanted)
    assert len(layer(backend, "workers").instances) == 2
