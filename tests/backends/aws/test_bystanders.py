"""What bears a name that ours would have, and is somebody else's: it is never taken over, changed or removed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.aws_emulators.moto_here import moto_here
from tests.backends.aws.stub import REGION
from tests.backends.aws.test_waiting import Impatient
from tuienv.backends.aws import network, open_backend, roles
from tuienv.backends.aws.backend import AwsBackend
from tuienv.backends.base import Conflict, Inputs
from tuienv.model import Action, Address, Change, Kind, LayerSpec, Route

ROUTE = Route("web", 8000)


class Account:
    """An account on moto, and what tuienv asks of it that changes something."""

    def __init__(self, backend: AwsBackend) -> None:
        self.backend = backend
        self.orders: list[str] = []

    def client(self, service: str) -> Any:
        return self.backend.session.client(service)

    def apply(self, spec: LayerSpec, action: Action = Action.CREATE) -> None:
        going = action is Action.DELETE
        change = Change(
            action,
            Address("shop", spec.name),
            "aws",
            "",
            "test",
            spec=None if going else spec,
            replicas=None if going else 1,
            delete_data=going,
        )
        self.backend.session.before_call = lambda service, operation, changes: (
            self.orders.append(operation) if changes else None
        )
        self.backend.apply(change, Inputs(), Impatient())


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setattr(roles, "EXECUTION_POLICY", "")  # moto has none of AWS's own
    with moto_here():
        backend = open_backend()
        yield Account(backend)
        backend.close()


def database(account: Account) -> None:
    account.client("rds").create_db_instance(
        DBInstanceIdentifier="shop-db",
        DBInstanceClass="db.m6g.large",
        Engine="postgres",
        AllocatedStorage=20,
        MasterUsername="app",
        MasterUserPassword="no-password-at-all",
        Tags=[{"Key": "Project", "Value": "elsewhere"}],
    )


def cache(account: Account) -> None:
    account.client("elasticache").create_replication_group(
        ReplicationGroupId="shop-cache", ReplicationGroupDescription="theirs", Engine="redis"
    )


def balancer(account: Account) -> None:
    subnets = [row["SubnetId"] for row in account.client("ec2").describe_subnets()["Subnets"]][:2]
    elbv2 = account.client("elbv2")
    made = elbv2.create_load_balancer(Name="shop-edge", Subnets=subnets)["LoadBalancers"][0]
    answer = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}
    elbv2.create_listener(LoadBalancerArn=made["LoadBalancerArn"], Port=8443, Protocol="HTTP", DefaultActions=[answer])


def role(account: Account) -> None:
    account.client("iam").create_role(RoleName=f"shop-web-task-{REGION}", AssumeRolePolicyDocument="{}")


def definition(account: Account) -> None:
    container = {"name": "web", "image": "theirs:1", "memory": 128}
    for _ in range(12):
        account.client("ecs").register_task_definition(family="shop-web", containerDefinitions=[container])


def subnet_group(account: Account) -> None:
    subnets = [row["SubnetId"] for row in account.client("ec2").describe_subnets()["Subnets"]][:2]
    account.client("rds").create_db_subnet_group(
        DBSubnetGroupName="shop-db", DBSubnetGroupDescription="theirs", SubnetIds=subnets
    )


WEB = LayerSpec("web", Kind.APP, "aws", image="web:1")
THEIRS = pytest.mark.parametrize(
    ("theirs", "spec"),
    [
        (database, LayerSpec("db", Kind.DATABASE, "aws")),
        (cache, LayerSpec("cache", Kind.CACHE, "aws")),
        (subnet_group, LayerSpec("db", Kind.DATABASE, "aws")),
        (balancer, LayerSpec("edge", Kind.LOAD_BALANCER, "aws", routes=(ROUTE,))),
        (role, WEB),
        (definition, WEB),
    ],
)


OURS_TOO = {
    role: ("DeleteLogGroup",),
    definition: ("DeleteLogGroup", "DeleteRole", "DeleteRolePolicy"),
}
"""What an apply makes of an app before it meets the name, and a removal takes away again."""


@THEIRS
def test_it_is_not_taken_over(account: Account, theirs: Any, spec: LayerSpec) -> None:
    theirs(account)
    with pytest.raises(Conflict, match="which others made"):
        account.apply(spec)
    assert not [name for name in account.orders if name.startswith(("Modify", "De", "Add", "Set", "CreateListener"))]


@THEIRS
def test_it_does_not_go_with_what_an_apply_left(account: Account, theirs: Any, spec: LayerSpec) -> None:
    """The layer's own security group does, and what else was made before the name was met."""
    theirs(account)
    with pytest.raises(Conflict):
        account.apply(spec)
    account.orders.clear()
    account.apply(spec, Action.DELETE)
    assert set(account.orders) == {"DeleteSecurityGroup", *OURS_TOO.get(theirs, ())}
    assert network.find_group(account.backend.session, Address("shop", spec.name)) is None
