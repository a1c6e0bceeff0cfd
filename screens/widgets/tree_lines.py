"""How the rows of the tree read: what is at their left, what at their right, in which style."""

from __future__ import annotations

from collections.abc import Mapping

from rich.cells import cell_len

from tuienv.model import Address, Instance, Sample, Status
from tuienv.screens import words
from tuienv.screens.known import Environment, Known, Layer
from tuienv.screens.rows import Rows
from tuienv.screens.widgets.pieces import Line, Piece, fit, spread
from tuienv.screens.widgets.usage import aged
from tuienv.text import plain

_NAMES = 20
"""Cells that a name column takes at most; what is longer pushes the rest aside."""

_WORDS_FROM = 30
"""Width in cells from which there is room for a status in words beside its glyph."""

_AGES_FROM = 42
"""Width in cells from which there is room for the memory beside how long ago that was."""


class RowMaker:
    """Makes the lines of the tree. Asked for what is in view alone."""

    def __init__(self, known: Known, rows: Rows, staged: Mapping[Address, int]) -> None:
        self._known = known
        self._rows = rows
        self._staged = staged
        self._columns: dict[Address, int] = {}

    def forget(self) -> None:
        """The shape changed: column widths are to be found again."""
        self._columns.clear()

    def fold_column(self, address: Address) -> int:
        """The last column of the triangle that folds a row."""
        return 4 if address.layer else 2

    def line(self, address: Address, width: int, now: float) -> Line:
        environment = self._known.environment(address.environment)
        if environment is None:
            return ()
        if not address.layer:
            return self._environment(address, environment, width, now)
        layer = environment.layers.get(address.layer)
        if layer is None:
            return ()
        if not address.instance:
            return self._layer(address, layer, width, now, environment)
        instance = layer.instances.get(address.instance)
        return self._instance(address, instance, layer, width, now, environment) if instance else ()

    # --- one method a kind of row -------------------------------------------------------------------------------

    def _environment(self, address: Address, environment: Environment, width: int, now: float) -> Line:
        state = environment.state
        stale = environment.remembered
        name = f"strong{' stale' if stale else ''}"
        left: Line = (self._triangle(address, ""), *_glyph(state.status, stale), (plain(state.name), name))
        if state.protected:
            left = (*left, (" protected", "dim"))
        if self._known.read_only(address):
            left = (*left, (" read-only", "dim"))
        if state.lock is not None:
            left = (*left, (" locked", "warning"))
        return spread(left, self._environment_end(environment, width, now), width)

    def _environment_end(self, environment: Environment, width: int, now: float) -> Line:
        drift = _drift(environment.drift)
        if environment.remembered:
            seen = environment.state.observed_at
            return (("remembered" if seen is None else f"seen {words.age(now - seen)} ago", "stale"), (" ", ""))
        status = environment.state.status
        if width < _WORDS_FROM and drift:
            return drift
        return (*drift, (str(status), _tone(status)), (" ", ""))

    def _layer(self, address: Address, layer: Layer, width: int, now: float, environment: Environment) -> Line:
        state = layer.state
        stale = environment.remembered or state.unknown_since is not None
        name = fit(state.name, self._name_column(address, environment)) + " "
        left = (
            self._triangle(address, "  "),
            *_glyph(Status.UNKNOWN if state.unknown_since is not None else state.status, stale),
            (name, "stale" if stale else ""),
            (words.kind_words(state), "dim"),
        )
        return spread(left, self._layer_end(address, layer, now, environment.remembered), width)

    def _layer_end(self, address: Address, layer: Layer, now: float, remembered: bool) -> Line:
        state = layer.state
        count = f"{layer.count} "
        if address in self._staged:
            return ((f"{layer.there} → {self._staged[address]} ", "staged"),)
        if remembered:
            return ((count, "stale"),)
        if state.unknown_since is not None:
            return ((f"unknown since {words.age(now - state.unknown_since)} ", "unknown"), (count, "stale"))
        tone = _tone(state.status)
        word: Line = () if state.status is Status.RUNNING else ((f"{state.status} ", tone),)
        return (*_drift(len(state.drift)), *word, (count, tone))

    def _instance(
        self, address: Address, instance: Instance, layer: Layer, width: int, now: float, environment: Environment
    ) -> Line:
        stale = environment.remembered or layer.state.unknown_since is not None
        word = plain(instance.detail) or str(instance.status)
        column = self._instance_column(address, layer)
        left = (
            ("      ", ""),
            *_glyph(instance.status, stale),
            (fit(instance.name, column) + " ", "stale" if stale else ""),
            (word, "stale" if stale else _quiet(instance.status)),
        )
        return spread(left, () if stale else _load(self._known.latest(address, now), width, now), width)

    # --- parts --------------------------------------------------------------------------------------------------

    def _triangle(self, address: Address, indent: str) -> Piece:
        return (f" {indent}{'▾' if self._rows.is_open(address) else '▸'} ", "dim")

    def _name_column(self, address: Address, environment: Environment) -> int:
        key = Address(address.environment)
        width = self._columns.get(key)
        if width is None:
            width = self._columns[key] = _widest(environment.layers)
        return width

    def _instance_column(self, address: Address, layer: Layer) -> int:
        key = address.parent
        width = self._columns.get(key)
        if width is None:
            width = self._columns[key] = _widest(layer.names)
        return width


def _widest(names: Mapping[str, object] | list[str]) -> int:
    return min(_NAMES, max((cell_len(plain(name, 64)) for name in names), default=0))


def _tone(status: Status) -> str:
    """The style of a status."""
    return str(status)


def _quiet(status: Status) -> str:
    """As `_tone`, but what is well stays in the background."""
    return "dim" if status is Status.RUNNING else _tone(status)


def _glyph(status: Status, stale: bool) -> Line:
    return ((f"{words.GLYPHS[status]} ", f"{_tone(status)}{' stale' if stale else ''}"),)


def _drift(count: int) -> Line:
    return ((f"{count} drift ", "drift"),) if count else ()


def _load(sample: Sample | None, width: int, now: float) -> Line:
    """What an instance uses, and how long ago where that is not now; on a narrow screen the memory goes first."""
    if sample is None:
        return ()
    ago = aged(sample, now)
    cpu = (f"{words.percent(sample.cpu):>6} ", "stale" if ago else "")
    memory = (f"{words.amount(sample.memory):>7} ", "stale" if ago else "dim")
    loads = (cpu, memory) if width >= (_AGES_FROM if ago else _WORDS_FROM) else (cpu,)
    return (*loads, (f"{ago:>8} ", "stale")) if ago else loads
