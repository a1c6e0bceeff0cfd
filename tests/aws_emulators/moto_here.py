"""moto in this process, for what needs no server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from moto import mock_aws
from moto.backends import get_backend

SERVICES = (
    "applicationautoscaling",
    "autoscaling",
    "cloudformation",
    "cloudwatch",
    "ec2",
    "ecr",
    "ecs",
    "elasticache",
    "elbv2",
    "iam",
    "logs",
    "rds",
    "resourcegroupstaggingapi",
    "secretsmanager",
    "ssm",
    "sts",
)


@contextmanager
def moto_here() -> Iterator[None]:
    """moto imports a service when that is asked for first; side by side, as a look asks, two such imports can wait for
    each other."""
    for service in SERVICES:
        get_backend(service)  # type: ignore[call-overload]  # one of very many names
    with mock_aws():
        yield
