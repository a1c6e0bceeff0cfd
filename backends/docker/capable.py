"""What can be done with a layer on Docker; said without asking anybody."""

from __future__ import annotations

from tuienv.backends.docker.haproxy import SLOTS
from tuienv.model import SIZES, Action, Capabilities, Kind, Layer, SizeOffer

_ALWAYS = frozenset({Action.RESTART, Action.STOP, Action.START, Action.RESIZE, Action.UPDATE})
_OURS = frozenset({Action.CREATE, Action.DELETE})


def capabilities_of(layer: Layer) -> Capabilities:
    """Apps can be scaled, unless a port is theirs alone; nothing costs anything; what others made is not deleted."""
    # What is published on the host can be published once.
    scales = layer.kind is Kind.APP and not layer.endpoints
    actions = _ALWAYS | (_OURS if layer.ours else frozenset())
    return Capabilities(
        actions=actions | {Action.SCALE} if scales else actions,
        replicas=(0 if layer.ours else 1, SLOTS) if scales else None,
        sizes=tuple(SizeOffer(size) for size in SIZES.values()),
        resizes_in_place=True,
        logs=True,
        metrics=True,
        runs=True,
        config=True,
        events=True,
    )
