"""The dialog that sets a variable of a layer."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from tuienv.model import Address
from tuienv.screens.confirm import SHORT
from tuienv.screens.widgets.field import Field
from tuienv.text import plain


class SettingDialog(ModalScreen[tuple[str, str] | None]):
    """Answers with a name and a value; None if nothing shall change. With a `name`, only the value is asked for."""

    CSS_PATH = "confirm.tcss"
    VERTICAL_BREAKPOINTS = SHORT
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "back", id="setting.back")]

    def __init__(self, address: Address, name: str = "", value: str = "") -> None:
        super().__init__()
        self._address = address
        self._name = name
        self._value = value

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(Content(f"Set a variable of {plain(str(self._address))}"), classes="question")
            yield Field(self._name, placeholder="NAME", id="variable", disabled=bool(self._name))
            yield Field(self._value, placeholder="value", id="value")
            yield Static(Content("The plan is shown before anything changes."), classes="hint")
            with Horizontal(classes="buttons"):
                yield Button(Content("back"), id="back")
                yield Button(Content("plan"), id="plan", variant="primary")

    def on_mount(self) -> None:
        self.query_one("#value" if self._name else "#variable").focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.input.id == "variable":
            self.query_one("#value").focus()
        else:
            self._done()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "plan":
            self._done()
        else:
            self.dismiss(None)

    def _done(self) -> None:
        name = self.query_one("#variable", Input).value.strip()
        if not name:
            self.query_one("#variable").focus()
        else:
            self.dismiss((name, self.query_one("#value", Input).value))
