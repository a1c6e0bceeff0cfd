"""Who we are and what is there."""

from __future__ import annotations

from tests.contract import specs
from tests.contract.harness import Harness
from tests.contract.trial import Trial
from tuienv.backends.base import Budgets, Pages
from tuienv.model import Kind, Status


def test_identity_names_an_account(shop: Trial) -> None:
    identity = shop.backend.identity()
    assert identity.backend == shop.backend.name
    assert identity.account
    assert identity.name


def test_each_kind_is_made_and_observed(shop: Trial) -> None:
    layers = shop.layers()
    assert {layer.name: layer.kind for layer in layers.values()} == {
        "edge": Kind.LOAD_BALANCER,
        "web": Kind.APP,
        "cache": Kind.CACHE,
        "db": Kind.DATABASE,
    }
    assert {layer.status for layer in layers.values()} == {Status.RUNNING}
    assert all(layer.ours for layer in layers.values())
    assert set(layers["web"].needs) == {"db", "cache"}
    assert layers["edge"].needs == ("web",)
    assert layers["edge"].endpoints


def test_observation_agrees_with_outside(shop: Trial) -> None:
    observed = sorted(f"{layer.name}/{one.name}" for layer in shop.layers().values() for one in layer.instances)
    assert tuple(observed) == shop.outside().running
    assert len(shop.backend.observe(shop.name).ground or ()) == len(shop.outside().networks) == 1


def test_everything_a_teardown_removes_is_listed(shop: Trial) -> None:
    layers, seen = shop.layers(), shop.outside()
    data = [resource.name for layer in layers.values() for resource in layer.resources if resource.holds_data]
    others = [resource for layer in layers.values() for resource in layer.resources if not resource.holds_data]
    assert sorted(data) == sorted(seen.volumes)
    assert len(others) >= len(seen.running)


def test_it_is_discovered(shop: Trial) -> None:
    found = {observation.environment: observation for observation in shop.backend.discover()}
    names = {layer.name for layer in found[shop.name].layers}
    assert names == {"edge", "web", "cache", "db"}


def test_what_does_not_exist_has_no_layers(harness: Harness) -> None:
    backend = harness.open()
    observation = backend.observe("contract-nowhere")
    backend.close()
    assert observation.layers == ()
    assert not observation.ground
    assert observation.failure is None


def test_a_thorough_look_tells_real_sizes(shop: Trial) -> None:
    wanted = shop.spec.layer("web")
    assert wanted is not None
    assert all(wanted.size.same_as(one.size) for one in shop.layer("web", thorough=True).instances)


def test_calls_do_not_grow_with_instances(shop: Trial, harness: Harness) -> None:
    few = _calls_of_one_look(shop, harness)
    shop.apply(specs.with_layer(shop.spec, "web", replicas=5))
    assert len(shop.layer("web").instances) == 5
    assert _calls_of_one_look(shop, harness) == few


def _calls_of_one_look(shop: Trial, harness: Harness) -> tuple[int, int]:
    backend = harness.open()
    backend.identity()
    calls = harness.count(backend)
    backend.discover()
    discovering = len(calls.reading)
    backend.observe(shop.name)
    observing = len(calls.reading) - discovering
    backend.close()
    assert not calls.changing
    return discovering, observing


def test_capabilities_fit_the_kind(shop: Trial) -> None:
    layers = shop.layers()
    able = {name: shop.backend.capabilities(layer) for name, layer in layers.items()}
    assert able["web"].replicas is not None
    low, high = able["web"].replicas
    assert low <= 1 < high
    assert able["db"].replicas is None or able["db"].replicas == (1, 1)
    assert all(able[name].logs and able[name].runs and able[name].metrics for name in shop.harness.traits.able)


def test_what_is_left_to_ask_is_told_without_asking(shop: Trial, harness: Harness) -> None:
    if not isinstance(shop.backend, Budgets):
        return
    shop.backend.discover()
    calls = harness.count(shop.backend)
    before = shop.backend.budget()
    assert calls.reading == [], "telling what is left must contact nobody"
    assert before is not None
    assert 0 <= before.remaining <= before.limit
    shop.backend.discover()
    after = shop.backend.budget()
    assert after is not None
    assert after != before, "a listing cost nothing"
    if before.spent is not None:
        assert after.spent == before.spent + len(calls.reading)


def test_pages_are_the_listing(shop: Trial) -> None:
    if not isinstance(shop.backend, Pages):
        return
    paged = [observation for page in shop.backend.pages() for observation in page]
    whole = shop.backend.discover()
    assert [one.environment for one in paged] == [one.environment for one in whole]
    assert {one.environment: len(one.layers) for one in paged} == {one.environment: len(one.layers) for one in whole}
