"""The Config pane: the variables that the selected layer was given, to be read, set and unset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from textual.binding import Binding, BindingType
from textual.message import Message

from tuienv.model import Action, Address
from tuienv.model.state import LayerState
from tuienv.screens.session import Session, layer_of
from tuienv.screens.widgets.choices import Choices
from tuienv.screens.widgets.pieces import Line, cut, fit, wrap
from tuienv.text import MASK, plain
from tuienv.worker.messages import Description

_WIDEST_NAME = 32


class Config(Choices):
    """A line a variable, and one to add another. Values that may be secret come masked from the worker.

    It changes nothing itself: `Wanted` tells the screen what somebody wants, and a plan is shown for it.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "choose", "set", id="config.set"),
        Binding("x", "unset", "unset", id="config.unset"),
    ]

    @dataclass
    class Wanted(Message):
        """A variable shall be set, with this value to start from, or with None unset. No name: a new one."""

        address: Address
        name: str = ""
        value: str | None = ""

    def __init__(self, session: Session) -> None:
        super().__init__(id="config")
        self._session = session
        self._address: Address | None = None
        self._variables: list[tuple[str, str]] = []

    def show(self, address: Address | None) -> None:
        layer = layer_of(address) if address is not None else None
        if layer != self._address:
            self._address = layer
            self.cursor = 0
            self.scroll_to(y=0, animate=False)
        self.world_changed()

    def world_changed(self) -> None:
        chosen = self._chosen()
        described = self._described
        self._variables = sorted(described.config.items()) if described else []
        names = [name for name, _ in self._variables]
        if chosen is not None and chosen[0] in names:
            self.cursor = names.index(chosen[0])
        self._write()

    def samples_changed(self) -> None:
        """Measurements do not show here."""

    def on_resize(self) -> None:
        super().on_resize()
        self._write()

    def on_choices_chosen(self, event: Choices.Chosen) -> None:
        event.stop()
        self._set()

    def action_move(self, lines: int) -> None:
        super().action_move(lines)
        self._write()
        self.refresh_bindings()

    def action_unset(self) -> None:
        chosen = self._chosen()
        if chosen is not None and self._address is not None and self._changeable:
            self.post_message(self.Wanted(self._address, chosen[0], None))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "choose":
            return self._changeable
        if action == "unset":
            return self._changeable and self._chosen() is not None
        return True

    @property
    def _described(self) -> Description | None:
        return self._session.descriptions.get(self._address) if self._address is not None else None

    @property
    def _changeable(self) -> bool:
        described = self._described
        return (
            described is not None and described.capabilities.config and self._session.can(self._address, Action.UPDATE)
        )

    def _chosen(self) -> tuple[str, str] | None:
        """The variable under the cursor; None on the line that adds one."""
        return self._variables[self.cursor] if self.cursor < len(self._variables) else None

    def _set(self) -> None:
        if self._address is None or not self._changeable:
            return
        name, value = self._chosen() or ("", "")
        self.post_message(self.Wanted(self._address, name, "" if MASK in value else value))

    # --- what it says -------------------------------------------------------------------------------------------

    def _write(self) -> None:
        room = max(20, self._line_width - 2)
        names = min(_WIDEST_NAME, room // 2, max((cell_len(plain(name)) for name, _ in self._variables), default=0))
        lines = [_variable(name, value, names, room) for name, value in self._variables]
        if self._changeable:
            lines.append(((" + ", "key"), ("set another variable" if lines else "set a variable", "dim")))
        self.set_lines(lines, self._below_them(names, room))

    def _below_them(self, names: int, room: int) -> list[Line]:
        """A value that was cut, in full; and what there is to know about the list."""
        chosen = self._chosen()
        whole = plain(chosen[1]) if chosen is not None else ""
        lines: list[Line] = []
        if chosen is not None and cell_len(whole) > room - names - 2:
            lines = [(), ((f" {cut(chosen[0], room)}", "dim"),), *(((f" {part}", ""),) for part in wrap(whole, room))]
        said = self._said()
        return [*lines, (), *(((f" {part}", "dim"),) for part in wrap(said, room))] if said else lines

    def _why_not(self, address: Address, state: LayerState) -> str:
        failure = self._session.undescribed.get(address)
        if failure is not None:
            return f"Not known: {plain(str(failure))}"
        return "Not known yet…" if state.unknown_since is None else f"Not known: {state.backend} does not answer."

    def _said(self) -> str:
        address, described = self._address, self._described
        layer = self._session.known.layer(address) if address is not None else None
        if address is None or not address.layer:
            return "Select a layer to see its variables."
        if layer is None:
            return "It does not exist any more."
        if described is None:
            return self._why_not(address, layer.state)
        if not described.capabilities.config:
            return f"{layer.state.backend} has no variables for {address}."
        if not self._variables:
            return f"No variables were given to {address}."
        if any(MASK in value for _, value in self._variables):
            return f"{MASK} stands for what may be secret: it never gets to the screen."
        return ""


def _variable(name: str, value: str, names: int, room: int) -> Line:
    style = "dim" if MASK in value else ""
    return ((f" {fit(name, names)}  ", "key"), (cut(value, room - names - 2) or "(empty)", style if value else "dim"))
