"""The help of a screen, made from the bindings that are active on it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.screen import Screen

from tuienv.screens.commands import COMMANDS
from tuienv.screens.widgets.bars import Footer, Heading
from tuienv.screens.widgets.choices import Text
from tuienv.screens.widgets.pieces import Line, fit


class HelpScreen(Screen[None]):
    """Every key that does something where help was asked for, and every command of ``:``."""

    CSS_PATH = "plan.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,question_mark", "dismiss", "back", id="help.back")]

    def __init__(self, bindings: Iterable[ActiveBinding]) -> None:
        super().__init__()
        self._active = tuple(bindings)

    def compose(self) -> ComposeResult:
        yield Heading((("help", "strong"),))
        yield Text(self._lines())
        yield Footer()

    def _lines(self) -> list[Line]:
        keys: dict[str, tuple[str, list[str]]] = {}
        for active in self._active:
            binding = active.binding
            if binding.description:
                shown = self.app.get_key_display(binding)
                keys.setdefault(binding.action, (binding.description, []))[1].append(shown)
        lines: list[Line] = [(("Keys", "strong"),)]
        lines += [
            ((fit("  " + " ".join(dict.fromkeys(names)), 24), "key"), (what, "")) for what, names in keys.values()
        ]
        lines += [(), (("Commands", "strong"), ("   after :   tab completes", "dim"))]
        return lines + [((fit(f"  {each.usage}", 24), "key"), (each.help, "")) for each in COMMANDS]
