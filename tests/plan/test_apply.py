"""What `apply` plans, for the worlds it may meet."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.plan.worlds import DEAD, carry_out, everything, made, operation, seen, shop
from tuienv.model import Action, EnvironmentSpec, Health, Instance, Kind, LayerSpec, Size, Status, Verb
from tuienv.plan import PlanError, facets
from tuienv.plan.making import make_plan

APPLY = operation(Verb.APPLY)


def steps(plan_changes: object) -> list[str]:
    return [f"{change.action} {change.address}" for change in plan_changes]  # type: ignore[attr-defined]


def test_on_nothing_everything_is_created_after_what_it_needs() -> None:
    plan = make_plan(APPLY, shop(), [seen(bare=True)])
    order = steps(plan.changes)
    assert order[0] == "create shop"
    assert set(order) == {"create shop", *(f"create shop/{name}" for name in ("edge", "web", "cache", "db"))}
    assert order.index("create shop/db") < order.index("create shop/web") < order.index("create shop/edge")


def test_every_change_waits_for_exactly_what_it_needs() -> None:
    after = {str(change.address): change.after for change in make_plan(APPLY, shop(), [seen(bare=True)]).changes}
    ground, db, cache, web = (f"create {address} docker:" for address in ("shop", "shop/db", "shop/cache", "shop/web"))
    assert after["shop/db"] == (ground,)
    assert set(after["shop/web"]) == {ground, db, cache}
    assert set(after["shop/edge"]) == {ground, web}


def test_what_is_as_wanted_is_left_alone() -> None:
    plan = make_plan(APPLY, shop(), everything(shop()))
    assert plan.changes == ()
    assert plan.left_alone == ()


def test_what_cannot_be_made_is_left_alone_with_its_reason_and_what_needs_it_waits() -> None:
    observed = [seen(bare=True)]
    plan = make_plan(APPLY, shop(), observed, objections={"web": "it cannot be so. Write it otherwise"})
    assert {change.address.layer for change in plan.changes} == {"", "cache", "db"}
    assert plan.left_alone == (
        "web: it cannot be so. Write it otherwise",
        "edge: waits for web, which cannot be made",
    )


def test_a_managed_layer_is_judged_by_what_it_was_made_from() -> None:
    spec = shop()
    edge = replace(made(spec.layers[0], count=0), status=Status.RUNNING, facets=facets(spec.layers[0]))
    others = [made(layer) for layer in spec.layers[1:]]
    assert make_plan(APPLY, spec, [seen(edge, *others)]).changes == ()
    moved = replace(edge, facets={**edge.facets, "version": "2.4"})
    (change,) = make_plan(APPLY, spec, [seen(moved, *others)]).changes
    assert (change.action, [str(one) for one in change.differences]) == (Action.UPDATE, ["version: 2.4 → (none)"])


def test_a_silent_provider_is_never_taken_for_an_empty_one() -> None:
    plan = make_plan(APPLY, shop(), [seen(failure=DEAD)])
    assert plan.changes == ()
    assert len(plan.left_alone) == 4
    assert "connection refused" in plan.left_alone[0]


def test_what_needs_a_silent_layer_is_left_alone_too() -> None:
    there = shop()
    spec = shop(db=LayerSpec("db", there.layers[3].kind, "aws", engine="postgres", version="15"))
    plan = make_plan(APPLY, spec, [seen(bare=True), seen(backend="aws", failure=DEAD)])
    assert steps(plan.changes) == ["create shop", "create shop/cache"]
    assert [line.split(":")[0] for line in plan.left_alone] == ["db", "web", "edge"]


@pytest.mark.parametrize(
    ("web", "action"),
    [
        ({"replicas": 5}, Action.SCALE),
        ({"size": Size("medium", 1.0, 1024**3)}, Action.RESIZE),
        ({"image": "shop:2"}, Action.UPDATE),
        ({"replicas": 5, "image": "shop:2"}, Action.UPDATE),
    ],
)
def test_the_least_that_mends_it_is_planned(web: dict[str, object], action: Action) -> None:
    small = replace(shop().layers[1], size=Size("small", 0.5, 512 * 1024**2))
    wanted = replace(small, **web)  # type: ignore[arg-type]  # fields of LayerSpec
    plan = make_plan(APPLY, shop(web=wanted), everything(shop(web=small)))
    assert [(change.action, str(change.address)) for change in plan.changes] == [(action, "shop/web")]
    assert not plan.changes[0].interrupts


def test_an_instance_deleted_behind_our_back_is_missed() -> None:
    spec = shop()
    layers = [made(layer, count=2 if layer.name == "web" else None) for layer in spec.layers]
    plan = make_plan(APPLY, spec, [seen(*layers)])
    assert [(change.action, change.replicas) for change in plan.changes] == [(Action.SCALE, 3)]
    assert plan.changes[0].reason == "replicas: 2 → 3"


def test_a_failed_instance_is_mended_and_a_deleting_one_does_not_count() -> None:
    spec = shop()
    web = made(spec.layers[1])
    dying = Instance("4", "id4", Status.DELETING)
    failed = replace(web.instances[0], status=Status.FAILED)
    layers = [replace(web, instances=(failed, *web.instances[1:], dying)) if layer.name == "web" else made(layer)
              for layer in spec.layers]  # fmt: skip
    plan = make_plan(APPLY, spec, [seen(*layers)])
    assert [(change.action, change.reason) for change in plan.changes] == [
        (Action.UPDATE, "instance 1: failed → running")
    ]


def test_a_stopped_layer_is_started() -> None:
    spec = shop()
    layers = [made(layer, status=Status.STOPPED if layer.name == "web" else Status.RUNNING) for layer in spec.layers]
    assert steps(make_plan(APPLY, spec, [seen(*layers)]).changes) == ["start shop/web"]


def test_what_the_file_dropped_is_deleted_last_and_its_data_kept() -> None:
    spec = shop()
    smaller = EnvironmentSpec("shop", spec.layers[:3], source="tuienv.yaml")
    plan = make_plan(APPLY, smaller, everything(spec))
    assert steps(plan.changes) == ["delete shop/db"]
    assert [str(resource) for resource in plan.kept] == ["volume shop_db-data"]
    assert not plan.loses_data
    losing = make_plan(replace(APPLY, delete_data=True), smaller, everything(spec))
    assert losing.loses_data
    assert not losing.changes[0].reversible


def test_what_others_made_is_never_deleted() -> None:
    spec = shop()
    foreign = replace(made(spec.layers[1]), name="worker", ours=False)
    plan = make_plan(APPLY, spec, [seen(*everything(spec)[0].layers, foreign)])
    assert plan.changes == ()
    assert plan.left_alone == ("worker: not in the file, made by others",)


def test_another_database_version_is_refused_with_the_way_round() -> None:
    newer = replace(shop().layers[3], version="16")
    plan = make_plan(APPLY, shop(db=newer), everything(shop()))
    assert plan.changes == ()
    assert "version: 15 → 16" in plan.left_alone[0]


def test_one_layer_takes_what_it_needs_along() -> None:
    plan = make_plan(operation(Verb.APPLY, "shop/web"), shop(), [seen(bare=True)])
    assert set(steps(plan.changes)) == {"create shop", "create shop/cache", "create shop/db", "create shop/web"}


def test_a_misspelt_layer_gets_the_nearest() -> None:
    with pytest.raises(PlanError, match="Did you mean 'web'"):
        make_plan(operation(Verb.APPLY, "shop/wbe"), shop(), [seen()])


def test_without_a_file_there_is_nothing_to_apply() -> None:
    with pytest.raises(PlanError, match="No file declares shop"):
        make_plan(APPLY, None, everything(shop()))


counts = st.integers(0, 4)


@given(replicas=counts, found=counts, image=st.sampled_from(["shop:1", "shop:2"]), dropped=st.booleans())
def test_a_plan_carried_out_leaves_nothing_to_plan(replicas: int, found: int, image: str, dropped: bool) -> None:
    wanted = shop(web=replace(shop().layers[1], replicas=replicas, image=image))
    if dropped:
        wanted = EnvironmentSpec("shop", wanted.layers[:3], source="tuienv.yaml")
        wanted = replace(wanted, layers=tuple(replace(layer, environment={}) for layer in wanted.layers))
    world = [made(layer, count=found if layer.name == "web" else None) for layer in shop().layers]
    there = seen(*(layer for layer in world if layer.instances))
    after = carry_out(make_plan(APPLY, wanted, [there]).changes, there)
    assert make_plan(APPLY, wanted, [after]).changes == ()


@given(replicas=counts)
def test_the_same_world_gives_the_same_fingerprint(replicas: int) -> None:
    spec = shop(web=replace(shop().layers[1], replicas=replicas))
    one, two = (make_plan(APPLY, spec, everything(shop())) for _ in range(2))
    assert one.fingerprint == two.fingerprint
    other = make_plan(APPLY, shop(web=replace(spec.layers[1], replicas=replicas + 5)), everything(shop()))
    assert other.fingerprint != one.fingerprint


@pytest.mark.parametrize("kind", list(Kind))
def test_a_kind_that_is_not_told_is_left_alone_with_what_waits_for_it(kind: Kind) -> None:
    spec = shop()
    others = [made(layer) for layer in spec.layers if layer.kind is not kind]
    seen_in_part = replace(seen(*others), unanswered={kind: DEAD})
    plan = make_plan(APPLY, spec, [seen_in_part])
    assert plan.changes == ()
    assert any("connection refused" in sentence for sentence in plan.left_alone)
    on_nothing = make_plan(APPLY, spec, [replace(seen(bare=True), unanswered={kind: DEAD})])
    assert kind not in {change.spec.kind for change in on_nothing.changes if change.spec is not None}
    needed = {layer.name for layer in spec.layers if layer.kind is kind}
    for change in on_nothing.changes:
        assert not needed & set(change.needs), f"{change.address} is made before what it needs"


def test_other_times_of_a_health_check_are_a_difference() -> None:
    web = replace(shop().layers[1], health=Health("/healthz"))
    there, slower = (
        everything(shop(web=web)),
        shop(web=replace(web, health=Health("/healthz", interval=5.0, grace=90.0))),
    )
    assert make_plan(operation(Verb.APPLY), shop(web=web), there).changes == ()
    assert [change.reason for change in make_plan(operation(Verb.APPLY), slower, there).changes] == [
        "health: /healthz → /healthz (interval 5s, grace 90s)"
    ]
    assert make_plan(operation(Verb.APPLY), slower, everything(slower)).changes == ()
