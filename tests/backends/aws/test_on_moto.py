"""What others made, found on moto: it has the Tagging API and Application Auto Scaling, which ministack lacks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.aws_emulators.moto_here import moto_here
from tests.backends.aws.stub import REGION, tags
from tuienv.backends.aws import open_backend
from tuienv.backends.aws.backend import AwsBackend
from tuienv.model import Kind, Layer

MINE = {"Project": "shop", "Environment": "live"}


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsBackend]:
    monkeypatch.setenv("AWS_REGION", REGION)
    with moto_here():
        backend = open_backend()
        _make(backend)
        yield backend
        backend.close()


def _make(backend: AwsBackend) -> None:
    """``shop-live``: a service in a cluster of another name, a load balancer, a cache, a database; as others would."""
    client = backend.session.client
    ecs, ec2 = client("ecs"), client("ec2")
    ecs.create_cluster(clusterName="everything")
    ecs.register_task_definition(family="web", containerDefinitions=[{"name": "web", "image": "web:1", "memory": 128}])
    ecs.create_service(
        cluster="everything", serviceName="web", taskDefinition="web", desiredCount=2, tags=tags(MINE, lower=True)
    )
    subnets = [row["SubnetId"] for row in ec2.describe_subnets()["Subnets"]][:2]
    client("elbv2").create_load_balancer(Name="edge", Subnets=subnets, Tags=tags(MINE))
    client("elasticache").create_replication_group(
        ReplicationGroupId="sessions", ReplicationGroupDescription="-", Engine="redis", Tags=tags(MINE)
    )
    client("rds").create_db_instance(
        DBInstanceIdentifier="orders",
        DBInstanceClass="db.t3.micro",
        Engine="postgres",
        AllocatedStorage=20,
        MasterUsername="app",
        MasterUserPassword="no-password-at-all",
        Tags=tags(MINE),
    )


def found(backend: AwsBackend) -> dict[str, Layer]:
    environments = {one.environment: one for one in backend.discover()}
    return {layer.name: layer for layer in environments["shop-live"].layers}


def test_it_is_put_together_from_all_services(backend: AwsBackend) -> None:
    kinds = {name: layer.kind for name, layer in found(backend).items()}
    assert kinds == {
        "web": Kind.APP,
        "edge": Kind.LOAD_BALANCER,
        "sessions": Kind.CACHE,
        "orders": Kind.DATABASE,
    }
    assert not any(layer.ours for layer in found(backend).values())


def test_bounds_of_application_auto_scaling_are_those_of_people(backend: AwsBackend) -> None:
    backend.session.client("application-autoscaling").register_scalable_target(
        ServiceNamespace="ecs",
        ResourceId="service/everything/web",
        ScalableDimension="ecs:service:DesiredCount",
        MinCapacity=2,
        MaxCapacity=5,
    )
    layers = {layer.name: layer for layer in backend.observe("shop-live").layers}
    assert backend.capabilities(layers["web"]).replicas == (2, 5)
