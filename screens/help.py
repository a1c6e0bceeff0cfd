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
from tuienv.screens.widgets.pieces import Line, fit, is_wider, wrap

_COLUMN = 26
"""Cells for what is typed; what that does stands beside it."""

_INDENT = 2

_TEXTUALS = ("screen.copy_text", "app.focus_next", "app.focus_previous")
"""What Textual binds on every screen, and what does nothing on ours: they have one place for the keys, and text that
only the terminal itself can select."""


class HelpScreen(Screen[None]):
    """Every key that does something where help was asked for, and every command of ``:`` where it is typed."""

    CSS_PATH = "plan.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,question_mark", "dismiss", "back", id="help.back")]

    def __init__(self, bindings: Iterable[ActiveBinding]) -> None:
        super().__init__()
        self._active = tuple(bindings)

    def compose(self) -> ComposeResult:
        yield Heading((("help", "strong"),))
        yield Text(id="text")
        yield Footer()

    def on_mount(self) -> None:
        self.call_after_refresh(self._show)

    def on_resize(self) -> None:
        self.call_after_refresh(self._show)

    def _show(self) -> None:
        if self.is_attached:
            text = self.query_one(Text)
            text.set_lines(self._lines(text.scrollable_content_region.width))

    def _lines(self, width: int) -> list[Line]:
        lines: list[Line] = [(("Keys", "strong"),)]
        for what, names in self._keys():
            lines += _entry(" ".join(names), what, width)
        if any(active.binding.action == "command" for active in self._active):
            lines += [(), (("Commands", "strong"), ("   after :   tab completes", "dim"))]
            for each in COMMANDS:
                lines += _entry(each.usage, each.help, width)
        return lines

    def _keys(self) -> list[tuple[str, list[str]]]:
        """What can be done, and the keys that do it."""
        found: dict[str, tuple[str, list[str]]] = {}
        for active in sorted(self._active, key=lambda each: not each.binding.show):
            binding = active.binding
            if not binding.description or binding.action in _TEXTUALS or not active.enabled:
                continue
            _, names = found.setdefault(binding.action, (binding.description, []))
            shown = self.app.get_key_display(binding)
            if shown not in names:
                names.append(shown)
        return list(found.values())


def _entry(typed: str, does: str, width: int) -> list[Line]:
    """What is typed, and beside it what it does; under it where there is no room."""
    column = min(_COLUMN, max(2 * _INDENT, width // 3))
    name = " " * _INDENT + typed
    said: list[Line] = [((" " * column, ""), (part, "")) for part in wrap(does, max(1, width - column))]
    if is_wider(name, column - 1):
        return [((name, "key"),), *said]
    return [((fit(name, column), "key"), said[0][1]), *said[1:]]
