"""AWS: environments as ECS services, load balancers, ElastiCache and RDS, in one account and region."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tuienv.backends.aws.backend import AwsBackend


def open_backend(profile: str = "") -> AwsBackend:
    """The account and region of an AWS profile; of an empty one, those the aws command would use. Contacts nobody."""
    from tuienv.backends.aws.backend import (
        AwsBackend,  # its profiles are looked for at every start, it is not used then
    )

    return AwsBackend(profile)
