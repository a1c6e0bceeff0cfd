"""The rows of the tree: which addresses are visible, in which order, at which line.

Environments and layers are kept as blocks with the line they start at; the instances of an open layer are a slice of
its names. So a line is found by bisection, an instance's change moves nothing, and only a fold, a filter or a new
shape of the world builds the blocks again, in time that grows with the layers and not with the instances.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from tuienv.model import Address, Instance
from tuienv.screens.known import Environment, Known, Layer

FEW = 6
"""Up to so many environments are open at first: more would push each other off the screen."""


@dataclass(frozen=True, slots=True)
class _Block:
    """A layer's row and the rows of its instances; without a layer, an environment's own row."""

    start: int
    environment: str
    layer: str = ""
    names: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Filter:
    """What `/` asks for: every word must be found in a row or above it, and one of them in the row itself.
    ``!word`` must not be found."""

    wanted: tuple[str, ...]
    unwanted: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Filter | None:
        words = text.lower().split()
        wanted = tuple(word for word in words if not word.startswith("!"))
        unwanted = tuple(word[1:] for word in words if len(word) > 1 and word.startswith("!"))
        return cls(wanted, unwanted) if wanted or unwanted else None

    def finds(self, own: str, above: str) -> bool:
        if not self.wanted:
            return not any(word in own for word in self.unwanted)
        return self.points_at(own, above)

    def points_at(self, own: str, above: str) -> bool:
        """Whether a wanted word is in the row itself, so that it is worth opening what it stands under."""
        if not any(word in own for word in self.wanted):
            return False
        return all(word in own or word in above for word in self.wanted) and not any(
            word in own for word in self.unwanted
        )


def environment_text(environment: Environment) -> str:
    """What a filter looks at in an environment's row."""
    return f"{environment.state.name} {environment.state.status}{' drift' if environment.drift else ''}".lower()


def layer_text(layer: Layer) -> str:
    state = layer.state
    drift = " drift" if state.drift else ""
    unknown = " unknown" if state.unknown_since else ""
    return f"{state.name} {state.kind} {state.status} {state.backend} {state.image}{drift}{unknown}".lower()


def instance_text(instance: Instance) -> str:
    return f"{instance.name} {instance.status} {instance.detail} {instance.id} {instance.host or ''}".lower()


class Rows:
    """The visible rows. Call `build` after the shape of the world, a fold or the filter changed."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._folded: dict[Address, bool] = {}
        self._at_first: dict[str, bool] = {}
        self._blocks: list[_Block] = []
        self._starts: list[int] = []
        self._found: dict[tuple[str, str], int] = {}
        self._length = 0
        self.filter: Filter | None = None
        self.build()

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, line: int) -> Address:
        """The address at a line. Raises `IndexError` outside."""
        if not 0 <= line < self._length:
            raise IndexError(line)
        block = self._blocks[bisect_right(self._starts, line) - 1]
        offset = line - block.start
        return Address(block.environment, block.layer, block.names[offset - 1] if offset else "")

    def line(self, address: Address) -> int | None:
        """Where an address stands; None where it is not visible."""
        index = self._found.get((address.environment, address.layer))
        if index is None:
            return None
        block = self._blocks[index]
        if not address.instance:
            return block.start
        try:
            return block.start + 1 + block.names.index(address.instance)
        except ValueError:
            return None

    def is_open(self, address: Address) -> bool:
        opened = self._folded.get(address)
        return opened if opened is not None else not address.layer and self._at_first.get(address.environment, False)

    def fold(self, address: Address, opened: bool) -> None:
        """Open or close an environment or a layer."""
        self._folded[address] = opened
        self.build()

    def build(self) -> None:
        """Work out the blocks again. Whether an environment begins open is decided when it first comes: what others
        do later moves nothing under the eyes."""
        self._blocks, self._length = [], 0
        few = len(self._known.environments) <= FEW
        self._at_first = {name: self._at_first.get(name, few) for name in self._known.environments}
        for name, environment in sorted(self._known.environments.items(), key=_declared_first):
            self._add_environment(name, environment)
        self._starts = [block.start for block in self._blocks]
        self._found = {(block.environment, block.layer): index for index, block in enumerate(self._blocks)}

    def _add_environment(self, name: str, environment: Environment) -> None:
        if self.filter:
            self._add_found(name, environment, self.filter)
            return
        self._add(name)
        if self.is_open(Address(name)):
            for layer in environment.layers.values():
                self._add(name, layer.state.name, layer.names if self.is_open(Address(name, layer.state.name)) else ())

    def _add_found(self, name: str, environment: Environment, wanted: Filter) -> None:
        """The rows that a filter finds, with what they stand under."""
        own = environment_text(environment)
        layers = [self._find_layer(layer, name, own, wanted) for layer in environment.layers.values()]
        found = [(layer, names) for layer, names, shown in layers if shown]
        if not found and not wanted.finds(own, ""):
            return
        self._add(name)
        if not found and self._folded.get(Address(name)):
            found = [(layer.state.name, ()) for layer in environment.layers.values()]
        for layer_name, names in found:
            self._add(name, layer_name, names)

    def _find_layer(
        self, layer: Layer, environment: str, above: str, wanted: Filter
    ) -> tuple[str, Sequence[str], bool]:
        own = layer_text(layer)
        over = f"{above} {own}"
        names = [name for name in layer.names if wanted.points_at(instance_text(layer.instances[name]), over)]
        shown = bool(names) or wanted.finds(own, above)
        if shown and not names and self._folded.get(Address(environment, layer.state.name)):
            return layer.state.name, layer.names, True
        return layer.state.name, names, shown

    def _add(self, environment: str, layer: str = "", names: Sequence[str] = ()) -> None:
        self._blocks.append(_Block(self._length, environment, layer, names))
        self._length += 1 + len(names)


def _declared_first(item: tuple[str, Environment]) -> tuple[bool, str]:
    name, environment = item
    return not environment.state.declared, name
