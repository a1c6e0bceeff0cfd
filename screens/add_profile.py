"""The dialog that adds a profile whose secret is kept in the keyring. What is typed there is shown to nobody."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from tuienv.screens.confirm import SHORT
from tuienv.screens.widgets.field import Field

_FIELDS = ("backend", "name", "secret")


class AddDialog(ModalScreen[tuple[str, str, str] | None]):
    """Answers with the backend, the profile's name and its secret; None if nothing shall be added."""

    CSS_PATH = "confirm.tcss"
    VERTICAL_BREAKPOINTS = SHORT
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "back", id="profile.back")]

    def __init__(self, backend: str) -> None:
        super().__init__()
        self._backend = backend

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(Content("Add a profile"), classes="question")
            yield Field(self._backend, placeholder="backend: heroku", id="backend")
            yield Field(placeholder="name", id="name")
            yield Field(placeholder="secret", id="secret", password=True)
            hint = "Its provider is asked whose it is; then the secret is kept in the system's keyring."
            yield Static(Content(hint), classes="hint")
            with Horizontal(classes="buttons"):
                yield Button(Content("back"), id="back")
                yield Button(Content("add"), id="add", variant="primary")

    def on_mount(self) -> None:
        self.query_one("#name" if self._backend else "#backend").focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self._next()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "add":
            self._next()
        else:
            self.dismiss(None)

    def _next(self) -> None:
        """Go to what is missing, or answer."""
        values = [self.query_one(f"#{name}", Input).value.strip() for name in _FIELDS]
        for name, value in zip(_FIELDS, values, strict=True):
            if not value:
                self.query_one(f"#{name}").focus()
                return
        backend, name, secret = values
        self.dismiss((backend, name, secret))
