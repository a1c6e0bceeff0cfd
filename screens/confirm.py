"""A question with yes and no, for what interrupts a service. No is focused: a slip changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from tuienv.screens.keymap import shown_key
from tuienv.screens.once_seen import OnceSeen
from tuienv.screens.widgets.choices import Text
from tuienv.screens.widgets.pieces import Line
from tuienv.text import plain

SHORT = [(0, "-short"), (34, "-tall")]
"""Below so many rows a dialog does without its frames."""


class Confirm(OnceSeen[bool], ModalScreen[bool]):
    """Asks whether to go on, with what that would do. Answers True for yes."""

    CSS_PATH = "confirm.tcss"
    VERTICAL_BREAKPOINTS = SHORT
    AUTO_FOCUS = "#no"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "yes", id="confirm.yes"),
        Binding("n,escape", "answer(False)", "no", id="confirm.no"),
        Binding("left,h,right", "app.focus_next", "the other", id="confirm.other", show=False),
    ]

    def __init__(self, question: str, lines: Sequence[Line] = (), *, yes: str = "yes") -> None:
        super().__init__()
        self._question = plain(question)
        self._lines = lines
        self._yes = yes

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(Content(self._question), classes="question")
            if self._lines:
                text = Text(self._lines)
                text.styles.height = min(12, len(self._lines))
                yield text
            with Horizontal(classes="buttons"):
                yes, no = shown_key(self.app, "confirm.yes", "y"), shown_key(self.app, "confirm.no", "n")
                yield Button(Content(f"{self._yes} ({yes})"), id="yes")
                yield Button(Content(f"no ({no})"), id="no", variant="primary")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")

    def action_answer(self, yes: bool) -> None:
        self.dismiss(yes)
