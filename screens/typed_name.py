"""The friction before something is destroyed: every resource by name, and the environment's name to be typed.

Nothing here goes by a single key. Enter in a field never destroys; it goes to what is missing, and at last to the
button. Data has a confirmation of its own.
"""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from tuienv.model import Plan, Resource
from tuienv.screens import words
from tuienv.screens.confirm import SHORT
from tuienv.screens.widgets.choices import Text
from tuienv.screens.widgets.field import Field
from tuienv.screens.widgets.pieces import Line, marked
from tuienv.text import plain

DATA = "delete data"
"""What must be typed where data goes."""

_WIDTH = 60
"""Cells of a line in the dialog, on the narrowest screen."""


def resources_of(plan: Plan) -> list[Resource]:
    """Everything that a plan removes, once each."""
    return list(dict.fromkeys(resource for change in plan.changes for resource in change.resources))


class TypedName(ModalScreen[bool]):
    """Answers True only after the environment's name was typed, and `DATA` too where data is lost."""

    CSS_PATH = "confirm.tcss"
    VERTICAL_BREAKPOINTS = SHORT
    AUTO_FOCUS = "#name"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(False)", "go back", id="destroy.back")]

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self._plan = plan
        self._loses_data = plan.loses_data

    def compose(self) -> ComposeResult:
        lines = self._lines()
        with Vertical(classes="dialog"):
            yield Static(
                Content(f"{self._plan.operation.verb} {plain(str(self._plan.operation.target))}"), classes="question"
            )
            text = Text(lines)
            text.styles.height = min(10, len(lines))
            yield text
            for field, label in self._labels().items():
                yield Static(Content(label), classes="label", id=f"{field}-label")
                yield Field(id=field)
            with Horizontal(classes="buttons"):
                yield Button(Content("go back"), id="back", variant="primary")
                yield Button(Content(str(self._plan.operation.verb)), id="go", variant="error", disabled=True)

    def on_input_changed(self) -> None:
        self.query_one("#go", Button).disabled = not self._confirmed()
        self._label("")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter goes to what is missing, and says what is not as it should be. It never presses the button."""
        if self._confirmed():
            self.query_one("#go").focus()
            return
        missing = self._missing()
        self.query_one(missing).focus()
        self._label(missing if self.query_one(missing, Input).value else "")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "go" and self._confirmed())

    def _labels(self) -> dict[str, str]:
        """By field, what is to be typed there."""
        name = {"name": f"Type {plain(self._plan.environment)} to go on:"}
        return name | ({"data": f"Data will be lost for good. Type {DATA} as well:"} if self._loses_data else {})

    def _label(self, wrong: str) -> None:
        """Say what is to be typed, and where something else was."""
        for field, label in self._labels().items():
            said = f"That is not it. {label}" if f"#{field}" == wrong else label
            self.query_one(f"#{field}-label", Static).update(Content(said))

    def _missing(self) -> str:
        if self.query_one("#name", Input).value != self._plan.environment or not self._loses_data:
            return "#name"
        return "#data"

    def _confirmed(self) -> bool:
        """Whether everything was typed. An environment without a name is never confirmed."""
        if not self._plan.environment or self.query_one("#name", Input).value != self._plan.environment:
            return False
        return not self._loses_data or self.query_one("#data", Input).value == DATA

    def _lines(self) -> list[Line]:
        found = resources_of(self._plan)
        rest = [resource for resource in found if not resource.holds_data]
        data = [resource for resource in found if resource.holds_data]
        lines: list[Line] = [((f"{words.count_of(len(rest), 'resource')} will be removed:", ""),)]
        lines += [line for each in rest for line in marked(("  - ", "failed"), str(each), "", _WIDTH)]
        if data:
            lines += [((f"{words.count_of(len(data), 'resource')} with data will be lost:", "failed strong"),)]
            lines += [line for each in data for line in marked(("  - ", "failed"), str(each), "failed", _WIDTH)]
        leaves = [each for change in self._plan.changes for each in change.leaves]
        lines += [line for each in leaves for line in marked(("  = ", "good"), f"a {each} stays", "", _WIDTH)]
        return lines
