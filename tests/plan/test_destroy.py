"""What `destroy` plans: everything of ours in order, data only when asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.plan.worlds import DEAD, carry_out, everything, made, operation, seen, shop
from tuienv.model import Kind, Verb
from tuienv.plan import PlanError
from tuienv.plan.making import make_plan

DESTROY = operation(Verb.DESTROY)


def test_those_that_need_others_go_first_and_the_ground_last() -> None:
    spec = shop()
    layers = [replace(made(layer), needs=layer.needs) for layer in spec.layers]
    order = [str(change.address) for change in make_plan(DESTROY, spec, [seen(*layers)]).changes]
    assert order[:2] == ["shop/edge", "shop/web"]
    assert order[-1] == "shop"


def test_data_stays_unless_it_was_asked_for() -> None:
    plan = make_plan(DESTROY, None, everything(shop()))
    assert not plan.loses_data
    assert {resource.name for resource in plan.kept} == {"shop_cache-data", "shop_db-data"}
    after = carry_out(plan.changes, everything(shop())[0])
    assert {resource.name for layer in after.layers for resource in layer.resources} == {
        "shop_cache-data",
        "shop_db-data",
    }


def test_data_that_was_kept_can_be_deleted_later() -> None:
    left = carry_out(make_plan(DESTROY, None, everything(shop())).changes, everything(shop())[0])
    plan = make_plan(replace(DESTROY, delete_data=True), None, [left])
    assert plan.loses_data
    assert carry_out(plan.changes, left).layers == ()


def test_every_resource_is_listed_by_name() -> None:
    plan = make_plan(replace(DESTROY, delete_data=True), None, everything(shop()))
    names = {resource.name for change in plan.changes for resource in change.resources}
    assert {"shop-web-1", "shop-web-2", "shop-web-3", "shop_db-data", "shop_default"} <= names


def test_what_others_made_stays_and_so_does_its_ground() -> None:
    foreign = replace(made(shop().layers[1]), name="worker", ours=False)
    plan = make_plan(DESTROY, None, [seen(*everything(shop())[0].layers, foreign)])
    assert "shop" not in [str(change.address) for change in plan.changes]
    assert plan.left_alone == ("worker: made by others, so it is theirs to tear down",)


def test_a_silent_provider_is_said() -> None:
    plan = make_plan(DESTROY, None, [seen(failure=DEAD)])
    assert plan.changes == ()
    assert "connection refused" in plan.left_alone[0]
    with pytest.raises(PlanError, match="unknown"):
        make_plan(operation(Verb.DESTROY, "shop/web"), None, [seen(failure=DEAD)])


def test_destroying_nothing_plans_nothing() -> None:
    assert make_plan(DESTROY, shop(), [seen(bare=True)]).changes == ()


def test_what_is_not_told_is_not_torn_down_nor_the_ground_below_it() -> None:
    spec = shop()
    told = [made(layer) for layer in spec.layers if layer.kind is not Kind.DATABASE]
    in_part = replace(seen(*told), unanswered={Kind.DATABASE: DEAD})
    plan = make_plan(operation(Verb.DESTROY, delete_data=True), spec, [in_part])
    assert {str(change.address) for change in plan.changes} == {"shop/edge", "shop/web", "shop/cache"}
    assert plan.left_alone == (f"every database that docker has of shop: {DEAD}",)


def test_stopping_says_what_it_could_not_stop() -> None:
    spec = shop()
    told = [made(layer) for layer in spec.layers if layer.kind is not Kind.CACHE]
    plan = make_plan(operation(Verb.STOP), spec, [replace(seen(*told), unanswered={Kind.CACHE: DEAD})])
    assert plan.left_alone == (f"every cache that docker has: {DEAD}",)
    with pytest.raises(PlanError, match="shop/cache is unknown"):
        make_plan(operation(Verb.STOP, "shop/cache"), spec, [replace(seen(*told), unanswered={Kind.CACHE: DEAD})])
