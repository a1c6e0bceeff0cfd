"""Scale, resize, restart, stop, start and configure: planned from what runs."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tests.plan.worlds import DEAD, carry_out, everything, made, operation, seen, shop
from tuienv.model import Action, Change, Difference, Release, Size, Status, Verb
from tuienv.plan import PlanError
from tuienv.plan.facets import variable
from tuienv.plan.making import make_plan

MEDIUM = Size("medium", 1.0, 1024**3)


def test_scale_goes_by_what_runs_not_by_the_file() -> None:
    plan = make_plan(operation(Verb.SCALE, "shop/web", replicas=5), shop(), everything(shop()))
    assert [(change.action, change.replicas, change.spec) for change in plan.changes] == [(Action.SCALE, 5, None)]


def test_scale_to_what_is_there_is_nothing() -> None:
    assert make_plan(operation(Verb.SCALE, "shop/web", replicas=3), None, everything(shop())).changes == ()


def test_scale_and_resize_at_once_are_two_steps_in_order() -> None:
    plan = make_plan(operation(Verb.SCALE, "shop/web", replicas=5, size=MEDIUM), None, everything(shop()))
    assert [change.action for change in plan.changes] == [Action.SCALE, Action.RESIZE]
    assert plan.changes[1].after == (plan.changes[0].key,)


def test_a_layer_scaled_to_nothing_comes_back_from_its_file() -> None:
    spec = shop()
    without = seen(*(made(layer) for layer in spec.layers if layer.name != "web"))
    plan = make_plan(operation(Verb.SCALE, "shop/web", replicas=2), spec, [without])
    assert [(change.action, change.replicas) for change in plan.changes] == [(Action.CREATE, 2)]
    bigger = make_plan(operation(Verb.SCALE, "shop/web", replicas=2, size=MEDIUM), spec, [without]).changes[0]
    assert (bigger.size, bigger.spec) == (MEDIUM, replace(spec.layers[1], replicas=2, size=MEDIUM))
    with pytest.raises(PlanError, match="no layer 'web'"):
        make_plan(operation(Verb.SCALE, "shop/web", replicas=2), None, [without])


def test_scaling_what_nobody_answers_for_says_so() -> None:
    with pytest.raises(PlanError, match="unknown") as caught:
        make_plan(operation(Verb.SCALE, "shop/web", replicas=2), shop(), [seen(failure=DEAD)])
    assert caught.value.failure == DEAD


def test_restart_of_one_interrupts_and_of_many_does_not() -> None:
    one, many = (
        make_plan(operation(Verb.RESTART, target), None, everything(shop())).changes[0]
        for target in ("shop/db", "shop/web")
    )
    assert one.interrupts
    assert not many.interrupts


def test_restart_of_an_instance_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(PlanError, match="It has 1, 2, 3"):
        make_plan(operation(Verb.RESTART, "shop/web/9"), None, everything(shop()))


def test_stop_goes_from_the_edge_inwards_and_start_back() -> None:
    world = everything(shop())
    stopping = make_plan(operation(Verb.STOP), None, world).changes
    assert [str(change.address) for change in stopping[:2]] == ["shop/edge", "shop/web"]
    stopped = carry_out(stopping, world[0])
    assert all(instance.status is Status.STOPPED for layer in stopped.layers for instance in layer.instances)
    starting = make_plan(operation(Verb.START), None, [stopped]).changes
    assert [str(change.address) for change in starting[-2:]] == ["shop/web", "shop/edge"]
    assert make_plan(operation(Verb.START), None, world).changes == ()


def test_config_carries_the_facets_of_the_new_instances() -> None:
    change_log = operation(Verb.CONFIGURE, "shop/web", settings={"LOG_LEVEL": "debug", "CACHE_URL": None})
    change = make_plan(change_log, None, everything(shop())).changes[0]
    assert change.action is Action.UPDATE
    assert change.facets["environment.LOG_LEVEL"] == "debug"
    assert "environment.CACHE_URL" not in change.facets
    assert change.facets["image"] == "shop:1"


def test_config_that_holds_already_is_nothing() -> None:
    same = operation(Verb.CONFIGURE, "shop/web", settings={"CACHE_URL": "${layers.cache.url}", "NEVER_SET": None})
    assert make_plan(same, None, everything(shop())).changes == ()


def test_an_empty_variable_is_another_thing_than_none() -> None:
    world = everything(shop())
    emptied = make_plan(operation(Verb.CONFIGURE, "shop/web", settings={"LEVEL": ""}), None, world).changes[0]
    assert emptied.reason == "environment.LEVEL: (none) → (empty)"
    assert emptied.facets["environment.LEVEL"] == ""
    spec = shop()
    web = spec.layers[1]
    there = everything(shop(web=replace(web, environment={**web.environment, "LEVEL": ""})))
    unset = make_plan(operation(Verb.CONFIGURE, "shop/web", settings={"LEVEL": None}), None, there).changes[0]
    assert unset.reason == "environment.LEVEL: (empty) → (none)"
    assert make_plan(operation(Verb.CONFIGURE, "shop/web", settings={"LEVEL": ""}), None, there).changes == ()
    assert [str(each) for each in make_plan(operation(Verb.APPLY), spec, there).changes[0].differences] == [
        "environment.LEVEL: (empty) → (none)"
    ]


def test_a_secret_is_a_digest_in_every_part_of_a_plan() -> None:
    secret = "hunter2-hunter2"
    plan = make_plan(operation(Verb.CONFIGURE, "shop/web", settings={"API_TOKEN": secret}), None, everything(shop()))
    assert secret not in repr(replace(plan.changes[0], settings={}))
    assert variable("API_TOKEN", secret).startswith("sha256:")
    assert variable("DATABASE_URL", "postgres://u:${secret:db}@host/x") == "postgres://u:${secret:db}@host/x"


@pytest.mark.parametrize("verb", [Verb.SCALE, Verb.RESIZE, Verb.CONFIGURE])
def test_an_environment_is_not_a_layer(verb: Verb) -> None:
    with pytest.raises(PlanError, match="Name a layer"):
        make_plan(operation(verb), None, everything(shop()))


def release(name: str, *differences: Difference, current: bool = False, status: str = "succeeded") -> Release:
    return Release(name, None, "", "", status, current, differences)


IMAGES = [
    release("v4", Difference("image", "shop:3", "shop:4"), status="failed"),
    release("v3", Difference("image", "shop:2", "shop:3"), Difference("environment.A", "", "1"), current=True),
    release("v2", Difference("image", "shop:1", "shop:2"), Difference("environment.A", "1", "")),
    release("v1"),
]


def rolled_back(name: str, releases: list[Release] = IMAGES) -> Change:
    (change,) = make_plan(
        operation(Verb.ROLLBACK, "shop/web", release=name), None, everything(shop()), releases
    ).changes
    return change


def test_a_rollback_goes_to_the_last_good_release_and_says_what_that_changes() -> None:
    change = rolled_back("")
    assert (change.action, change.release, change.interrupts) == (Action.ROLLBACK, "v2", False)
    assert list(map(str, change.differences)) == ["environment.A: 1 → (none)", "image: shop:3 → shop:2"]


def test_a_rollback_over_several_releases_sums_up_what_differs() -> None:
    assert list(map(str, rolled_back("v1").differences)) == ["image: shop:3 → shop:1"]


def test_going_forward_again_is_a_rollback_too() -> None:
    older = [replace(IMAGES[1], current=False), replace(IMAGES[2], current=True), IMAGES[3]]
    assert list(map(str, rolled_back("v3", older).differences)) == [
        "environment.A: (none) → 1",
        "image: shop:2 → shop:3",
    ]


@pytest.mark.parametrize(
    ("name", "releases", "said"),
    [
        ("v9", IMAGES, "no release 'v9'. It has: v4, v3, v2, v1"),
        ("v4", IMAGES, "Release v4 of shop/web is failed"),
        ("", IMAGES[:2], "no earlier release that succeeded"),
        ("", [], "no earlier release that succeeded"),
    ],
)
def test_a_rollback_that_cannot_be_is_refused_with_why(name: str, releases: list[Release], said: str) -> None:
    with pytest.raises(PlanError, match=re.escape(said)):
        make_plan(operation(Verb.ROLLBACK, "shop/web", release=name), None, everything(shop()), releases)


def test_a_rollback_to_what_is_in_force_does_nothing() -> None:
    plan = make_plan(operation(Verb.ROLLBACK, "shop/web", release="v3"), None, everything(shop()), IMAGES)
    assert plan.changes == ()


def test_a_name_that_two_layers_have_is_the_one_of_the_file_or_none() -> None:
    spec = shop()
    here = everything(spec)
    (web,) = (layer for one in here for layer in one.layers if layer.name == "web")
    there = [*here, replace(seen(replace(web, profile="other")), profile="other")]
    (change,) = make_plan(operation(Verb.SCALE, "shop/web", replicas=5), spec, there).changes
    assert change.profile == web.profile
    for verb in (Verb.SCALE, Verb.RESTART, Verb.STOP, Verb.ROLLBACK):
        with pytest.raises(PlanError, match=r"shop/web is 2 layers: at \w+, at \w+ other\. Say which"):
            make_plan(operation(verb, "shop/web", replicas=5), None, there)
