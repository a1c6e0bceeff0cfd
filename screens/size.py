"""The size chooser: what a backend offers for a layer, with what each costs."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tuienv.model import Address, Size, SizeOffer
from tuienv.screens import words
from tuienv.screens.confirm import SHORT
from tuienv.screens.keymap import shown_key
from tuienv.screens.widgets.choices import Choices
from tuienv.screens.widgets.pieces import Line, fit
from tuienv.text import plain
from tuienv.worker.messages import Description


class SizeChooser(ModalScreen[Size | None]):
    """Answers with the size that was chosen; None if nothing shall change."""

    CSS_PATH = "confirm.tcss"
    VERTICAL_BREAKPOINTS = SHORT
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "dismiss(None)", "back", id="size.back")]

    def __init__(self, address: Address, description: Description) -> None:
        super().__init__()
        self._address = address
        self._now = description.size
        self._in_place = description.capabilities.resizes_in_place
        self._offers = description.capabilities.sizes
        self._chosen = next((at for at, offer in enumerate(self._offers) if offer.size.same_as(self._now)), -1)
        if self._chosen < 0:  # a size of its own, or one that nobody tells: enter alone must not choose another
            self._offers, self._chosen = (SizeOffer(self._now or Size("as it is"), None), *self._offers), 0

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(Content(f"Size of each instance of {plain(str(self._address))}"), classes="question")
            choices = Choices(
                [self._line(index, index == self._chosen) for index in range(len(self._offers))],
                chosen=self._chosen,
            )
            choices.styles.height = min(12, len(self._offers))
            yield choices
            how = "Changed in place: nothing restarts." if self._in_place else "Instances are replaced to change it."
            keys = shown_key(self.app, "list.choose", "enter"), shown_key(self.app, "size.back", "esc")
            yield Static(Content(f"\n{how}\n{keys[0]} chooses, {keys[1]} goes back"), classes="hint")

    def on_choices_chosen(self, event: Choices.Chosen) -> None:
        self.dismiss(None if event.index == self._chosen else self._offers[event.index].size)

    def _line(self, index: int, current: bool) -> Line:
        offer = self._offers[index]
        return (
            ("● " if current else "  ", "running"),
            (fit(offer.size.name, 16), "strong") if offer.size.name else ("", ""),
            (fit(words.size_numbers(offer.size), 22 if offer.size.name else 38), ""),
            (words.money(offer.monthly_cost), "dim"),
            ("  now" if current else "", "running"),
        )
