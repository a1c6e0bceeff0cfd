"""What is there is changed as the file says, and no further: it says nothing of what somebody chose in the console."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.backends.aws.stub import ACCOUNT, Stub
from tests.backends.aws.test_waiting import CACHE, DB, group, instance, job, own_cache
from tuienv.backends.aws import caches, databases
from tuienv.model import Action, Difference, Kind, LayerSpec

CHOSEN = {
    "DBInstanceClass": "db.r6g.xlarge",
    "AllocatedStorage": 500,
    "MultiAZ": True,
    "BackupRetentionPeriod": 35,
    "DeletionProtection": True,
    "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-bastion"}],
}
"""What somebody chose for a database in the console."""


@pytest.fixture
def grounded(stub: Stub) -> Stub:
    """AWS with what a layer stands on."""
    stub.on("sts", "GetCallerIdentity", {"Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/ada"})
    stub.on("ec2", "DescribeVpcs", {"Vpcs": [{"VpcId": "vpc-1", "IsDefault": True}]})
    subnets = [{"SubnetId": f"subnet-{zone}", "AvailabilityZone": zone, "VpcId": "vpc-1"} for zone in ("a", "b")]
    stub.on("ec2", "DescribeSubnets", {"Subnets": subnets})
    stub.on("ec2", "CreateSecurityGroup", {"GroupId": "sg-1"})
    return stub


def told_to(stub: Stub, operation: str) -> Mapping[str, Any]:
    """What was asked to be changed; nothing if nothing was."""
    (given,) = stub.asked(operation) or [{}]
    names = ("DBInstanceIdentifier", "ReplicationGroupId", "ApplyImmediately")
    return {key: value for key, value in given.items() if key not in names}


def make_database(stub: Stub, spec: LayerSpec, difference: Difference) -> Mapping[str, Any]:
    stub.on("rds", "DescribeDBInstances", instance("available", **CHOSEN))
    databases.make(job(stub, DB, Action.UPDATE, spec=spec, differences=(difference,)), spec, 1)
    return told_to(stub, "ModifyDBInstance")


@pytest.mark.parametrize("backups", [14, None])
def test_a_database_keeps_what_its_file_says_nothing_of(grounded: Stub, backups: int | None) -> None:
    """Backups that are kept for fewer days are gone at once; so is a standby, and a protection somebody put on."""
    spec = LayerSpec("db", Kind.DATABASE, "aws", options={"aws": {} if backups is None else {"backups": backups}})
    told = make_database(grounded, spec, Difference("environment.POSTGRES_DB", "app", "shop"))
    assert told.get("BackupRetentionPeriod") == backups
    assert told["VpcSecurityGroupIds"] == ["sg-bastion", "sg-1"]
    assert not told.keys() & (CHOSEN.keys() - {"BackupRetentionPeriod"})


def test_what_a_file_no_longer_says_is_as_usual_again(grounded: Stub) -> None:
    spec = LayerSpec("db", Kind.DATABASE, "aws")
    assert make_database(grounded, spec, Difference("options.multi_az", "true", ""))["MultiAZ"] is False


@pytest.mark.parametrize(
    ("there", "version", "changes"),
    [("6.2.6", "7", {"EngineVersion": "7.1"}), ("7.1.0", "7", {}), ("7.10.0", "7.1", {"EngineVersion": "7.1"})],
)
def test_another_version_of_a_cache_is_asked_for(
    grounded: Stub, there: str, version: str, changes: Mapping[str, str]
) -> None:
    members = [{"CacheClusterId": "shop-cache-001"}]
    more: dict[str, Any] = {"CacheNodeType": "cache.r6g.large", "NodeGroups": [{"NodeGroupMembers": members}]}
    grounded.on("elasticache", "DescribeReplicationGroups", group("available", **more))
    own_cache(grounded)
    cluster = {"CacheClusterId": "shop-cache-001", "Engine": "redis", "EngineVersion": there}
    grounded.on("elasticache", "DescribeCacheClusters", {"CacheClusters": [cluster]})
    spec = LayerSpec("cache", Kind.CACHE, "aws", version=version)
    caches.make(
        job(grounded, CACHE, Action.UPDATE, spec=spec, differences=(Difference("version", "6", version),)), spec, 1
    )
    assert told_to(grounded, "ModifyReplicationGroup") == changes
