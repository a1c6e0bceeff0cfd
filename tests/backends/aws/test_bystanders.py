"""What bears a name that ours would have, and is somebody else's: it is never taken over, changed or removed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.aws_emulators.moto_here import moto_here
from tests.backends.aws.stub import REGION
from tests.backends.aws.test_waiting import Impatient, said_by
from tuienv.backends.aws import network, open_backend, roles
from tuienv.backends.aws.backend import AwsBackend
from tuienv.backends.aws.job import Job
from tuienv.backends.base import Conflict, Inputs
from tuienv.backends.docker_engine.client import Client
from tuienv.model import Action, Address, Change, Kind, LayerSpec, Route

ROUTE = Route("web", 8000)


class Account:
    """An account on moto, and what tuienv asks of it that changes something."""

    def __init__(self, backend: AwsBackend) -> None:
        self.backend = backend
        self.orders: list[str] = []

    def client(self, service: str) -> Any:
        return self.backend.session.client(service)

    def job(self, address: Address) -> Job:
        change = Change(Action.UPDATE, address, "aws", "", "test")
        return Job(self.backend.session, change, Inputs(), Impatient(), Client())

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


# --- what lets a layer of ours in, and is somebody else's ---------------------------------------------------------


@pytest.fixture
def groups(account: Account) -> dict[str, str]:
    """The security groups of an app, of a layer of its environment and of a database of others; both let the app in."""
    ec2 = account.client("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    made = {}
    for address in (Address("shop", "web"), Address("shop", "db")):
        made[address.layer] = network.ensure_group(account.job(address), Kind.APP, vpc, 5432)
    made["theirs"] = ec2.create_security_group(GroupName="orders", Description="theirs", VpcId=vpc)["GroupId"]
    for name in ("db", "theirs"):
        pair = {"UserIdGroupPairs": [{"GroupId": made["web"]}]}
        rules = [{"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, **pair}, {"IpProtocol": "-1", **pair}]
        ec2.authorize_security_group_ingress(GroupId=made[name], IpPermissions=rules[: 1 if name == "db" else 2])
    return made


def let_in(account: Account, group: str) -> int:
    """How many rules the group has."""
    (row,) = account.client("ec2").describe_security_groups(GroupIds=[group])["SecurityGroups"]
    return len(row["IpPermissions"])


def test_what_others_let_an_app_into_stays_open_when_it_is_applied(account: Account, groups: dict[str, str]) -> None:
    network.let_into(account.job(Address("shop", "web")), groups["web"], [])
    assert let_in(account, groups["db"]) == 0, "it does not need that any more"
    assert let_in(account, groups["theirs"]) == 2


def test_an_app_goes_whatever_let_it_in(account: Account, groups: dict[str, str]) -> None:
    """AWS keeps a group that another one names; it is said whose that was."""
    made = account.job(Address("shop", "web"))
    network.delete_group(made)
    assert network.find_group(made.session, made.address) is None
    assert let_in(account, groups["theirs"]) == 0
    assert any("out of security group orders" in text for text in said_by(made))
