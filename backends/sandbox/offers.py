"""What the sandbox sells: sizes, bounds and prices, as a provider's price list would have them."""

from __future__ import annotations

from tuienv.model import SIZES, Action, Capabilities, Kind, Layer, SizeOffer

PRICES = {"micro": 4.0, "small": 9.0, "medium": 18.0, "large": 36.0, "xlarge": 96.0}
"""US dollars a month of one app instance; invented."""

FACTORS = {Kind.LOAD_BALANCER: 1.5, Kind.APP: 1.0, Kind.CACHE: 1.5, Kind.DATABASE: 2.5}
"""How many times that the other kinds cost."""

MOST = 20
"""App instances a layer may have."""

_LIVE = frozenset({Action.RESIZE, Action.RESTART, Action.STOP, Action.START})

_APP = frozenset({Action.SCALE, Action.UPDATE, Action.ROLLBACK})


def capabilities(layer: Layer) -> Capabilities:
    """What can be done with a layer. Only apps scale; what is not ours is not torn down."""
    actions = _LIVE | (_APP if layer.kind is Kind.APP else set())
    if layer.ours:
        actions |= {Action.CREATE, Action.UPDATE, Action.DELETE}
    return Capabilities(
        actions=actions,
        replicas=(1, MOST) if layer.kind is Kind.APP else None,
        sizes=tuple(SizeOffer(SIZES[name], price * FACTORS[layer.kind]) for name, price in PRICES.items()),
        resizes_in_place=True,
        logs=True,
        metrics=True,
        runs=True,
        config=True,
        releases=layer.kind is Kind.APP,
        events=True,
        final_snapshot=layer.kind is Kind.DATABASE and layer.ours,
    )
