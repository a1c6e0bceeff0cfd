"""What can be done with a layer: between its own bounds, at prices that are known or not told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.backends.aws import rows
from tests.backends.aws.rows import World
from tests.backends.aws.stub import Stub, arn
from tuienv.backends.aws import naming
from tuienv.backends.aws.capable import capabilities_of
from tuienv.backends.aws.looking.atlas import Atlas
from tuienv.backends.aws.sizes import CACHES, DATABASES, HOURS, node_offers
from tuienv.model import SIZES, Action, Capabilities, Kind, Layer, Status

MINE = {"Project": "shop"}


@pytest.fixture
def world(stub: Stub) -> World:
    world = World()
    world.clusters = ["shop"]
    world.services = [
        rows.service("shop", "web", MINE, launchType="FARGATE"),
        rows.service("shop", "agent", MINE, schedulingStrategy="DAEMON"),
    ]
    world.services[0]["tags"] += [{"key": naming.ENVIRONMENT, "value": "shop"}, {"key": naming.LAYER, "value": "web"}]
    world.tasks = [rows.task("shop", "web", 1)]
    world.balancers = [rows.balancer("edge")]
    world.caches = [rows.replication_group("cache", 2), rows.replication_group("shards", ClusterEnabled=True)]
    world.databases = [rows.database("db", MINE)]
    world.tags = {
        rows.balancer("edge")["LoadBalancerArn"]: MINE,
        rows.replication_group("cache")["ARN"]: MINE,
        rows.replication_group("shards")["ARN"]: MINE,
    }
    world.answer(stub)
    return world


def able(atlas: Atlas, name: str) -> Capabilities:
    found = {layer.name: layer for layer in atlas.observe("shop").layers}
    return capabilities_of(found[name], atlas, atlas.asker.session)


def test_ours_may_be_made_and_deleted_what_others_made_may_not(world: World, atlas: Atlas) -> None:
    assert {Action.CREATE, Action.DELETE} <= able(atlas, "web").actions
    assert not {Action.CREATE, Action.DELETE} & able(atlas, "db").actions


def test_bounds(world: World, atlas: Atlas) -> None:
    assert able(atlas, "web").replicas == (0, 5000)
    assert able(atlas, "cache").replicas == (1, 6)
    for single in ("agent", "shards", "db", "edge"):
        assert able(atlas, single).replicas is None
        assert Action.SCALE not in able(atlas, single).actions


def test_where_something_scales_by_itself_its_bounds_hold(world: World, atlas: Atlas) -> None:
    target = {
        "ServiceNamespace": "ecs",
        "ResourceId": "service/shop/web",
        "ScalableDimension": "ecs:service:DesiredCount",
    }
    more = {"MinCapacity": 2, "MaxCapacity": 6, "RoleARN": arn("iam", "role/scaling"), "CreationTime": rows.THEN}
    world.bounds = [{**target, **more}]
    assert able(atlas, "web").replicas == (2, 6)


def test_only_what_ecs_runs_runs_commands_and_has_releases(world: World, atlas: Atlas) -> None:
    web, db, edge = able(atlas, "web"), able(atlas, "db"), able(atlas, "edge")
    assert (web.runs, web.releases, web.config, web.logs) == (True, True, True, True)
    assert (db.runs, db.releases, db.config, db.logs) == (False, False, False, True)
    assert (edge.logs, edge.metrics, edge.events) == (False, True, True)


def test_sizes_and_what_they_cost(world: World, atlas: Atlas) -> None:
    offers = {str(offer.size): offer.monthly_cost for offer in able(atlas, "web").sizes}
    assert offers["small"] == pytest.approx((0.5 * 0.04048 + 1 * 0.004445) * HOURS, abs=0.01)
    assert "16 cpu 122880 MiB" in offers
    assert {str(offer.size) for offer in able(atlas, "db").sizes} >= {*SIZES, "db.t4g.micro", "db.r6g.large"}


def month_of(atlas: Atlas, name: str, size: str, **changes: Any) -> float | None:
    found = {layer.name: layer for layer in atlas.observe("shop").layers}
    able = capabilities_of(replace(found[name], **changes), atlas, atlas.asker.session)
    return next(offer.monthly_cost for offer in able.sizes if str(offer.size) == size)


def test_a_standby_costs_as_much_again(world: World, atlas: Atlas) -> None:
    """As it is, or as it will be once it is made from the file."""
    single = DATABASES["db.t4g.small"].hourly or 0.0
    assert month_of(atlas, "db", "small") == pytest.approx(single * HOURS, abs=0.01)
    wanted = month_of(atlas, "db", "small", facets={"options.multi_az": "true"})
    assert wanted == pytest.approx(2 * single * HOURS, abs=0.01)
    world.databases[0]["MultiAZ"] = True
    assert month_of(atlas, "db", "small") == wanted


def test_what_costs_something_else_is_told_no_price(world: World, atlas: Atlas) -> None:
    world.databases[0]["Engine"] = "sqlserver-se"
    world.caches[0]["Engine"] = "valkey"
    assert month_of(atlas, "db", "small") is None
    assert month_of(atlas, "cache", "small") is None
    assert month_of(atlas, "web", "small", facets={"options.platform": "linux/arm64"}) is None
    world.tasks[0]["attributes"] = [{"name": "ecs.cpu-architecture", "value": "arm64"}]
    assert month_of(atlas, "web", "small") is None
    world.tasks[0]["attributes"] = []
    assert month_of(atlas, "web", "small") is not None
    world.services[0]["launchType"] = "EC2"
    assert month_of(atlas, "web", "small") is None


@pytest.mark.parametrize(("kind", "types"), [(Kind.DATABASE, DATABASES), (Kind.CACHE, CACHES)])
def test_prices_are_told_where_they_are_known(kind: Kind, types: dict[str, object]) -> None:
    assert all(offer.monthly_cost for offer in node_offers(kind, "us-east-1"))
    assert not any(offer.monthly_cost for offer in node_offers(kind, "eu-west-1"))
    assert {offer.size.name for offer in node_offers(kind, "us-east-1")} == {*SIZES, *types}


def test_what_was_never_seen_is_told_by_what_it_is_made_of(atlas: Atlas) -> None:
    layer = Layer("web", Kind.APP, "aws", "", Status.RUNNING)
    assert capabilities_of(layer, atlas, atlas.asker.session) == Capabilities(actions=frozenset())
