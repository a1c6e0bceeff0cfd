"""What a change costs a month, from the prices that its backend tells, and what it leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from tuienv.model import Action, Capabilities, Change, Layer, LayerSpec, Size, Status

Ask = Callable[[Layer], Capabilities]


def with_costs(change: Change, found: Mapping[tuple[str, str], Layer], ask: Ask) -> Change:
    """The change with `monthly_cost`: how many US dollars a month more (or less) the layer costs after it.

    None where the provider names no price for one of the sizes.
    """
    if not change.address.layer:
        return change
    layer = found.get((change.backend, change.address.layer))
    subject = layer or _to_be(change)
    if subject is None:
        return change
    prices = _prices(ask(subject))
    before = _cost(prices, _sizes(layer))
    after = _cost(_prices(ask(_made_so(subject, change))), _sizes_after(change, layer))
    if before is None or after is None or not prices:
        return change
    return replace(change, monthly_cost=round(after - before, 2))


def with_leaves(change: Change, found: Mapping[tuple[str, str], Layer], ask: Ask) -> Change:
    """The change with `leaves`: the last snapshots of the data that it deletes, where the provider makes them."""
    layer = found.get((change.backend, change.address.layer))
    if layer is None or not (change.loses_data and change.final_snapshot and ask(layer).final_snapshot):
        return change
    return replace(change, leaves=(f"final snapshot of {change.address}",))


def _prices(capable: Capabilities) -> dict[object, float | None]:
    return {_key(offer.size): offer.monthly_cost for offer in capable.sizes}


def _made_so(layer: Layer, change: Change) -> Layer:
    """The layer as the change makes it: what its provider has of options may cost more."""
    return layer if change.spec is None else replace(layer, facets=change.facets)


def _key(size: Size) -> object:
    return size.name if size.cpu is None and size.memory is None else (size.cpu, size.memory)


def _to_be(change: Change) -> Layer | None:
    """The layer that a creation will make, as far as its price goes."""
    spec: LayerSpec | None = change.spec
    if spec is None:
        return None
    return Layer(spec.name, spec.kind, spec.backend, spec.profile, Status.ABSENT, size=spec.size)


def _sizes(layer: Layer | None) -> list[Size]:
    if layer is None:
        return []
    return [instance.size or layer.size or Size() for instance in layer.instances]


def _sizes_after(change: Change, layer: Layer | None) -> list[Size]:
    before = _sizes(layer)
    if change.action is Action.DELETE:
        return []
    if change.spec is not None:
        return [change.spec.size] * change.spec.replicas
    if change.action is Action.SCALE and change.replicas is not None:
        return (before[:1] or [Size()]) * change.replicas
    if change.action is Action.RESIZE and change.size is not None:
        return [change.size] * len(before)
    return before


def _cost(prices: Mapping[object, float | None], sizes: list[Size]) -> float | None:
    """The sum, or None if one of them has no price."""
    total = 0.0
    for size in sizes:
        price = prices.get(_key(size))
        if price is None:
            return None
        total += price
    return total
