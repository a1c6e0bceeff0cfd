"""What a change costs a month, from the prices that its backend tells, and what it leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from tuienv.model import Action, Capabilities, Change, Layer, LayerSpec, Size, Status
from tuienv.plan.facets import live

Ask = Callable[[Layer], Capabilities]

Key = tuple[str, str, str]
"""A backend, a profile and a layer: two accounts may have a layer of one name."""

Found = Mapping[Key, Layer]


def key_of(change: Change) -> Key:
    """The layer that a change is about."""
    return change.backend, change.profile, change.address.layer


def with_costs(changes: Sequence[Change], found: Found, ask: Ask) -> list[Change]:
    """The changes, in their order, with `monthly_cost`: how many US dollars a month more (or less) the layer costs
    after each than before it, so that they add up where several are made of one layer.

    None where the provider names no price for one of the sizes.
    """
    sizes = {key: _sizes(layer) for key, layer in found.items()}
    priced = []
    for change in changes:
        before = sizes.get(key_of(change), [])
        after = sizes[key_of(change)] = _sizes_after(change, before)
        priced.append(_with_cost(change, found.get(key_of(change)), (before, after), ask))
    return priced


def _with_cost(change: Change, layer: Layer | None, sizes: tuple[list[Size], list[Size]], ask: Ask) -> Change:
    subject = layer or _to_be(change)
    if subject is None or not change.address.layer:
        return change
    prices = _prices(ask(subject))
    before = _cost(prices, sizes[0])
    after = _cost(_prices(ask(_made_so(subject, change))), sizes[1])
    if before is None or after is None or not prices:
        return change
    return replace(change, monthly_cost=round(after - before, 2))


def with_leaves(change: Change, found: Found, ask: Ask) -> Change:
    """The change with `leaves`: the last snapshots of the data that it deletes, where the provider makes them."""
    layer = found.get(key_of(change))
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


def _sizes(layer: Layer) -> list[Size]:
    return [instance.size or layer.size or Size() for instance in live(layer)]


def _sizes_after(change: Change, before: list[Size]) -> list[Size]:
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
