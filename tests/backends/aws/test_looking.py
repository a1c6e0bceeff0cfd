"""What is found at AWS, in how many calls, and what happens where AWS does not tell."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.backends.aws import rows
from tests.backends.aws.rows import World
from tests.backends.aws.stub import Refusal, Stub, arn, tags
from tuienv.backends.aws import naming
from tuienv.backends.aws.looking.atlas import Atlas
from tuienv.backends.base import Forbidden, NotAuthenticated, Throttled, Unreachable
from tuienv.model import UNFINISHED, Address, Kind, Layer, Observation, Status


def ours(layer: str, **facets: str) -> dict[str, str]:
    return {naming.ENVIRONMENT: "shop", naming.LAYER: layer, **naming.facet_tags(facets)}


@pytest.fixture
def world(stub: Stub) -> World:
    """``shop``, which is ours: a load balancer, two tasks behind it, a cache of two nodes, a database."""
    world = World()
    world.clusters = ["shop"]
    group = rows.target_group("shop-web", "shop-edge")
    attached = {
        "loadBalancers": [{"targetGroupArn": group["TargetGroupArn"], "containerName": "app", "containerPort": 80}]
    }
    world.services = [rows.service("shop", "web", ours("web"), desired=2, **attached)]
    facets: rows.Row = {"tags": tags(naming.facet_tags({"image": "shop:1"}), lower=True)}
    world.tasks = [rows.task("shop", "web", number, f"10.0.0.{number}", **facets) for number in (1, 2)]
    world.balancers, world.groups = [rows.balancer("shop-edge")], [group]
    world.tags = {
        rows.balancer("shop-edge")["LoadBalancerArn"]: {**ours("edge", routes="/ → web:80"), naming.NEEDS: "web"},
        rows.replication_group("shop-cache")["ARN"]: ours("cache", engine="redis"),
    }
    world.health = {group["TargetGroupArn"]: {"10.0.0.1": "healthy", "10.0.0.2": "healthy"}}
    world.caches = [rows.replication_group("shop-cache", 2)]
    world.nodes = [rows.cache_node(f"shop-cache-00{number}", "shop-cache") for number in (1, 2)]
    world.databases = [rows.database("shop-db", ours("db", engine="postgres"))]
    world.answer(stub)
    return world


def layers(observation: Observation) -> dict[str, Layer]:
    return {layer.name: layer for layer in observation.layers}


def test_every_kind_is_found_with_what_it_is_made_from(world: World, atlas: Atlas) -> None:
    found = layers(atlas.observe("shop"))
    assert {name: layer.kind for name, layer in found.items()} == {
        "web": Kind.APP,
        "edge": Kind.LOAD_BALANCER,
        "cache": Kind.CACHE,
        "db": Kind.DATABASE,
    }
    assert all(layer.ours and layer.status is Status.RUNNING for layer in found.values())
    assert [dict(one.facets) for one in found["web"].instances] == [{"image": "shop:1"}] * 2
    assert found["edge"].instances[0].facets == {"routes": "/ → web:80"}
    assert found["cache"].instances[0].facets == {"engine": "redis"}
    assert found["edge"].needs == ("web",)
    assert found["edge"].endpoints == ("http://shop-edge.elb.amazonaws.com",)
    assert [one.name for one in found["cache"].instances] == ["1", "2"]
    assert found["db"].endpoints == ("shop-db.rds.amazonaws.com:5432",)
    assert str(found["web"].instances[0].size) == "0.25 cpu 512 MiB"


def test_discovering_and_observing_say_the_same(world: World, atlas: Atlas) -> None:
    observed = layers(atlas.observe("shop"))
    discovered = {one.environment: layers(one) for one in atlas.discover()}
    assert discovered == {"shop": observed}


def test_a_second_look_asks_only_where_something_was(world: World, atlas: Atlas, stub: Stub) -> None:
    atlas.observe("shop")
    stub.calls.clear()
    atlas.observe("shop")
    assert stub.counted() == Counter(
        [
            "DescribeClusters",
            "GetParametersByPath",
            "ListServices",
            "DescribeServices",
            "ListTasks",
            "DescribeTasks",
            "DescribeLoadBalancers",
            "DescribeTargetGroups",
            "DescribeTargetHealth",
            "DescribeReplicationGroups",
            "DescribeCacheClusters",
            "DescribeDBInstances",
        ]
    )


def test_a_thorough_look_asks_everything_anew(world: World, atlas: Atlas, stub: Stub) -> None:
    atlas.observe("shop")
    world.databases.clear()
    world.scaling_groups = [rows.scaling_group("shop-old", ours("old"), "i-1")]
    world.tags[rows.balancer("shop-edge")["LoadBalancerArn"]] = ours("edge", routes="none")
    found = layers(atlas.observe("shop", thorough=True))
    assert found.keys() == {"web", "edge", "cache", "old"}
    assert found["edge"].instances[0].facets == {"routes": "none"}


@pytest.mark.parametrize("count", [1, 25, 101])
def test_as_many_calls_as_pages(stub: Stub, atlas: Atlas, count: int) -> None:
    world = World()
    world.clusters = ["shop"]
    world.services = [rows.service("shop", f"web-{number}") for number in range(count)]
    world.tasks = [rows.task("shop", f"web-{number}", number) for number in range(count)]
    world.databases = [rows.database(f"db-{number}") for number in range(count)]
    world.balancers = [rows.balancer(f"edge-{number}") for number in range(count)]
    world.tags = {rows.balancer(f"edge-{number}")["LoadBalancerArn"]: {"Project": "shop"} for number in range(count)}
    world.answer(stub, page=100)
    found = atlas.discover()
    assert sum(len(one.layers) for one in found) == 3 * count
    pages, tens, twenties = -(-count // 100), _batches(count, 10), _batches(count, 20)
    counted = stub.counted()
    assert (counted["ListServices"], counted["ListTasks"], counted["DescribeTasks"]) == (pages, pages, pages)
    assert counted["DescribeServices"] == tens
    assert (counted["DescribeDBInstances"], counted["DescribeLoadBalancers"]) == (pages, pages)
    assert counted["DescribeTags"] == twenties
    assert all(len(given["services"]) <= 10 for given in stub.asked("DescribeServices"))


def _batches(count: int, size: int) -> int:
    """Batches of a size, of pages of a hundred."""
    full, rest = divmod(count, 100)
    return full * (100 // size) + -(-rest // size)


def test_what_will_not_answer_is_not_missing(world: World, atlas: Atlas, stub: Stub) -> None:
    denied = "User: arn:aws:iam::1:user/ann is not authorized to perform: rds:DescribeDBInstances on resource: *"
    stub.on("rds", "DescribeDBInstances", Refusal("AccessDenied", denied, 403))
    observation = atlas.observe("shop")
    assert layers(observation).keys() == {"web", "edge", "cache"}
    failure = observation.unanswered[Kind.DATABASE]
    assert failure.kind == "Forbidden"
    assert "rds:DescribeDBInstances on * is not allowed for arn:aws:iam::1:user/ann" in failure.said
    assert observation.unanswered.keys() == {Kind.DATABASE}


def test_what_does_not_answer_now_is_asked_again(world: World, atlas: Atlas, stub: Stub) -> None:
    """A kind that was unanswered once is not taken for none by the next look."""
    atlas.observe("shop")
    stub.on("rds", "DescribeDBInstances", Refusal("AccessDenied", "no", 403))
    atlas.observe("shop")
    world.answer(stub)
    assert "db" in layers(atlas.observe("shop"))


def test_machines_that_may_not_be_listed_make_nothing_of_ours_unknown(world: World, atlas: Atlas, stub: Stub) -> None:
    stub.on("ec2", "DescribeInstances", Refusal("UnauthorizedOperation", "no", 403))
    assert atlas.observe("shop").unanswered == {}


def test_where_tags_may_not_be_searched_each_cache_is_asked(world: World, atlas: Atlas, stub: Stub) -> None:
    stub.on("resourcegroupstaggingapi", "GetResources", Refusal("AccessDeniedException", "no"))
    assert "cache" in {layer.name for one in atlas.discover() for layer in one.layers}


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("AccessDenied", 403, Forbidden),
        ("ExpiredToken", 403, NotAuthenticated),
        ("ThrottlingException", 400, Throttled),
        ("InternalFailure", 500, Unreachable),
    ],
)
def test_where_nobody_answers_there_is_no_look(
    world: World, atlas: Atlas, stub: Stub, code: str, status: int, kind: type[Exception]
) -> None:
    for service, operation in [
        ("ecs", "ListClusters"),
        ("elbv2", "DescribeLoadBalancers"),
        ("elasticache", "DescribeReplicationGroups"),
        ("rds", "DescribeDBInstances"),
        ("ec2", "DescribeInstances"),
    ]:
        stub.on(service, operation, Refusal(code, "no", status))
    with pytest.raises(kind):
        atlas.discover()


def test_health_is_told_by_the_load_balancer(world: World, atlas: Atlas) -> None:
    world.health = {rows.target_group("shop-web")["TargetGroupArn"]: {"10.0.0.1": "unhealthy", "10.0.0.2": "initial"}}
    found = layers(atlas.observe("shop"))
    assert {one.status for one in found["web"].instances} == {Status.DEGRADED, Status.STARTING}
    assert found["web"].status is Status.DEGRADED
    assert found["edge"].instances[0].detail == "0/2 targets healthy"


def test_health_that_may_not_be_asked_is_no_reason_to_know_nothing(world: World, atlas: Atlas, stub: Stub) -> None:
    stub.on("elbv2", "DescribeTargetHealth", Refusal("AccessDenied", "no", 403))
    stub.on("elbv2", "DescribeListeners", Refusal("AccessDenied", "no", 403))
    observation = atlas.observe("shop")
    assert observation.unanswered == {}
    assert layers(observation)["edge"].endpoints == ("shop-edge.elb.amazonaws.com",)


def test_health_that_was_seen_a_moment_ago_stays_in_a_sweep(world: World, atlas: Atlas) -> None:
    world.health = {rows.target_group("shop-web")["TargetGroupArn"]: {"10.0.0.1": "unhealthy"}}
    watched = layers(atlas.observe("shop"))["web"].status
    assert [layers(one)["web"].status for one in atlas.discover()] == [watched] == [Status.DEGRADED]


@pytest.mark.parametrize(
    ("desired", "tasks", "failed", "status"),
    [
        (0, 0, 0, Status.STOPPED),
        (2, 0, 0, Status.STARTING),
        (2, 0, 3, Status.FAILED),
        (2, 1, 0, Status.STARTING),
        (2, 1, 3, Status.DEGRADED),
        (2, 2, 0, Status.RUNNING),
    ],
)
def test_a_service_is_as_its_tasks_and_its_wish_say(
    stub: Stub, atlas: Atlas, desired: int, tasks: int, failed: int, status: Status
) -> None:
    world = World()
    world.clusters = ["shop"]
    deployment = {"deployments": [{"status": "PRIMARY", "failedTasks": failed}]}
    world.services = [rows.service("shop", "web", {}, desired, **deployment)]
    world.tasks = [rows.task("shop", "web", number) for number in range(tasks)]
    world.answer(stub)
    assert layers(atlas.observe("shop"))["web"].status is status


def test_a_service_that_we_stopped_has_its_instances_at_rest(world: World, atlas: Atlas) -> None:
    world.tasks.clear()
    world.services = [rows.service("shop", "web", {**ours("web"), naming.REPLICAS: "2"}, desired=0)]
    definition = world.services[0]["taskDefinition"]
    kept = tags(naming.facet_tags({"image": "shop:1"}), lower=True)
    world.definitions = {definition: {"taskDefinitionArn": definition, "cpu": "256", "memory": "512", "tags": kept}}
    web = layers(atlas.observe("shop"))["web"]
    assert [(one.name, one.status, dict(one.facets)) for one in web.instances] == [
        ("1", Status.STOPPED, {"image": "shop:1"}),
        ("2", Status.STOPPED, {"image": "shop:1"}),
    ]
    assert web.status is Status.STOPPED


def test_what_is_not_there_has_no_layers(world: World, atlas: Atlas) -> None:
    observation = atlas.observe("nowhere")
    assert observation.layers == ()
    assert observation.failure is None


def test_a_new_cache_is_found_before_the_tags_can_be_searched(world: World, atlas: Atlas, stub: Stub) -> None:
    stub.on("resourcegroupstaggingapi", "GetResources", {"ResourceTagMappingList": []})
    assert "cache" in layers(atlas.observe("shop"))
    assert arn("elasticache", "replicationgroup:shop-cache") in [
        one["ResourceName"] for one in stub.asked("ListTagsForResource")
    ]


def test_bounds_of_scaling_are_respected(world: World, atlas: Atlas) -> None:
    world.bounds = [
        {
            "ServiceNamespace": "ecs",
            "ResourceId": "service/shop/web",
            "ScalableDimension": "ecs:service:DesiredCount",
            "MinCapacity": 2,
            "MaxCapacity": 6,
            "RoleARN": arn("iam", "role/scaling"),
            "CreationTime": rows.THEN,
        }
    ]
    atlas.observe("shop")
    placed = atlas.find(Address("shop", "web"), "look at")
    assert atlas.notes.bounds.get(f"service/{placed.part.home}/{placed.part.name}") == (2, 6)


@pytest.mark.parametrize(
    ("nodes", "status", "failover", "zones", "told"),
    [
        (2, "available", "disabled", "disabled", "failover is off"),
        (2, "available", "enabled", "disabled", "all nodes are in one zone"),
        (2, "available", "enabled", "enabled", ""),
        (2, "available", "enabling", "enabled", ""),
        (2, "modifying", "disabled", "disabled", ""),
        (1, "available", "disabled", "disabled", ""),
    ],
)
def test_a_replica_that_cannot_take_over_says_what_is_unfinished(
    atlas: Atlas, world: World, nodes: int, status: str, failover: str, zones: str, told: str
) -> None:
    group = rows.replication_group("shop-cache", nodes, status, AutomaticFailover=failover, MultiAZ=zones)
    made_from = {"engine": "redis", "options.multi_az": "true"}
    world.caches, world.tags[group["ARN"]] = [group], ours("cache", **made_from)
    cache = layers(atlas.observe("shop"))["cache"]
    assert [dict(one.facets) for one in cache.instances] == [made_from | ({UNFINISHED: told} if told else {})] * nodes
