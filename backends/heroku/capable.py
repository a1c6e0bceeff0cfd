"""What can be done with a layer on Heroku; said without asking anybody."""

from __future__ import annotations

from tuienv.backends.heroku.prices import DEFAULT_PLANS, Prices
from tuienv.backends.heroku.sizes import ALONE
from tuienv.model import Action, Capabilities, Kind, Layer, Size, SizeOffer, Status

MOST = 100
"""Dynos of one process type; more take a request to Heroku (Dev Center, "Limits")."""

PLAN = "options.plan"

_OURS = frozenset({Action.CREATE, Action.UPDATE, Action.DELETE})
_DYNOS = frozenset({Action.SCALE, Action.RESIZE, Action.RESTART, Action.UPDATE, Action.ROLLBACK})
_NOTED = frozenset({Action.STOP, Action.START})
"""Only on apps of ours is there a place to note how many dynos there were."""


def capabilities_of(layer: Layer, prices: Prices) -> Capabilities:
    """Apps are scaled, add-ons change their plan, the router is managed; what others made is not torn down."""
    made = _OURS if layer.ours else frozenset()
    if layer.kind is Kind.LOAD_BALANCER:
        return Capabilities(actions=made, logs=True, events=True)
    if layer.kind is not Kind.APP:
        offers = (*_unsaid(layer, prices), *prices.offers(layer.kind))
        return Capabilities(actions=made | {Action.RESIZE}, sizes=offers, resizes_in_place=True, logs=True, config=True)
    single = layer.size is not None and layer.size.name in ALONE
    return Capabilities(
        actions=_DYNOS | made | (_NOTED if layer.ours else frozenset()),
        replicas=(0, 1 if single else MOST),
        sizes=(*_unsaid(layer, prices), *prices.offers(Kind.APP)),
        resizes_in_place=False,
        logs=True,
        metrics=True,
        runs=True,
        config=True,
        releases=True,
        events=True,
    )


def _unsaid(layer: Layer, prices: Prices) -> list[SizeOffer]:
    """What no size costs in a file: the plan that its options name; else what is there stays, and what is not there
    is made with the default. Only of a layer that is to be made so, which its facets tell, or that is not there."""
    absent = layer.status is Status.ABSENT
    if not absent and not layer.facets:
        return []
    there = "" if absent or layer.size is None else layer.size.name
    name = layer.facets.get(PLAN) or there or DEFAULT_PLANS.get(layer.kind, "")
    return [SizeOffer(Size(), offer.monthly_cost) for offer in prices.offers(layer.kind) if offer.size.name == name]
