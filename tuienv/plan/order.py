"""In which order: what must be done before what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tuienv.model import Change, Layer


def sort_names(needs: Mapping[str, Iterable[str]]) -> list[str]:
    """The names, each after those it needs, otherwise in the order given. Raises `graphlib.CycleError`."""
    position = {name: at for at, name in enumerate(needs)}
    sorter = TopologicalSorter({name: [need for need in wanted if need in position] for name, wanted in needs.items()})
    sorter.prepare()
    found: list[str] = []
    while sorter.is_active():
        for name in sorted(sorter.get_ready(), key=position.__getitem__):
            found.append(name)
            sorter.done(name)
    return found


def sort_observed(needs: Mapping[str, Iterable[str]]) -> list[str]:
    """The same for what was read from a provider, where a cycle is no reason to give up."""
    try:
        return sort_names(needs)
    except CycleError:
        return list(needs)


def in_order(layers: Iterable[Layer]) -> list[Layer]:
    """Layers as they were found, each after those it needs; those of one name at several places stand together."""
    by_name: dict[str, list[Layer]] = {}
    for layer in layers:
        by_name.setdefault(layer.name, []).append(layer)
    needs = {name: [need for layer in there for need in layer.needs] for name, there in by_name.items()}
    return [layer for name in sort_observed(needs) for layer in by_name[name]]


def chain(changes: Sequence[Change], blockers: Mapping[str, Iterable[str]]) -> tuple[Change, ...]:
    """The changes with `after` set, each change after those of the layers that block its layer.

    `blockers`: by layer name, the layers whose changes come first; the environment's ground has the name ``""``.
    """
    return tuple(
        replace(change, after=tuple(dict.fromkeys((*change.after, *_before(change, changes, blockers)))))
        for change in changes
    )


def _before(change: Change, changes: Sequence[Change], blockers: Mapping[str, Iterable[str]]) -> list[str]:
    first = set(blockers.get(change.address.layer, ()))
    earlier = changes[: changes.index(change)]
    return [
        other.key
        for other in earlier
        if other.address.layer in first or (other.address.layer == change.address.layer and change.address.layer)
    ]
