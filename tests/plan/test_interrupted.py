"""Planning again what was interrupted half way: the rest is planned, never nothing."""

from __future__ import annotations

from dataclasses import replace

from tests.plan.worlds import made, operation, seen, shop
from tuienv.model import UNFINISHED, Action, Layer, Status, Verb
from tuienv.plan.making import make_plan


def web(**of_the_last: object) -> Layer:
    """Three instances, the last of them in another state."""
    spec = shop().layer("web")
    assert spec is not None
    layer = made(spec)
    last = replace(layer.instances[-1], **of_the_last)  # type: ignore[arg-type]  # keywords of Instance
    return replace(layer, instances=(*layer.instances[:-1], last))


def test_a_scaling_that_created_but_did_not_start_goes_on() -> None:
    half = web(status=Status.STOPPED)
    plan = make_plan(operation(Verb.SCALE, "shop/web", replicas=3), None, [seen(half)])
    assert [(change.action, change.replicas) for change in plan.changes] == [(Action.SCALE, 3)]


def test_what_a_scaling_left_to_do_is_done_by_the_file_and_by_the_same_scaling() -> None:
    half = web(facets={**web().instances[0].facets, UNFINISHED: "failover is off"})
    applied = make_plan(operation(Verb.APPLY), shop(), [seen(half)]).changes
    (mended,) = [change for change in applied if change.address.layer == "web"]
    assert (mended.action, mended.replicas, mended.reason) == (Action.SCALE, 3, "unfinished: failover is off → (none)")
    scaled = make_plan(operation(Verb.SCALE, "shop/web", replicas=3), None, [seen(half)]).changes
    assert [(change.action, change.replicas) for change in scaled] == [(Action.SCALE, 3)]


def test_settings_that_only_some_instances_have_go_on() -> None:
    facets = web().instances[0].facets
    first_is_done = replace(
        web(), instances=(replace(web().instances[0], facets={**facets, "environment.A": "1"}), *web().instances[1:])
    )
    plan = make_plan(operation(Verb.CONFIGURE, "shop/web", settings={"A": "1"}), None, [seen(first_is_done)])
    assert [change.action for change in plan.changes] == [Action.UPDATE]
    assert plan.changes[0].facets["environment.A"] == "1"
