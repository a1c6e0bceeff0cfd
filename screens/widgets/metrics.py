"""The Metrics pane: how busy the selected layer's instances were lately, a graph for each thing that is measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from tuienv.model import Address, Sample, Status
from tuienv.screens import words
from tuienv.screens.session import Session, layer_of
from tuienv.screens.widgets.graph import braille
from tuienv.screens.widgets.known_pane import KnownPane
from tuienv.screens.widgets.pieces import Line, clip, cut, wrap
from tuienv.screens.widgets.usage import CPU, MEMORY, NETWORK, REQUESTS, Reading, aged, measured, summed, together

ROWS = 2
"""How many lines high a graph is: eight dots."""

_LABEL = 10
_VALUES = 28
_WIDEST = 90
"""Cells of a graph at most: as many as a history fills, two samples to a cell."""


class Metrics(KnownPane):
    """One block an instance; the layer as a whole on top where it has several. A block's graphs are made when seen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_up", "up", id="metrics.up", show=False),
        Binding("down,j", "scroll_down", "down", id="metrics.down", show=False),
        Binding("home,g", "scroll_home", "top", id="metrics.top", show=False),
        Binding("end,G", "scroll_end", "bottom", id="metrics.bottom", show=False),
        Binding("pageup,ctrl+b,ctrl+u", "page_up", "page up", id="metrics.page_up", show=False),
        Binding("pagedown,ctrl+f,ctrl+d", "page_down", "page down", id="metrics.page_down", show=False),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(session, id="metrics")
        self._blocks: list[str] = []
        self._readings: tuple[Reading, ...] = (CPU, MEMORY, NETWORK)
        self._said: list[Line] = []
        self._made: dict[str, list[Line]] = {}

    def world_changed(self) -> None:
        self._made.clear()
        self._blocks = self._find_blocks()
        self._said = [] if self._blocks else _reasons(self._session, self._address, self._room)
        self._readings = (CPU, MEMORY, NETWORK, REQUESTS) if self._has_requests() else (CPU, MEMORY, NETWORK)
        self.refresh_changed()

    def count(self) -> int:
        return len(self._said) or len(self._blocks) * self._height

    def make_line(self, index: int, width: int) -> Line:
        if self._said:
            return ((" ", ""), *self._said[index])
        block, row = divmod(index, self._height)
        name = self._blocks[block]
        if name not in self._made:
            self._made[name] = self._block(name)
        return ((" ", ""), *clip(self._made[name][row], self._room))

    @property
    def _room(self) -> int:
        return max(20, self._line_width - 2)

    @property
    def _height(self) -> int:
        """Lines of a block: its name, its graphs, an empty one."""
        return 2 + ROWS * len(self._readings)

    def _find_blocks(self) -> list[str]:
        """The instances to show; an empty name is the layer as a whole."""
        address = self._address
        if address is None or not address.layer:
            return []
        names = measured(self._session.known, layer_of(address))
        if address.instance:
            return [name for name in names if name == address.instance]
        return ["", *names] if len(names) > 1 else names

    def _has_requests(self) -> bool:
        return any(
            sample.requests is not None
            for sample in (self._session.known.samples(self._at(name))[-1] for name in self._blocks if name)
        )

    def _at(self, name: str) -> Address:
        assert self._address is not None
        return Address(self._address.environment, self._address.layer, name)

    def _block(self, name: str) -> list[Line]:
        if name:
            samples: Sequence[Sample] = list(self._session.known.samples(self._at(name)))
            title = cut(f"{self._at(name).layer}/{name}", 32)
        else:
            names = together(self._session.known, self._at(""), self._session.clock())
            samples = summed(self._session.known, self._at(""), names)
            title = f"{words.count_of(len(names), 'instance')} together"
        lines: list[Line] = [((title, "strong"), (f"   {self._when(samples)}", "dim"))]
        for reading in self._readings:
            lines += _graph(reading, samples, self._room)
        return [*lines, ()]

    def _when(self, samples: Sequence[Sample]) -> str:
        """Over what time was measured, and how long ago where that is not now."""
        if not samples:
            return ""
        over = f"over {words.age(samples[-1].time - samples[0].time)}"
        ago = aged(samples[-1], self._session.clock())
        return f"{over}, until {ago}" if ago else over


def _graph(reading: Reading, samples: Sequence[Sample], room: int) -> list[Line]:
    """The lines of one graph: what is measured, its history, its newest value and its greatest."""
    values = reading.values(samples)
    label = reading.label.ljust(_LABEL)
    if not values:
        return [((label, "dim"), ("not measured", "dim")), *[()] * (ROWS - 1)]
    width = max(4, min(_WIDEST, room - _LABEL - _VALUES))
    rows = braille(values, width, ROWS, reading.top(samples, values))
    now = reading.say(samples[-1]) if reading.read(samples[-1]) is not None else "not measured now"
    said = [f"  {now}", f"  most {reading.most(max(values))}", *[""] * (ROWS - 2)]
    return [
        ((label if not index else " " * _LABEL, "dim"), (row, "graph"), (said[index], "" if not index else "dim"))
        for index, row in enumerate(rows)
    ]


def _reasons(session: Session, address: Address | None, width: int) -> list[Line]:
    """Why there is nothing to draw."""
    said = [(text, "dim") for text in wrap(_reason(session, address), width)]
    return [(), *((piece,) for piece in said)]


def _reason(session: Session, address: Address | None) -> str:
    if address is None or not address.layer:
        return "Select a layer or an instance to see how busy it is."
    layer = session.known.layer(address)
    if layer is None:
        return "It does not exist any more."
    if layer.state.unknown_since is not None:
        return f"{layer.state.backend} does not answer: nothing is measured until it does."
    capabilities = session.capabilities(address)
    if capabilities is not None and not capabilities.metrics:
        return f"{layer.state.backend} does not tell how busy {address} is."
    if not layer.instances:
        return "There are no instances to measure."
    instance = layer.instances.get(address.instance)
    if instance is not None and instance.status in (Status.STOPPED, Status.FAILED):
        return f"It does not run ({instance.status}): there is nothing to measure."
    if not layer.ready:
        return "None of its instances runs: there is nothing to measure."
    return "Not measured yet: the first values come within seconds."
