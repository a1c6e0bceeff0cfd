"""What a file may say by mistake, and what plans would lose by it: data out of service, and what others made."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.plan.worlds import DEAD, everything, made, operation, seen, shop
from tuienv.model import Action, Kind, Layer, LayerSpec, Observation, Plan, Resource, Status, Storage, Verb
from tuienv.plan import PlanError
from tuienv.plan.making import make_plan

APPLY = operation(Verb.APPLY)
AT_AWS = LayerSpec("db", Kind.DATABASE, "aws", engine="postgres", version="15")


def db_at_aws() -> Layer:
    return replace(made(AT_AWS), resources=(Resource("DB instance", "shop-db", holds_data=True),))


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.DATABASE])
def test_a_database_that_the_file_calls_something_else_is_left_alone(kind: Kind) -> None:
    plan = make_plan(APPLY, shop(db=LayerSpec("db", kind, "docker", image="shop:1")), everything(shop()))
    assert "db" not in [change.address.layer for change in plan.changes]
    assert plan.left_alone[0].startswith(f"db: it is there as database, and cannot become {kind}")


def test_a_database_that_was_torn_down_is_not_the_data_of_something_else() -> None:
    left = replace(everything(shop())[0].layers[3], instances=(), status=Status.ABSENT)
    others = everything(shop())[0].layers[:3]
    cache = LayerSpec("db", Kind.CACHE, "docker", engine="redis")
    plan = make_plan(APPLY, shop(db=cache), [seen(*others, left)])
    assert plan.changes == ()
    assert "cannot become cache" in plan.left_alone[0]


def test_a_database_that_the_file_moves_elsewhere_goes_on_where_it_is() -> None:
    plan = make_plan(APPLY, shop(db=AT_AWS), [*everything(shop()), seen(backend="aws", bare=True)])
    assert plan.changes == ()
    assert plan.left_alone[0].startswith("db: it runs at docker, and its data does not move by itself")


def test_so_does_what_uses_it() -> None:
    web = replace(shop().layers[1], image="shop:2")
    plan = make_plan(APPLY, shop(db=AT_AWS, web=web), [*everything(shop()), seen(backend="aws", bare=True)])
    assert plan.changes == ()
    assert plan.left_alone[1] == "web: waits for db, which is left as it is"


def test_a_database_that_was_made_elsewhere_by_hand_may_take_the_place_of_the_old_one() -> None:
    plan = make_plan(APPLY, shop(db=AT_AWS), [*everything(shop()), seen(db_at_aws(), backend="aws")])
    assert [(change.action, change.backend, str(change.address)) for change in plan.changes] == [
        (Action.DELETE, "docker", "shop/db")
    ]
    assert [str(resource) for resource in plan.kept] == ["volume shop_db-data"]


def foreign(**differing: object) -> Observation:
    """A Compose project of the file's name, which tells nothing of what it was made from."""
    layers = everything(shop())[0].layers
    unknown = [
        replace(layer, ours=False, instances=tuple(replace(one, facets={}, **differing) for one in layer.instances))  # type: ignore[arg-type]
        for layer in layers
    ]
    return seen(*unknown)


@pytest.mark.parametrize("differing", [{"status": Status.FAILED}, {"status": Status.STOPPED}, {"name": "gone"}])
def test_a_file_changes_nothing_that_others_made(differing: dict[str, object]) -> None:
    spec = shop(web=replace(shop().layers[1], replicas=4))
    plan = make_plan(APPLY, spec, [foreign(**differing)])
    assert plan.changes == ()
    assert any("made by others" in line for line in plan.left_alone)


def test_a_teardown_takes_both_of_a_name() -> None:
    """A layer that the file moved is at both places until the old one is gone."""
    plan = make_plan(
        operation(Verb.DESTROY, delete_data=True), None, [*everything(shop()), seen(db_at_aws(), backend="aws")]
    )
    deletes = [change for change in plan.changes if change.address.layer == "db"]
    assert {(change.backend, change.loses_data) for change in deletes} == {("docker", True), ("aws", True)}
    (ground,) = (change for change in plan.changes if not change.address.layer and change.backend == "docker")
    assert {change.key for change in deletes} <= set(ground.after)


def test_a_stop_stops_both_of_a_name() -> None:
    plan = make_plan(operation(Verb.STOP), None, [*everything(shop()), seen(db_at_aws(), backend="aws")])
    assert {change.backend for change in plan.changes if change.address.layer == "db"} == {"docker", "aws"}


@pytest.mark.parametrize("replicas", [0, 2, 3])
def test_there_is_one_of_a_database(replicas: int) -> None:
    scale = operation(Verb.SCALE, "shop/db", replicas=replicas)
    for observed in (everything(shop()), [seen(bare=True)]):
        if replicas or observed[0].layers:
            with pytest.raises(PlanError, match="there is one of it"):
                make_plan(scale, shop(), observed)
    assert make_plan(operation(Verb.SCALE, "shop/db", replicas=1), shop(), everything(shop())).changes == ()


def test_what_waits_for_what_waits_says_so() -> None:
    spec = shop(edge=LayerSpec("edge", Kind.APP, "docker", image="edge:1", environment={"WEB": "${layers.web.url}"}))
    silent = replace(seen(bare=True), unanswered={Kind.DATABASE: DEAD})
    left = make_plan(APPLY, spec, [silent]).left_alone
    assert left[1:] == ("web: waits for db, which is unknown", "edge: waits for web, which waits as well")


# --- storage ------------------------------------------------------------------------------------------------------

GIB = 1024**3


def with_storage(there: Storage | None, wanted: int | None) -> Plan:
    """The plan for a shop whose database has this room, and whose file says that, while its app has another image."""
    spec = shop(
        db=replace(shop().layers[3], storage=wanted and wanted * GIB), web=replace(shop().layers[1], image="shop:2")
    )
    (before,) = everything(shop())
    layers = [replace(layer, storage=there) if layer.name == "db" else layer for layer in before.layers]
    return make_plan(APPLY, spec, [replace(before, layers=tuple(layers))])


def test_more_storage_is_an_update_that_nobody_notices() -> None:
    change = next(change for change in with_storage(Storage(20 * GIB, 20 * GIB), 40).changes if "db" in change.key)
    assert (change.action, change.reason, change.interrupts) == (Action.UPDATE, "storage: 20GiB → 40GiB", False)


@pytest.mark.parametrize(
    ("there", "wanted"),
    [
        (Storage(100 * GIB, 20 * GIB), 20),  # it grew by itself
        (Storage(100 * GIB, 20 * GIB), 50),
        (Storage(20 * GIB, 10 * GIB), 10),  # the least that can be had
        (Storage(100 * GIB), 20),  # nobody noted what was asked for
        (Storage(100 * GIB, 20 * GIB), None),
        (None, 20),
    ],
)
def test_more_than_the_file_says_is_no_difference(there: Storage | None, wanted: int | None) -> None:
    plan = with_storage(there, wanted)
    assert [change.address.layer for change in plan.changes] == ["web"]
    assert plan.left_alone == ()


def test_less_storage_than_before_is_said_and_holds_nothing_else_up() -> None:
    plan = with_storage(Storage(120 * GIB, 100 * GIB), 50)
    assert [change.address.layer for change in plan.changes] == ["web"]
    (said,) = plan.left_alone
    assert said.startswith("db: storage: 100GiB → 50GiB: it is never made smaller")
    assert "stays at 120GiB" in said
