"""What the engine says, read: statuses, places, sizes, times; and whatever a stranger wrote into labels."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuienv.backends.docker import naming
from tuienv.backends.docker.haproxy import Routing, checks_label, health_to_label
from tuienv.backends.docker.reading import (
    Listing,
    exit_status,
    guess_kind,
    parse_time,
    read_size,
    roll_up,
    status_of,
)
from tuienv.backends.docker.uptime import Lifetimes, age_bounds
from tuienv.model import MIB, SIZES, Address, Health, Kind, Route, Size, Status
from tuienv.text import plain


@pytest.mark.parametrize(
    ("state", "text", "status", "detail"),
    [
        ("created", "Created", Status.STARTING, "created"),
        ("running", "Up 3 hours", Status.RUNNING, ""),
        ("running", "Up 3 hours (healthy)", Status.RUNNING, "healthy"),
        ("running", "Up 2 seconds (health: starting)", Status.STARTING, "health: starting"),
        ("running", "Up 3 hours (unhealthy)", Status.DEGRADED, "unhealthy"),
        ("paused", "Up 3 hours (Paused)", Status.STOPPED, "paused"),
        ("restarting", "Restarting (1) 2 seconds ago", Status.FAILED, "restarting, exited 1"),
        ("exited", "Exited (0) 2 hours ago", Status.STOPPED, "exited 0"),
        ("exited", "Exited (137) 2 hours ago", Status.STOPPED, "exited 137"),
        ("exited", "Exited (143) 2 hours ago", Status.STOPPED, "exited 143"),
        ("exited", "Exited (1) 2 hours ago", Status.FAILED, "exited 1"),
        ("removing", "Removal In Progress", Status.DELETING, ""),
        ("dead", "Dead", Status.FAILED, "dead"),
        ("hibernating", "", Status.UNKNOWN, "hibernating"),
    ],
)
def test_the_status_of_a_container(state: str, text: str, status: Status, detail: str) -> None:
    assert status_of(state, text) == (status, detail)


def test_an_exit_code_that_is_none_is_a_failure() -> None:
    assert exit_status("") == (Status.FAILED, "exited")


@pytest.mark.parametrize(
    ("statuses", "layer"),
    [
        ([], Status.ABSENT),
        ([Status.RUNNING, Status.RUNNING], Status.RUNNING),
        ([Status.RUNNING, Status.STARTING], Status.STARTING),
        ([Status.RUNNING, Status.FAILED], Status.DEGRADED),
        ([Status.RUNNING, Status.STOPPED], Status.DEGRADED),
        ([Status.STOPPED, Status.STOPPED], Status.STOPPED),
        ([Status.STOPPED, Status.FAILED], Status.FAILED),
    ],
)
def test_the_status_of_a_layer(statuses: list[Status], layer: Status) -> None:
    assert roll_up(statuses) is layer


@pytest.mark.parametrize(
    ("image", "kind"),
    [
        ("postgres:15", Kind.DATABASE),
        ("registry.example.com:5000/bitnami/redis:7", Kind.CACHE),
        ("nginx", Kind.LOAD_BALANCER),
        ("postgres.example.com/shop:1", Kind.APP),
        ("", Kind.APP),
    ],
)
def test_the_kind_follows_from_the_image(image: str, kind: Kind) -> None:
    assert guess_kind(image) is kind


def container(name: str, labels: dict[str, str], **more: object) -> dict[str, object]:
    return {
        "Id": f"id-{name}",
        "Names": [f"/{name}"],
        "Labels": labels,
        "State": "running",
        "Status": "Up 1 hour",
        **more,
    }


def compose(service: str, number: int, project: str = "shop") -> dict[str, str]:
    return {naming.PROJECT: project, naming.SERVICE: service, naming.NUMBER: str(number)}


def test_a_compose_project_shows_by_service_and_is_not_ours() -> None:
    rows = [container("shop-web-2", compose("web", 2)), container("shop_web_1", compose("web", 1))]
    (layer,) = Listing(rows, [], []).layers("shop", "", "localhost", Lifetimes())
    assert [instance.name for instance in layer.instances] == ["1", "2"]
    assert (layer.name, layer.ours, layer.status) == ("web", False, Status.RUNNING)


def test_what_compose_starts_first_is_needed() -> None:
    labels = {**compose("web", 1), naming.DEPENDS: "db:service_healthy:false,cache:service_started:true"}
    layers = Listing([container("shop-web-1", labels)], [], []).layers("shop", "", "localhost", Lifetimes())
    assert layers[0].needs == ("db", "cache")


def test_a_container_of_no_project_is_not_hidden() -> None:
    listing = Listing([container("lonely", {})], [], [])
    assert listing.environments() == [naming.LOOSE]
    assert [layer.name for layer in listing.layers(naming.LOOSE, "", "localhost", Lifetimes())] == ["lonely"]


def test_what_is_not_let_in_yet_is_a_resource_and_no_instance() -> None:
    ours = {**naming.layer_labels(Address("shop", "web"), "app"), naming.SERVICE: "web", naming.NUMBER: "1"}
    rows = [container("shop-web-1", ours), container("shop-web-1-next", ours)]
    rows.append(container("shop-web-2", {**ours, naming.NUMBER: "2"}, State="created", Status="Created"))
    (layer,) = Listing(rows, [], []).layers("shop", "", "localhost", Lifetimes())
    assert [instance.name for instance in layer.instances] == ["1"]
    assert [resource.name for resource in layer.resources] == ["shop-web-1", "shop-web-1-next", "shop-web-2"]


def test_a_balancer_that_asks_for_an_old_path_is_to_be_made_anew() -> None:
    def facets(asked: str, said: str) -> dict[str, str]:
        routes, health = (Route("web", 8000),), {"web": Health(asked)}
        ours = naming.layer_labels(Address("shop", "edge"), "load-balancer")
        edge = {**ours, naming.ROUTES: Routing(routes).to_label(), naming.CHECKS: checks_label(routes, health)}
        web = {**naming.layer_labels(Address("shop", "web"), "app"), naming.HEALTH: health_to_label(Health(said))}
        layers = Listing([container("e", edge), container("w", web)], [], []).layers("shop", "", "", Lifetimes())
        return dict(layers[0].instances[0].facets)

    assert facets("/old", "/old") == {}
    assert facets("/old", "/new") == facets("/old", "") == {"still checks": "web at /old every 1 s for 2 s"}
    assert facets("", "/new") == {"still checks": "web by its port"}


def test_data_without_a_container_is_an_absent_layer() -> None:
    labels = naming.layer_labels(Address("shop", "db"), "database")
    listing = Listing([], [], [{"Name": "shop_db-data", "Labels": labels}])
    (layer,) = listing.layers("shop", "", "localhost", Lifetimes())
    assert (layer.status, layer.kind) == (Status.ABSENT, Kind.DATABASE)
    assert layer.resources[0].holds_data
    assert listing.environments() == ["shop"]


def test_only_our_networks_are_ground() -> None:
    ours = {"Name": "shop_default", "Labels": naming.environment_labels("shop")}
    theirs = {"Name": "other_default", "Labels": {naming.PROJECT: "other"}}
    listing = Listing([], [ours, theirs], [])
    assert [resource.name for resource in listing.ground("shop")] == ["shop_default"]
    assert not listing.ground("other")


def test_ports_on_every_address_are_reached_at_the_engine() -> None:
    ports = [{"IP": "0.0.0.0", "PublicPort": 80, "PrivatePort": 80}, {"IP": "::", "PublicPort": 80, "PrivatePort": 80}]
    rows = [container("shop-web-1", compose("web", 1), Ports=[*ports, {"PrivatePort": 9}])]
    (layer,) = Listing(rows, [], []).layers("shop", "", "far.example.com", Lifetimes())
    assert layer.endpoints == ("http://far.example.com:80",)


@given(st.dictionaries(st.sampled_from([
    naming.PROJECT, naming.SERVICE, naming.NUMBER, naming.ENVIRONMENT, naming.LAYER, naming.KIND, naming.FACETS,
    naming.NEEDS, naming.ROUTES, naming.HEALTH,
]), st.text()), st.text(), st.text())  # fmt: skip
def test_whatever_labels_say_can_be_shown_and_addressed(labels: dict[str, str], name: str, status: str) -> None:
    listing = Listing([container(name, labels, Status=status)], [], [])
    (environment,) = listing.environments()
    (layer,) = listing.layers(environment, "", "localhost", Lifetimes())
    for instance in layer.instances:
        text = str(Address(environment, layer.name, instance.name))
        assert plain(text) == text
        assert Address.parse(text) == Address(environment, layer.name, instance.name)


@pytest.mark.parametrize(
    ("host", "size"),
    [
        ({}, Size()),
        ({"NanoCpus": 500_000_000, "Memory": 512 * MIB}, SIZES["small"]),
        ({"CpuQuota": 50_000, "CpuPeriod": 100_000, "Memory": 512 * MIB}, SIZES["small"]),
        ({"NanoCpus": 0, "Memory": 100 * MIB}, Size(memory=100 * MIB)),
        ({"CpuQuota": -1}, Size()),
    ],
)
def test_the_size_is_what_the_engine_enforces(host: dict[str, int], size: Size) -> None:
    assert read_size(host) == size


def test_times() -> None:
    assert parse_time("2026-11-23T08:00:00.5Z") == 1795420800.5
    assert parse_time("0001-01-01T00:00:00Z") is None
    assert parse_time("yesterday") is None


def test_facets_come_back_and_strangers_do_not_matter() -> None:
    facets = {"image": "shop:1", "environment.X": "ü"}
    assert naming.facets_of(naming.facet_labels(facets)) == facets
    assert naming.facets_of({naming.FACETS: json.dumps([1])}) == {}
    assert naming.facets_of({naming.FACETS: "{"}) == {}


@pytest.mark.parametrize(
    ("text", "age"),
    [("Up Less than a second", 0.5), ("Up 5 seconds", 5), ("Up About a minute", 70), ("Up 3 hours (healthy)", 11000),
     ("Up 2 weeks", 1300000)],
)  # fmt: skip
def test_a_rounded_age_admits_the_real_one(text: str, age: float) -> None:
    bounds = age_bounds(text)
    assert bounds is not None
    assert bounds[0] <= age <= bounds[1]


def test_a_start_is_estimated_once_and_kept() -> None:
    starts, now = Lifetimes(), 1_000_000.0
    assert starts.estimate("a", now - 7200, "Up 2 hours", now) == now - 7200
    first = starts.estimate("a", now - 90000, "Up 2 hours", now)
    assert starts.estimate("a", now - 90000, "Up 2 hours", now + 60) == first
    starts.know("a", now + 50)
    assert starts.estimate("a", now - 90000, "Up 10 seconds", now + 60) == now + 50
    assert starts.estimate("a", now, "Exited (0) 2 hours ago", now) is None
