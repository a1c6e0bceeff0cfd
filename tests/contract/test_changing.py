"""Each change, from its plan to what is there afterwards; and asked for twice, nothing happens the second time."""

from __future__ import annotations

import time
from dataclasses import replace

from tests.contract import planted, specs
from tests.contract.harness import Deed, Harness
from tests.contract.trial import Trial
from tuienv.backends.base import Backends, Configures, Connects
from tuienv.engine.values import inputs_for
from tuienv.model import Action, EnvironmentSpec, Status, Verb

CACHE_URLS = ("redis://", "rediss://")


class Patient:
    """`Steps` that only waits."""

    def say(self, text: str) -> None:
        """Nobody listens."""

    def pause(self, seconds: float) -> None:
        time.sleep(seconds)


def test_nothing_is_left_to_do(shop: Trial) -> None:
    shop.check()


def test_the_same_changes_again_change_nothing(harness: Harness, fresh: Trial) -> None:
    """The plan that made it, made once more past the engine, which would not even ask."""
    plan = fresh.plan()
    fresh.apply()
    backend = harness.open()
    backends = Backends({backend.name: lambda profile="": backend})
    calls = harness.count(backend)
    for change in plan.changes:
        backend.apply(change, inputs_for(change, fresh.spec, backends, planted.read_secret), Patient())
    backend.close()
    assert calls.changing == []


def test_scale_out_and_in(shop: Trial) -> None:
    before = {one.id for one in shop.layer("web").instances}
    shop.do(shop.deed(Verb.SCALE, "web", replicas=4))
    assert shop.outside().count("web") == 4
    assert before < {one.id for one in shop.layer("web").instances}, "those that were there have been replaced"
    shop.do(shop.deed(Verb.SCALE, "web", replicas=1))
    assert shop.outside().count("web") == 1
    assert {one.id for one in shop.layer("web").instances} < before, "the highest numbers go first"
    assert not shop.outside().idle


def test_scaled_copies_are_like_the_others(shop: Trial) -> None:
    shop.do(shop.deed(Verb.SCALE, "web", replicas=3))
    shop.check(specs.with_layer(shop.spec, "web", replicas=3))


def test_resize_keeps_what_runs(shop: Trial) -> None:
    before = {one.id for one in shop.layer("web").instances}
    shop.do(shop.deed(Verb.RESIZE, "web", size=shop.harness.traits.big))
    after = shop.layer("web", thorough=True).instances
    assert all(shop.harness.traits.big.same_as(one.size) for one in after)
    if shop.backend.capabilities(shop.layer("web")).resizes_in_place:
        assert {one.id for one in after} == before


def test_restart_starts_each_anew(shop: Trial) -> None:
    before = {one.name: one for one in shop.layer("web", thorough=True).instances}
    shop.do(shop.deed(Verb.RESTART, "web"))
    after = {one.name: one for one in shop.layer("web", thorough=True).instances}
    assert after.keys() == before.keys() if shop.harness.traits.keeps_names else len(after) == len(before)
    for name, one in after.items():
        assert name not in before or (one.id, one.started_at) != (before[name].id, before[name].started_at)
        assert one.status is Status.RUNNING


def test_what_is_done_to_one_instance_is_done_to_no_other(shop: Trial) -> None:
    shop.do(shop.deed(Verb.SCALE, "web", replicas=2))
    first, second = shop.layer("web", thorough=True).instances
    if shop.try_to(shop.deed(Verb.STOP, "web", first.name)).ok:
        now = {one.name: one for one in shop.layer("web", thorough=True).instances}
        assert (now[first.name].status, now[second.name]) == (Status.STOPPED, second)
        assert shop.outside().count("web") == 1
        shop.do(shop.deed(Verb.START, "web", first.name))
        shop.do(shop.deed(Verb.RESTART, "web", first.name))
        now = {one.name: one for one in shop.layer("web", thorough=True).instances}
        assert (now[first.name].status, now[second.name]) == (Status.RUNNING, second)
        assert now[first.name].started_at != first.started_at
    else:
        assert shop.outside().count("web") == 2, "what cannot be stopped alone is not stopped"


def test_stop_and_start(shop: Trial) -> None:
    ids = {one.id for one in shop.layer("web").instances}
    shop.do(shop.deed(Verb.STOP, "web"))
    assert shop.layer("web").status is Status.STOPPED
    assert shop.outside().count("web") == 0
    shop.do(shop.deed(Verb.START, "web"))
    assert shop.layer("web").status is Status.RUNNING
    after = {one.id for one in shop.layer("web").instances}
    assert after == ids if shop.harness.traits.keeps_instances else len(after) == len(ids)


def test_settings_are_set_and_unset(shop: Trial) -> None:
    assert isinstance(shop.backend, Configures)
    shop.do(shop.deed(Verb.CONFIGURE, "web", settings={"COLOUR": "green", "LEVEL": None}))
    config = shop.backend.config(shop.address("web"))
    assert config["COLOUR"] == "green"
    assert "LEVEL" not in config
    assert config["CACHE_URL"].startswith(CACHE_URLS), "what was not named must stay"
    assert shop.outside().count("web") == 2
    drift = {str(difference) for change in shop.plan().changes for difference in change.differences}
    assert drift == {"environment.COLOUR: green → (none)", "environment.LEVEL: (none) → info"}


def test_connection_leads_to_the_layer(shop: Trial) -> None:
    assert isinstance(shop.backend, Connects)
    assert isinstance(shop.backend, Configures)
    database = shop.backend.connection(shop.address("db"))
    assert database.keys() >= {"url", "host", "port", "user", "password", "name"}
    assert database["password"] in database["url"]
    assert shop.backend.config(shop.address("web"))["DATABASE_URL"] == database["url"]
    assert shop.backend.connection(shop.address("cache"))["url"].startswith(CACHE_URLS)


def test_deleted_behind_our_back_and_mended(shop: Trial, harness: Harness) -> None:
    lost = {"web", "cache", "edge"} - harness.traits.managed
    for layer in lost:
        harness.remove(shop.address(layer, shop.layer(layer).instances[0].name))
    assert {change.address.layer for change in shop.plan().changes} >= lost - harness.traits.heals
    shop.apply()
    shop.check()


def test_a_lost_database_comes_back_on_its_data(shop: Trial, harness: Harness) -> None:
    if not harness.traits.data_apart:
        return  # what is lost here is the data itself
    assert isinstance(shop.backend, Connects)
    before = shop.backend.connection(shop.address("db"))
    volumes = shop.outside().volumes
    harness.remove(shop.address("db", shop.layer("db").instances[0].name))
    shop.apply()
    assert shop.backend.connection(shop.address("db")) == before
    assert shop.outside().volumes == volumes


def test_teardown_keeps_data_until_told(shop: Trial, fresh: Trial) -> None:
    fresh.apply()
    others = shop.outside()
    plan = fresh.plan(fresh.deed(Verb.DESTROY))
    assert not plan.loses_data
    assert [resource.name for resource in plan.kept] == list(fresh.outside().volumes)
    fresh.do(fresh.deed(Verb.DESTROY))
    left = fresh.outside()
    assert (left.running if fresh.harness.traits.data_apart else left.count("web"), left.idle) in (((), ()), (0, ()))
    assert left.networks == ()
    assert len(left.volumes) == 1
    fresh.do(fresh.deed(Verb.DESTROY, delete_data=True))
    assert fresh.outside().nothing
    assert fresh.backend.observe(fresh.name).layers == ()
    assert shop.outside() == others, "another environment was touched"


def test_a_layer_that_left_the_file_goes(fresh: Trial) -> None:
    fresh.apply()
    without = EnvironmentSpec(fresh.name, tuple(one for one in fresh.spec.layers if one.name != "edge"))
    plan = fresh.plan(fresh.deed(Verb.APPLY, spec=without))
    assert [(change.action, change.address.layer) for change in plan.changes] == [(Action.DELETE, "edge")]
    fresh.apply(without)
    fresh.check(without)


def test_deleted_data_leaves_a_last_snapshot_where_the_provider_makes_one(shop: Trial) -> None:
    able = shop.backend.capabilities(shop.layer("db"))
    for wanted in (True, False):
        operation = replace(shop.deed(Verb.DESTROY, delete_data=True).operation, final_snapshot=wanted)
        deletes = {change.address.layer: change for change in shop.plan(Deed(operation, shop.spec)).changes}
        assert deletes["db"].final_snapshot is wanted
        assert bool(deletes["db"].leaves) is (able.final_snapshot and wanted)
        assert deletes["web"].leaves == ()
        assert deletes["db"].loses_data, "a snapshot is no reason to ask less"
