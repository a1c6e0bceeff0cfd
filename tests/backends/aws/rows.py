"""Rows as the services of AWS answer them, with no more in them than a test needs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tests.backends.aws.stub import Stub, arn, tags

THEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

Row = dict[str, Any]


def cluster(name: str) -> Row:
    return {"clusterArn": arn("ecs", f"cluster/{name}"), "clusterName": name, "status": "ACTIVE"}


def service(cluster: str, name: str, given: Mapping[str, str] | None = None, desired: int = 1, **more: Any) -> Row:
    return {
        "serviceArn": arn("ecs", f"service/{cluster}/{name}"),
        "serviceName": name,
        "clusterArn": arn("ecs", f"cluster/{cluster}"),
        "status": "ACTIVE",
        "desiredCount": desired,
        "taskDefinition": arn("ecs", f"task-definition/{cluster}-{name}:3"),
        "tags": tags(given or {}, lower=True),
        **more,
    }


def task(cluster: str, service: str, number: int, ip: str = "", last: str = "RUNNING", **more: Any) -> Row:
    detail = [{"name": "privateIPv4Address", "value": ip}] if ip else []
    return {
        "taskArn": arn("ecs", f"task/{cluster}/{number:08x}{0:024x}"),
        "clusterArn": arn("ecs", f"cluster/{cluster}"),
        "taskDefinitionArn": arn("ecs", f"task-definition/{cluster}-{service}:3"),
        "group": f"service:{service}",
        "lastStatus": last,
        "desiredStatus": "RUNNING",
        "cpu": "256",
        "memory": "512",
        "createdAt": THEN,
        "startedAt": THEN,
        "availabilityZone": "us-east-1a",
        "attachments": [{"type": "ElasticNetworkInterface", "details": detail}],
        "containers": [{"name": "app", "image": "shop:1", "runtimeId": "r-1"}],
        **more,
    }


def balancer(name: str, **more: Any) -> Row:
    return {
        "LoadBalancerArn": arn("elasticloadbalancing", f"loadbalancer/app/{name}/50dc6c495c0c9188"),
        "LoadBalancerName": name,
        "DNSName": f"{name}.elb.amazonaws.com",
        "Type": "application",
        "State": {"Code": "active"},
        "CreatedTime": THEN,
        **more,
    }


def target_group(name: str, *balancers: str) -> Row:
    return {
        "TargetGroupArn": arn("elasticloadbalancing", f"targetgroup/{name}/943f017f100becff"),
        "TargetGroupName": name,
        "LoadBalancerArns": [balancer(one)["LoadBalancerArn"] for one in balancers],
    }


def replication_group(name: str, nodes: int = 1, status: str = "available", **more: Any) -> Row:
    members = [
        {"CacheClusterId": f"{name}-{number:03}", "CurrentRole": "primary" if number == 1 else "replica"}
        for number in range(1, nodes + 1)
    ]
    endpoint = {"Address": f"{name}.cache.amazonaws.com", "Port": 6379}
    return {
        "ReplicationGroupId": name,
        "ARN": arn("elasticache", f"replicationgroup:{name}"),
        "Status": status,
        "CacheNodeType": "cache.t4g.small",
        "MemberClusters": [one["CacheClusterId"] for one in members],
        "NodeGroups": [{"NodeGroupId": "0001", "PrimaryEndpoint": endpoint, "NodeGroupMembers": members}],
        "ReplicationGroupCreateTime": THEN,
        **more,
    }


def cache_node(name: str, group: str = "", status: str = "available", **more: Any) -> Row:
    return {
        "CacheClusterId": name,
        "ARN": arn("elasticache", f"cluster:{name}"),
        "CacheClusterStatus": status,
        "CacheNodeType": "cache.t4g.small",
        "Engine": "redis",
        "EngineVersion": "7.1.0",
        "CacheClusterCreateTime": THEN,
        **({"ReplicationGroupId": group} if group else {}),
        **more,
    }


def database(name: str, given: Mapping[str, str] | None = None, status: str = "available", **more: Any) -> Row:
    return {
        "DBInstanceIdentifier": name,
        "DBInstanceArn": arn("rds", f"db:{name}"),
        "DBInstanceStatus": status,
        "DBInstanceClass": "db.t4g.micro",
        "Engine": "postgres",
        "EngineVersion": "16.3",
        "MasterUsername": "app",
        "DBName": "shop",
        "Endpoint": {"Address": f"{name}.rds.amazonaws.com", "Port": 5432},
        "InstanceCreateTime": THEN,
        "TagList": tags(given or {}),
        **more,
    }


def scaling_group(name: str, given: Mapping[str, str] | None = None, *instances: str, **more: Any) -> Row:
    return {
        "AutoScalingGroupName": name,
        "AutoScalingGroupARN": arn("autoscaling", f"autoScalingGroup:1:autoScalingGroupName/{name}"),
        "MinSize": 1,
        "MaxSize": 4,
        "DesiredCapacity": len(instances),
        "DefaultCooldown": 300,
        "AvailabilityZones": ["us-east-1a"],
        "HealthCheckType": "EC2",
        "CreatedTime": THEN,
        "Tags": tags(given or {}),
        "Instances": [
            {
                "InstanceId": one,
                "AvailabilityZone": "us-east-1a",
                "LifecycleState": "InService",
                "HealthStatus": "Healthy",
                "ProtectedFromScaleIn": False,
            }
            for one in instances
        ],
        **more,
    }


def machine(identity: str, given: Mapping[str, str] | None = None, state: str = "running", **more: Any) -> Row:
    return {
        "InstanceId": identity,
        "InstanceType": "t3.small",
        "ImageId": "ami-1",
        "State": {"Name": state, "Code": 16},
        "LaunchTime": THEN,
        "Placement": {"AvailabilityZone": "us-east-1a"},
        "Tags": tags(given or {}),
        **more,
    }


class World:
    """An account: what there is of each kind. `answer` has a stub answer for it, page by page."""

    def __init__(self) -> None:
        self.clusters: list[str] = []
        self.services: list[Row] = []
        self.tasks: list[Row] = []
        self.balancers: list[Row] = []
        self.groups: list[Row] = []
        self.tags: dict[str, Mapping[str, str]] = {}
        self.health: dict[str, Mapping[str, str]] = {}
        self.listeners: list[Row] = [{"Protocol": "HTTP", "Port": 80}]
        self.caches: list[Row] = []
        self.nodes: list[Row] = []
        self.databases: list[Row] = []
        self.database_clusters: list[Row] = []
        self.scaling_groups: list[Row] = []
        self.machines: list[Row] = []
        self.stacks: list[Row] = []
        self.bounds: list[Row] = []
        self.definitions: dict[str, Row] = {}

    def answer(self, stub: Stub, page: int = 100) -> None:
        """From now on; what is changed in here later is answered as well."""
        self._containers(stub, page)
        self._balancers(stub, page)
        self._data(stub, page)
        self._machines(stub, page)

    def _containers(self, stub: Stub, page: int) -> None:
        tokens = ("nextToken", "nextToken")
        stub.pages(
            "ecs",
            "ListClusters",
            "clusterArns",
            lambda given: [cluster(c)["clusterArn"] for c in self.clusters],
            page,
            tokens,
        )
        stub.on("ecs", "DescribeClusters", lambda given: {"clusters": [cluster(_last(c)) for c in given["clusters"]]})
        stub.pages(
            "ecs",
            "ListServices",
            "serviceArns",
            lambda given: self._in(given, self.services, "serviceArn"),
            page,
            tokens,
        )
        stub.pages("ecs", "ListTasks", "taskArns", lambda given: self._in(given, self.tasks, "taskArn"), page, tokens)
        stub.on(
            "ecs",
            "DescribeServices",
            lambda given: {"services": _those(self.services, "serviceArn", given["services"])},
        )
        stub.on("ecs", "DescribeTasks", lambda given: {"tasks": _those(self.tasks, "taskArn", given["tasks"])})
        stub.on("ecs", "DescribeTaskDefinition", self._definition)
        stub.on("application-autoscaling", "DescribeScalableTargets", lambda given: {"ScalableTargets": self.bounds})

    def _definition(self, given: Mapping[str, Any]) -> Row:
        found = self.definitions[given["taskDefinition"]]
        return {"taskDefinition": {k: v for k, v in found.items() if k != "tags"}, "tags": found.get("tags", [])}

    def _balancers(self, stub: Stub, page: int) -> None:
        tokens = ("Marker", "NextMarker")
        stub.pages("elbv2", "DescribeLoadBalancers", "LoadBalancers", lambda given: self.balancers, page, tokens)
        stub.pages("elbv2", "DescribeTargetGroups", "TargetGroups", lambda given: self.groups, page, tokens)
        stub.pages("elbv2", "DescribeListeners", "Listeners", lambda given: self.listeners, page, tokens)
        stub.on("elbv2", "DescribeTags", self._describe_tags)
        stub.on("elbv2", "DescribeTargetHealth", self._describe_health)

    def _describe_tags(self, given: Mapping[str, Any]) -> Row:
        told = [{"ResourceArn": one, "Tags": tags(self.tags.get(one, {}))} for one in given["ResourceArns"]]
        return {"TagDescriptions": told}

    def _describe_health(self, given: Mapping[str, Any]) -> Row:
        health = self.health.get(given["TargetGroupArn"], {})
        rows = [{"Target": {"Id": one}, "TargetHealth": {"State": state}} for one, state in health.items()]
        return {"TargetHealthDescriptions": rows}

    def _data(self, stub: Stub, page: int) -> None:
        tokens = ("Marker", "Marker")
        stub.pages(
            "elasticache", "DescribeReplicationGroups", "ReplicationGroups", lambda given: self.caches, page, tokens
        )
        stub.pages("elasticache", "DescribeCacheClusters", "CacheClusters", lambda given: self.nodes, page, tokens)
        stub.on(
            "elasticache",
            "ListTagsForResource",
            lambda given: {"TagList": tags(self.tags.get(given["ResourceName"], {}))},
        )
        stub.pages("rds", "DescribeDBInstances", "DBInstances", lambda given: self.databases, page, tokens)
        stub.pages("rds", "DescribeDBClusters", "DBClusters", lambda given: self.database_clusters, page, tokens)
        stub.pages(
            "resourcegroupstaggingapi",
            "GetResources",
            "ResourceTagMappingList",
            self._tagged,
            page,
            ("PaginationToken",) * 2,
        )
        stub.pages("cloudformation", "DescribeStacks", "Stacks", lambda given: self.stacks, page, ("NextToken",) * 2)

    def _tagged(self, given: Mapping[str, Any]) -> list[Row]:
        return [{"ResourceARN": one, "Tags": tags(told)} for one, told in self.tags.items() if ":elasticache:" in one]

    def _machines(self, stub: Stub, page: int) -> None:
        tokens = ("NextToken", "NextToken")
        stub.pages(
            "autoscaling",
            "DescribeAutoScalingGroups",
            "AutoScalingGroups",
            lambda given: self.scaling_groups,
            page,
            tokens,
        )
        stub.pages("ec2", "DescribeInstances", "Reservations", self._reservations, page, tokens)

    def _reservations(self, given: Mapping[str, Any]) -> list[Row]:
        wanted = {
            value for one in given.get("Filters") or () if one["Name"] == "instance-id" for value in one["Values"]
        }
        rows = [row for row in self.machines if not wanted or row["InstanceId"] in wanted]
        return [{"Instances": [row]} for row in rows]

    def _in(self, given: Mapping[str, Any], rows: list[Row], key: str) -> list[str]:
        return [row[key] for row in rows if _last(row["clusterArn"]) == _last(given["cluster"])]


def _last(text: str) -> str:
    return text.rsplit("/", 1)[-1]


def _those(rows: list[Row], key: str, wanted: list[str]) -> list[Row]:
    by_key = {row[key]: row for row in rows}
    return [by_key[one] for one in wanted if one in by_key]
