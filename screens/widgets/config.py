"""The Config pane: the variables of a layer. What may be secret was masked before it came here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from tuienv.model import Address
from tuienv.screens.session import Session, layer_of
from tuienv.screens.widgets.choices import Choices
from tuienv.screens.widgets.lines import Line, fit
from tuienv.text import MASK, plain


class Config(Choices):
    """A line a variable. Enter changes one, `n` adds one, `u` unsets one; each shows its plan first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "change", id="config.change"),
        Binding("n", "add", "new variable", id="config.add"),
        Binding("u", "unset", "unset", id="config.unset"),
    ]

    @dataclass
    class Wanted(Message):
        """A variable shall be set: `name` empty for a new one, `value` what to begin with. None unsets it."""

        address: Address
        name: str
        value: str | None

    def __init__(self, session: Session) -> None:
        super().__init__(id="config")
        self._session = session
        self._address: Address | None = None
        self._names: tuple[str, ...] = ()

    def show(self, address: Address | None) -> None:
        if address != self._address:
            self._address, self.cursor = address, 0
        self.world_changed()

    def world_changed(self) -> None:
        described = self._session.descriptions.get(layer_of(self._address)) if self._address else None
        self._names = tuple(described.config) if described else ()
        if described is not None and self._names:
            widest = min(32, max(map(len, self._names)))
            self.set_lines([_variable(name, value, widest) for name, value in described.config.items()])
        else:
            self.set_lines([((f" {self._nothing()}", "dim"),)])

    def samples_changed(self) -> None:
        """Variables do not move."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "add":
            return self._may_change()
        if action in ("choose", "unset"):
            return self._may_change() and bool(self._names)
        return True

    def action_choose(self) -> None:
        self._want(self._names[self.cursor])

    def action_add(self) -> None:
        self._want("")

    def action_unset(self) -> None:
        if self._address is not None:
            self.post_message(self.Wanted(layer_of(self._address), self._names[self.cursor], None))

    def _want(self, name: str) -> None:
        if self._address is None:
            return
        described = self._session.descriptions.get(layer_of(self._address))
        value = described.config.get(name, "") if described else ""
        self.post_message(self.Wanted(layer_of(self._address), name, "" if MASK in value else value))

    def _may_change(self) -> bool:
        if self._address is None or not self._address.layer or self._session.read_only:
            return False
        capabilities = self._session.capabilities(self._address)
        return capabilities is not None and capabilities.config

    def _nothing(self) -> str:
        if self._address is None or not self._address.layer:
            return "Select a layer to see its variables."
        capabilities = self._session.capabilities(self._address)
        if capabilities is None:
            return "Asking…"
        return "No variables are set." if capabilities.config else "Its variables cannot be read."


def _variable(name: str, value: str, widest: int) -> Line:
    return ((" " + fit(name, widest) + "  ", "strong"), (plain(value), "dim" if MASK in value else ""))
