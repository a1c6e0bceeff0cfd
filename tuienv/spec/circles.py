"""Circles among layers that need each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence


def circles(needs: Mapping[str, Sequence[str]]) -> list[tuple[str, ...]]:
    """Circles of two or more layers, each as the way from its first layer back to it: ``("a", "b", "a")``.

    Every layer that is in a circle is in at least one of those returned, or needs one that is. Depth first, without
    recursion: a file may chain thousands of layers.
    """
    done: set[str] = set()
    found: list[tuple[str, ...]] = []
    for start in needs:
        if start not in done:
            found += _from(start, needs, done)
    return found


def _from(start: str, needs: Mapping[str, Sequence[str]], done: set[str]) -> Iterator[tuple[str, ...]]:
    way: dict[str, Iterator[str]] = {start: iter(needs[start])}
    while way:
        last = next(reversed(way))
        following = next(way[last], None)
        if following is None:
            del way[last]
            done.add(last)
        elif following in way:
            names = list(way)
            circle = names[names.index(following) :]
            if len(circle) > 1:
                yield (*circle, following)
        elif following not in done:
            way[following] = iter(needs[following])
