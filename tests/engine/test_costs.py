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

SMALL = Size("small")


def ask(layer: Layer) -> Capabilities:
    """A provider whose standby costs as much again."""
    standby = layer.facets.get("options.multi_az") == "true"
    return Capabilities(frozenset(), sizes=(SizeOffer(SMALL, 20.0 if standby else 10.0),))


@pytest.mark.parametrize(("facets", "costs"), [({"options.multi_az": "true"}, 10.0), ({"engine": "postgres"}, 0.0)])
def test_an_option_that_costs_more_is_counted(facets: dict[str, str], costs: float) -> None:
    there = Layer("db", Kind.DATABASE, "aws", "", Status.RUNNING, (Instance("1", "1", Status.RUNNING, size=SMALL),))
    spec = LayerSpec("db", Kind.DATABASE, "aws", size=SMALL)
    change = Change(Action.UPDATE, Address("shop", "db"), "aws", "", "test", spec=spec, facets=facets)
    assert with_costs(change, {("aws", "db"): there}, ask).monthly_cost == costs
