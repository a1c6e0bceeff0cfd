"""What undoes a change, and why something cannot be undone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.plan.worlds import made, shop
from tuienv.engine.inverses import inverse_of
from tuienv.model import (
    Action,
    Address,
    Change,
    Difference,
    Inverse,
    Layer,
    Lock,
    Operation,
    Resource,
    Size,
    Verb,
)

WEB = Address("shop", "web")
LAYER = made(shop().layers[1])
SMALL = Size("small", 0.5, 512 * 2**20)


def change(action: Action, **more: object) -> Change:
    return replace(Change(action, WEB, "docker", "", "asked for"), **more)  # type: ignore[arg-type]  # a test's shorthand


def variable(name: str, before: str, empty: str = "") -> Change:
    return change(Action.UPDATE, differences=(Difference(f"environment.{name}", before, "new", empty),))


def sized(*sizes: Size) -> Layer:
    return replace(LAYER, instances=tuple(replace(LAYER.instances[0], size=size) for size in sizes))


@pytest.mark.parametrize(
    ("done", "undone"),
    [
        (change(Action.SCALE, differences=(Difference("replicas", "3", "0"),)), Operation(Verb.SCALE, WEB, replicas=3)),
        (change(Action.SCALE, differences=(Difference("replicas", "0", "3"),)), Operation(Verb.SCALE, WEB, replicas=0)),
        (change(Action.STOP), Operation(Verb.START, WEB)),
        (change(Action.START), Operation(Verb.STOP, WEB)),
        (change(Action.PROTECT), Operation(Verb.UNPROTECT, WEB)),
        (change(Action.UNPROTECT), Operation(Verb.PROTECT, WEB)),
        (change(Action.LOCK), Operation(Verb.UNLOCK, WEB)),
        (change(Action.UNLOCK, lock=Lock("t", "ada", 0.0, "why")), Operation(Verb.LOCK, WEB, why="why")),
        (change(Action.ROLLBACK, release="v3"), Operation(Verb.ROLLBACK, WEB, release="v4")),
        (variable("LEVEL", "info"), Operation(Verb.CONFIGURE, WEB, settings={"LEVEL": "info"})),
        (variable("LEVEL", ""), Operation(Verb.CONFIGURE, WEB, settings={"LEVEL": None})),
        (variable("LEVEL", "", "before"), Operation(Verb.CONFIGURE, WEB, settings={"LEVEL": ""})),
        (change(Action.CREATE, spec=shop().layers[1]), Operation(Verb.DESTROY, WEB)),
        (change(Action.RESTART), None),
        (change(Action.CREATE, address=Address("shop")), None),
    ],
)
def test_what_undoes_it(done: Change, undone: Operation | None) -> None:
    assert inverse_of(done, LAYER, "v4") == Inverse(undone)


@pytest.mark.parametrize(
    ("done", "why"),
    [
        (change(Action.CREATE, spec=shop().layers[3]), "may hold data"),
        (change(Action.UPDATE, spec=shop().layers[1]), "put back what it said before"),
        (change(Action.DELETE, resources=(Resource("container", "shop-web-1"),)), "tuienv apply makes it again"),
        (change(Action.DELETE, loses_data=True), "its data is gone"),
        (change(Action.SCALE), "how many"),
        (variable("API_TOKEN", "hunter2-hunter2"), "API_TOKEN had before is secret"),
        (variable("DATABASE_URL", "postgres://app:pass-word-9@db/app"), "DATABASE_URL had before is secret"),
        (variable("KEY", "sha256:0123456789ab"), "KEY had before is secret"),
        (variable("DATABASE_URL", "${layers.db.url}"), "DATABASE_URL had before is secret"),
    ],
)
def test_what_cannot_be_undone_says_why(done: Change, why: str) -> None:
    inverse = inverse_of(done, LAYER)
    assert inverse.operation is None
    assert why in inverse.cannot
    assert "hunter2" not in repr(inverse)


def test_a_size_is_given_back_where_all_had_the_same() -> None:
    resized = change(Action.RESIZE)
    assert inverse_of(resized, sized(SMALL, SMALL)).operation == Operation(Verb.RESIZE, WEB, size=SMALL)
    assert "several sizes" in inverse_of(resized, sized(SMALL, Size("large", 2.0, 2**31))).cannot
    assert "no limits" in inverse_of(resized, sized(Size())).cannot


def test_a_rollback_from_an_unknown_release_cannot_be_undone() -> None:
    assert "which release" in inverse_of(change(Action.ROLLBACK), LAYER).cannot


@pytest.mark.parametrize("action", Action)
def test_every_action_has_an_answer(action: Action) -> None:
    assert isinstance(inverse_of(change(action), LAYER), Inverse)
