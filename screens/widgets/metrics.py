"""The Metrics pane: what the measured instances used, as graphs over the last minutes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tuienv.model import Address, Sample
from tuienv.screens import words
from tuienv.screens.session import Session
from tuienv.screens.widgets.choices import Text
from tuienv.screens.widgets.graph import braille
from tuienv.screens.widgets.lines import Line, spread
from tuienv.text import plain

MOST = 12
"""Instances of a layer that are drawn; more is nothing that anybody reads."""

_Read = Callable[[Sample], float | None]
_Say = Callable[[float | None], str]


def _rate(value: float | None) -> str:
    return f"{words.amount(value)}/s" if value is not None else ""


def _requests(value: float | None) -> str:
    return f"{value:.0f}/s" if value is not None else ""


GRAPHS: tuple[tuple[str, _Read, _Say], ...] = (
    ("cpu", lambda sample: sample.cpu, words.percent),
    ("memory", lambda sample: sample.memory, words.amount),
    ("received", lambda sample: sample.received, _rate),
    ("sent", lambda sample: sample.sent, _rate),
    ("requests", lambda sample: sample.requests, _requests),
)


class Metrics(Text):
    """Graphs of an instance, or of each of a layer's instances. The worker measures what is on the screen."""

    def __init__(self, session: Session) -> None:
        super().__init__(id="metrics")
        self._session = session
        self._address: Address | None = None

    def show(self, address: Address | None) -> None:
        if address != self._address:
            self._address = address
            self.scroll_to(y=0, animate=False)
        self.samples_changed()

    def world_changed(self) -> None:
        self.samples_changed()

    def samples_changed(self) -> None:
        self.set_lines(self._graphs(max(24, self._line_width - 2)))

    def on_resize(self) -> None:
        super().on_resize()
        self.samples_changed()

    def _graphs(self, width: int) -> list[Line]:
        address = self._address
        if address is None or not address.layer:
            return [((" Select a layer or an instance to see what it uses.", "dim"),)]
        layer = self._session.known.layer(address)
        names = [address.instance] if address.instance else list(layer.names[:MOST]) if layer else []
        lines: list[Line] = []
        for name in names:
            lines += self._instance(Address(address.environment, address.layer, name), width, bool(address.instance))
        return lines or [((" Nothing measured yet.", "dim"),)]

    def _instance(self, address: Address, width: int, alone: bool) -> list[Line]:
        samples = self._session.known.samples(address)
        if not samples:
            return []
        lines: list[Line] = [((f" {plain(str(address))}", "strong"),)]
        for label, read, say in GRAPHS if alone else GRAPHS[:2]:
            values = [value for sample in samples if (value := read(sample)) is not None]
            if values:
                lines += _graph(label, values, say, width, 4 if alone else 2)
        return [*lines, ()]


def _graph(label: str, values: Sequence[float], say: _Say, width: int, height: int) -> list[Line]:
    top = max(values)
    head = spread(((f" {label:<9}", "dim"), (say(values[-1]), "strong")), ((f"most {say(top)} ", "dim"),), width)
    return [head, *(((" ", ""), (row, "graph")) for row in braille(values, width - 2, height, top))]
