"""AWS: environments as ECS services, load balancers, ElastiCache and RDS, in one account and region."""

from __future__ import annotations

from tuienv.backends.aws.backend import AwsBackend


def open_backend(profile: str = "") -> AwsBackend:
    """The account and region of an AWS profile; of an empty one, those the aws command would use. Contacts nobody."""
    return AwsBackend(profile)
