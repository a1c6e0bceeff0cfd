"""What a change costs a month: by what the layer is now, and by what it is to be made from."""

from __future__ import annotations

import pytest

from tuienv.engine.costs import with_costs
from tuienv.model import (
    Action,
    Address,
    Capabilities,
    Change,
    Instance,
    Kind,
    Layer,
    LayerSpec,
    Size,
    SizeOffer,
    Status,
)

SMALL, LARGE = Size("small"), Size("large")


def ask(layer: Layer) -> Capabilities:
    """A provider whose standby costs as much again."""
    standby = layer.facets.get("options.multi_az") == "true"
    return Capabilities(frozenset(), sizes=(SizeOffer(SMALL, 20.0 if standby else 10.0), SizeOffer(LARGE, 40.0)))


@pytest.mark.parametrize(("facets", "costs"), [({"options.multi_az": "true"}, 10.0), ({"engine": "postgres"}, 0.0)])
def test_an_option_that_costs_more_is_counted(facets: dict[str, str], costs: float) -> None:
    there = Layer("db", Kind.DATABASE, "aws", "", Status.RUNNING, (Instance("1", "1", Status.RUNNING, size=SMALL),))
    spec = LayerSpec("db", Kind.DATABASE, "aws", size=SMALL)
    change = Change(Action.UPDATE, Address("shop", "db"), "aws", "", "test", spec=spec, facets=facets)
    assert costs_of([change], there) == [costs]


def web(profile: str = "", *statuses: Status) -> Layer:
    instances = tuple(Instance(str(at), str(at), status, size=SMALL) for at, status in enumerate(statuses, 1))
    return Layer("web", Kind.APP, "aws", profile, Status.RUNNING, instances)


def costs_of(changes: list[Change], *there: Layer) -> list[float | None]:
    found = {(layer.backend, layer.profile, layer.name): layer for layer in there}
    return [change.monthly_cost for change in with_costs(changes, found, ask)]


def test_more_and_bigger_ones_at_once_add_up_to_what_it_costs_after_both() -> None:
    here = Address("shop", "web")
    changes = [
        Change(Action.SCALE, here, "aws", "", "test", replicas=3),
        Change(Action.RESIZE, here, "aws", "", "test", size=LARGE),
    ]
    assert costs_of(changes, web("", Status.RUNNING)) == [20.0, 3 * 40.0 - 3 * 10.0]


def test_a_layer_that_moves_to_another_account_is_paid_there_and_no_more_here() -> None:
    here, spec = Address("shop", "web"), LayerSpec("web", Kind.APP, "aws", "new", size=SMALL, replicas=2)
    changes = [
        Change(Action.CREATE, here, "aws", "new", "test", spec=spec),
        Change(Action.DELETE, here, "aws", "old", "test"),
    ]
    assert costs_of(changes, web("old", Status.RUNNING, Status.RUNNING)) == [20.0, -20.0]


def test_what_is_on_its_way_out_is_not_paid_for_any_more() -> None:
    scale = Change(Action.SCALE, Address("shop", "web"), "aws", "", "test", replicas=3)
    assert costs_of([scale], web("", Status.RUNNING, Status.DELETING)) == [20.0]
