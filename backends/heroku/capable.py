"""What can be done with a layer on Heroku; said without asking anybody."""

from __future__ import annotations

from tuienv.backends.heroku.prices import DEFAULT_PLANS, Prices
from tuienv.backends.heroku.sizes import ALONE
from tuienv.model import Action, Capabilities, Kind, Layer, Size, SizeOffer, Status

MOST = 100
"""Dynos of one process type; more take a request to Heroku (Dev Center, "Limits")."""

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
        offers = prices.offers(layer.kind)
        if layer.status is Status.ABSENT and layer.size == Size():  # what it is made with if nothing is said
            default = next((offer for offer in offers if offer.size.name == DEFAULT_PLANS[layer.kind]), None)
            offers = (SizeOffer(Size(), default.monthly_cost), *offers) if default else offers
        return Capabilities(actions=made | {Action.RESIZE}, sizes=offers, resizes_in_place=True, logs=True, config=True)
    single = layer.size is not None and layer.size.name in ALONE
    return Capabilities(
        actions=_DYNOS | made | (_NOTED if layer.ours else frozenset()),
        replicas=(0, 1 if single else MOST),
        sizes=prices.offers(Kind.APP),
        resizes_in_place=False,
        logs=True,
        metrics=True,
        runs=True,
        config=True,
        releases=True,
        events=True,
    )
