"""The line over the panes: what is selected, in one breath."""

from __future__ import annotations

from tuienv.model import Address, Status
from tuienv.screens import words
from tuienv.screens.known import Environment, Layer
from tuienv.screens.session import Session
from tuienv.screens.widgets.lines import Bar, Line, spread
from tuienv.text import plain


class Title(Bar):
    """``web   app · docker · 3/3 running · shop:1.4.2 · small``."""

    def __init__(self, session: Session) -> None:
        super().__init__(id="title")
        self._session = session
        self._address: Address | None = None

    def show(self, address: Address | None) -> None:
        self._address = address
        self.refresh_changed()

    def bar(self, width: int) -> Line:
        address = self._address
        environment = self._session.known.environment(address.environment) if address else None
        if address is None or environment is None:
            return ((" tuienv", "strong"),)
        name: Line = ((f" {plain(str(address))}  ", "strong"),)
        layer = self._session.known.layer(address)
        if layer is None:
            return spread((*name, *_environment(environment)), (), width)
        return spread((*name, *_layer(layer)), (), width)


def _environment(environment: Environment) -> Line:
    parts = [words.count_of(len(environment.layers), "layer"), str(environment.state.status)]
    if environment.drift:
        parts.append(f"{environment.drift} drift")
    return ((" · ".join(parts), "dim"),)


def _layer(layer: Layer) -> Line:
    state = layer.state
    status = Status.UNKNOWN if state.unknown_since is not None else state.status
    parts = [
        words.KINDS[state.kind],
        state.backend,
        f"{layer.count} {status}".removeprefix("- "),
        words.image_name(state.image),
    ]
    if state.size is not None:
        parts.append(str(state.size))
    return ((plain(" · ".join(part for part in parts if part)), "dim"),)
