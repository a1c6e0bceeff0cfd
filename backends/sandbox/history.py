"""What the sandbox remembers of a layer: which versions of it were released, and what happened to it."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from tuienv.backends.sandbox.records import Blueprint
from tuienv.model import Address, Difference, Event, Release

MOST_RELEASES, MOST_EVENTS = 50, 200
"""How many are kept of a layer."""


@dataclass(slots=True)
class Version:
    """One release. `good`: an instance of it has been healthy."""

    number: int
    at: float
    blueprint: Blueprint
    differences: tuple[Difference, ...]
    by: str = ""
    good: bool = False

    @property
    def name(self) -> str:
        return f"v{self.number}"


@dataclass(slots=True)
class _Layer:
    versions: deque[Version] = field(default_factory=lambda: deque(maxlen=MOST_RELEASES))
    events: deque[Event] = field(default_factory=lambda: deque(maxlen=MOST_EVENTS))


class History:
    """The past of all layers. Whoever shares it between threads holds the cloud's lock."""

    def __init__(self) -> None:
        self._layers: defaultdict[Address, _Layer] = defaultdict(_Layer)

    def forget(self, environment: str) -> None:
        """The environment was torn down."""
        for address in [address for address in self._layers if address.environment == environment]:
            del self._layers[address]

    def happened(self, address: Address, at: float, text: str) -> None:
        """To an instance, or to a layer as a whole."""
        self._layers[replace(address, instance="")].events.append(Event(at, str(address), text))

    def events(self, layer: Address) -> list[Event]:
        """Newest first."""
        return list(reversed(self._layers[layer].events)) if layer in self._layers else []

    def made(self, address: Address, blueprint: Blueprint, at: float, by: str = "") -> None:
        """An instance is made; the first one of something new is a release."""
        versions = self._layers[address.parent].versions
        known = [versions[-1], *[version for version in versions if version.good][-1:]] if versions else []
        if any(version.blueprint.facets == blueprint.facets for version in known):
            return
        before = versions[-1].blueprint if versions else None
        number = versions[-1].number + 1 if versions else 1
        versions.append(Version(number, at, blueprint, _differences(before, blueprint), by))
        self.happened(address.parent, at, f"release v{number}: {_what(before, blueprint)}")

    def healthy(self, address: Address, blueprint: Blueprint) -> None:
        """An instance got healthy: so its release is good."""
        for version in reversed(self._layers[address.parent].versions):
            if version.blueprint.facets == blueprint.facets:
                version.good = True
                return

    def version(self, layer: Address, name: str) -> Version | None:
        versions = self._layers[layer].versions if layer in self._layers else ()
        return next((version for version in versions if version.name == name), None)

    def releases(self, layer: Address, living: Iterable[Blueprint]) -> list[Release]:
        """Newest first. `living`: what the instances there are now were made from."""
        versions = list(self._layers[layer].versions) if layer in self._layers else []
        there = [blueprint.facets for blueprint in living]
        serving = [version for version in versions if version.good and version.blueprint.facets in there]
        current = serving[-1] if serving else None
        return [_release(version, there, current=version is current) for version in reversed(versions)]


def _release(version: Version, there: Iterable[Mapping[str, str]], *, current: bool) -> Release:
    status = "succeeded" if version.good else "pending" if version.blueprint.facets in there else "failed"
    release = Release(version.name, version.at, version.by, version.blueprint.image, status)
    return replace(release, current=current, differences=version.differences)


def _facets(blueprint: Blueprint) -> Mapping[str, str]:
    return blueprint.facets or {"image": blueprint.image}


def _differences(before: Blueprint | None, after: Blueprint) -> tuple[Difference, ...]:
    if before is None:
        return ()
    old, new = _facets(before), _facets(after)
    pairs = ((facet, old.get(facet, ""), new.get(facet, "")) for facet in sorted(old.keys() | new.keys()))
    return tuple(Difference(*pair) for pair in pairs if pair[1] != pair[2])


def _what(before: Blueprint | None, after: Blueprint) -> str:
    if before is None or before.image != after.image:
        return after.image
    return ", ".join(difference.facet for difference in _differences(before, after)) or after.image
