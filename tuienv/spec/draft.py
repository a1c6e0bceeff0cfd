"""An environment as far as it can be understood, before anybody knows whether it is right.

The rules look at drafts, not at finished specs, so that a layer with one mistake still has its others found.
"""

from __future__ import annotations

from dataclasses import dataclass

from tuienv.model import Kind
from tuienv.source import Entry, Mapping, Node, Place, Scalar, Sequence
from tuienv.spec.references import LayerReference, references


@dataclass(frozen=True, slots=True)
class Value:
    """One setting of a layer: its text as written."""

    key: str
    text: str
    place: Place
    key_place: Place


@dataclass(frozen=True, slots=True)
class Draft:
    """One layer. `kind` is None if it is none that exists."""

    name: str
    place: Place
    entries: dict[str, Entry]
    kind: Kind | None
    backend: str
    profile: str

    def node(self, key: str) -> Node | None:
        return self.entries[key].node if key in self.entries else None

    def has(self, key: str) -> bool:
        """Whether something stands under that key."""
        node = self.node(key)
        return node is not None and not (isinstance(node, Scalar) and node.value is None)

    def number(self, key: str) -> int | None:
        return whole_number(self.node(key))

    def mapping(self, key: str) -> dict[str, Entry]:
        """The keys below that key; none if there is no mapping."""
        node = self.node(key)
        return node.entries if isinstance(node, Mapping) else {}

    def items(self, key: str) -> tuple[Node, ...]:
        node = self.node(key)
        return node.items if isinstance(node, Sequence) else ()

    def values(self) -> list[Value]:
        """Its variables."""
        return [
            Value(key, entry.node.text, entry.node.place, entry.place)
            for key, entry in self.mapping("environment").items()
            if isinstance(entry.node, Scalar)
        ]

    def needs(self) -> list[tuple[str, Place]]:
        """The layers that must exist before this one, and where it says so."""
        named = [
            (reference.layer, value.place)
            for value in self.values()
            for reference in references(value.text)
            if isinstance(reference, LayerReference)
        ]
        return named + [(name, entry.place) for name, entry in self.mapping("routes").items()]


def drafts(document: Mapping) -> list[Draft]:
    """The layers of an environment; those that are no mapping have no entries."""
    layers = document.entries.get("layers")
    if layers is None or not isinstance(layers.node, Mapping):
        return []
    return [_draft(name, entry, document) for name, entry in layers.node.entries.items()]


def _draft(name: str, entry: Entry, document: Mapping) -> Draft:
    entries = entry.node.entries if isinstance(entry.node, Mapping) else {}
    written = text_at(entries, "kind")
    kind = Kind(written) if written in list(Kind) else None
    backend = text_at(entries, "backend") or text_at(document.entries, "backend")
    profile = text_at(entries, "profile") or _profile(document, backend)
    return Draft(name, entry.place, entries, kind, backend, profile)


def _profile(document: Mapping, backend: str) -> str:
    """The environment's profile for a backend."""
    entry = document.entries.get("profile")
    if entry is not None and isinstance(entry.node, Mapping):
        return text_at(entry.node.entries, backend)
    return text_at(document.entries, "profile")


def text_at(entries: dict[str, Entry], key: str) -> str:
    """The text under a key; empty if there is none."""
    node = entries[key].node if key in entries else None
    return node.value if isinstance(node, Scalar) and isinstance(node.value, str) else ""


def whole_number(node: Node | None) -> int | None:
    value = node.value if isinstance(node, Scalar) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None
