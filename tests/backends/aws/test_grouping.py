"""What others made, put together: whatever its tags say, each thing has a place of its own that it keeps."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.backends.aws import rows
from tests.backends.aws.rows import World
from tests.backends.aws.stub import Stub, arn
from tuienv.backends.aws import naming
from tuienv.backends.aws.looking.atlas import Atlas
from tuienv.backends.aws.looking.grouping import LOGICAL_ID, LOOSE, STACK, STACK_ID, environment_of, place
from tuienv.backends.aws.looking.parts import Form, Part, stamp, tags_in, tail_of
from tuienv.backends.aws.looking.stacks import stack_name
from tuienv.model import Address, Kind, Status

NESTED = arn("cloudformation", "stack/shop-Nested-1ABC/51af3dc0")
ROOTS = {NESTED: "shop"}


@pytest.mark.parametrize(
    ("tags", "environment"),
    [
        ({naming.ENVIRONMENT: "shop", "Environment": "other"}, "shop"),
        ({"copilot-application": "shop", "copilot-environment": "test", STACK: "shop-test-web"}, "shop-test"),
        ({STACK: "shop"}, "shop"),
        ({STACK: "shop-Nested-1ABC", STACK_ID: NESTED}, "shop"),
        ({"Project": "shop", "Environment": "staging"}, "shop-staging"),
        ({"project": "shop", "env": "staging"}, "shop-staging"),
        ({"Application": "shop"}, "shop"),
        ({"Environment": "staging"}, "staging"),
        ({"Owner": "ann"}, "cluster"),
        ({}, "cluster"),
        ({"Project": "a/b\x1b[2J"}, "a_b"),
    ],
)
def test_the_environment_is_told_by_tags(tags: dict[str, str], environment: str) -> None:
    assert environment_of(tags, "cluster", ROOTS) == environment


def test_what_nothing_says_more_of_is_loose() -> None:
    assert environment_of({}) == LOOSE


def part(form: Form, name: str, tags: dict[str, str], home: str = "") -> Part:
    kinds = {Form.LOAD_BALANCER: Kind.LOAD_BALANCER, Form.DATABASE: Kind.DATABASE}
    return Part(form, kinds.get(form, Kind.APP), f"{form}:{home}:{name}", name, Status.RUNNING, {}, tags, home)


def test_two_of_one_name_are_told_apart_and_apps_have_it_first() -> None:
    tags = {STACK: "shop"}
    parts = [part(form, "web", tags) for form in (Form.LOAD_BALANCER, Form.SERVICE, Form.DATABASE)]
    named = {one.address.layer: one.part.form for one in place(parts)["shop"]}
    assert named == {"web": Form.SERVICE, "web-load-balancer": Form.LOAD_BALANCER, "web-database": Form.DATABASE}


def test_ours_have_their_names_whatever_others_are_called() -> None:
    ours = {naming.ENVIRONMENT: "shop", naming.LAYER: "web"}
    parts = [part(Form.SERVICE, "web", {STACK: "shop"}), part(Form.DATABASE, "shop-web", ours)]
    named = {one.address.layer: one.ours for one in place(parts)["shop"]}
    assert named == {"web": True, "web-app": False}


def test_a_stack_calls_its_resources_by_their_logical_ids() -> None:
    parts = [part(Form.SERVICE, "shop-Web-1XKQ2", {STACK: "shop", LOGICAL_ID: "Web"})]
    assert [one.address for one in place(parts)["shop"]] == [Address("shop", "Web")]


TAGS = st.dictionaries(
    st.sampled_from(
        [naming.ENVIRONMENT, naming.LAYER, STACK, LOGICAL_ID, "Project", "Environment", "copilot-service", "Service"]
    ),
    st.text("ab/\x1b\n", max_size=4),
    max_size=4,
)
PARTS = st.lists(
    st.tuples(st.sampled_from(Form), st.text("web/", min_size=1, max_size=2), TAGS, st.sampled_from(["", "c", "d"]))
)


@given(PARTS, st.randoms(use_true_random=False))
def test_each_has_one_place_whatever_the_tags_and_the_order(
    told: list[tuple[Form, str, dict[str, str], str]], shuffler: random.Random
) -> None:
    parts = [replace(part(*one), arn=f"arn:{number}") for number, one in enumerate(told)]
    placed = {one.part.arn: one.address for members in place(parts).values() for one in members}
    assert placed.keys() == {one.arn for one in parts}
    assert len(set(placed.values())) == len(parts)
    for address in placed.values():
        assert Address.parse(str(address)) == address
        assert str(address).isprintable()
    shuffler.shuffle(parts)
    assert {one.part.arn: one.address for members in place(parts).values() for one in members} == placed


@given(st.lists(st.dictionaries(st.sampled_from(["Key", "Value", "key", "value"]), st.text(max_size=3))))
def test_tags_are_tags_however_they_are_written(written: list[dict[str, str]]) -> None:
    assert all(isinstance(key, str) and isinstance(value, str) for key, value in tags_in(written).items())


@given(st.text(max_size=60))
def test_arns_of_any_kind_have_a_last_part(text: str) -> None:
    assert "/" not in tail_of(text)
    assert isinstance(stack_name(text), str)
    assert stamp(text) is None


# --- as AWS tells it --------------------------------------------------------------------------------------------


@pytest.fixture
def world(stub: Stub) -> World:
    """A stack with a nested one, a Copilot service, machines by project, an Aurora cluster, and what nobody tagged."""
    world = World()
    world.clusters = ["prod", "test"]
    nested = {STACK: "shop-Nested-1ABC", STACK_ID: NESTED, LOGICAL_ID: "Web"}
    copilot = {"copilot-application": "blog", "copilot-environment": "test", "copilot-service": "api"}
    world.services = [
        rows.service("prod", "shop-Web-1X", nested),
        rows.service("test", "blog-test-api-Service-1X", copilot),
        rows.service("test", "untagged"),
    ]
    root = {"StackId": arn("cloudformation", "stack/shop/1"), "StackName": "shop"}
    inner = {"StackId": NESTED, "StackName": "shop-Nested-1ABC", "RootId": root["StackId"]}
    told = {"CreationTime": rows.THEN, "StackStatus": "UPDATE_COMPLETE"}
    world.stacks = [{**root, **told}, {**inner, **told}]
    mine = {"Project": "erp", "Environment": "live"}
    world.scaling_groups = [rows.scaling_group("workers", mine, "i-1", "i-2")]
    world.machines = [
        rows.machine("i-1", {**mine, "aws:autoscaling:groupName": "workers"}),
        rows.machine("i-2", {**mine, "aws:autoscaling:groupName": "workers"}),
        rows.machine("i-3", {**mine, "Role": "bastion"}),
        rows.machine("i-4", {**mine, "Role": "batch"}, "stopped"),
        rows.machine("i-5", {**mine, "Role": "batch"}, "running"),
        rows.machine("i-6", {}, "terminated"),
    ]
    world.database_clusters = [
        {
            "DBClusterIdentifier": "erp-db",
            "DBClusterArn": arn("rds", "cluster:erp-db"),
            "Status": "available",
            "Engine": "aurora-postgresql",
            "Endpoint": "erp-db.cluster.rds.amazonaws.com",
            "Port": 5432,
            "TagList": [{"Key": key, "Value": value} for key, value in mine.items()],
        }
    ]
    world.databases = [rows.database(name, mine, DBClusterIdentifier="erp-db") for name in ("erp-db-1", "erp-db-2")]
    world.nodes = [rows.cache_node("sessions", Engine="memcached", NumCacheNodes=1)]
    world.answer(stub)
    return world


def test_what_others_made_is_put_together(world: World, atlas: Atlas) -> None:
    found = {one.environment: {layer.name: layer for layer in one.layers} for one in atlas.discover()}
    assert {name: sorted(layers) for name, layers in found.items()} == {
        "shop": ["Web"],
        "blog-test": ["api"],
        "test": ["untagged"],
        "erp-live": ["bastion", "batch", "erp-db", "workers"],
        LOOSE: ["sessions"],
    }
    assert not any(layer.ours for layers in found.values() for layer in layers.values())
    erp = found["erp-live"]
    assert [one.name for one in erp["workers"].instances] == ["i-1", "i-2"]
    assert [one.name for one in erp["erp-db"].instances] == ["erp-db-1", "erp-db-2"]
    assert erp["batch"].status is Status.DEGRADED
    assert erp["erp-db"].endpoints == ("erp-db.cluster.rds.amazonaws.com:5432",)
    assert found[LOOSE]["sessions"].image == "memcached 7.1.0"


def test_the_same_is_seen_when_one_is_looked_at_alone(world: World, atlas: Atlas) -> None:
    for discovered in atlas.discover():
        observed = atlas.observe(discovered.environment)
        assert observed.layers == discovered.layers


def test_in_a_shared_cluster_others_are_not_read_again(world: World, atlas: Atlas, stub: Stub) -> None:
    atlas.discover()
    stub.calls.clear()
    atlas.observe("blog-test")
    (asked,) = stub.asked("DescribeServices")
    assert [tail_of(name) for name in asked["services"]] == ["blog-test-api-Service-1X"]
