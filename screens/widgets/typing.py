"""What is typed at the edge of the main screen: the filter of the tree, and the command line."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.suggester import Suggester

from tuienv.screens.widgets.field import Field


class FilterInput(Field):
    """The tree's filter. Enter keeps it, esc drops it. `narrow` is called with every new text, `leave` at the end."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "drop", "show all", id="filter.drop"),
        Binding("enter,down", "keep", "keep it", id="filter.keep"),
    ]

    def __init__(self, narrow: Callable[[str], None], leave: Callable[[], None]) -> None:
        super().__init__(placeholder="filter: web failed !cache", id="filter")
        self._narrow, self._leave = narrow, leave

    def on_input_changed(self) -> None:
        self._narrow(self.value)

    def action_keep(self) -> None:
        self._leave()
        if not self.value:
            self.remove()

    def action_drop(self) -> None:
        self.value = ""
        self._narrow("")
        self.action_keep()


class CommandInput(Field):
    """The command line. Tab takes the completion, enter does it, esc leaves. `do` is called with what was typed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "leave", id="command.leave"),
        Binding("tab", "cursor_right", "complete", id="command.complete"),
        Binding("enter", "do", "do it", id="command.do"),
    ]

    def __init__(self, candidates: Callable[[str], Iterable[str]], do: Callable[[str], None]) -> None:
        super().__init__(placeholder="command or address, tab completes", id="command", suggester=_First(candidates))
        self._do = do

    def action_do(self) -> None:
        text = self.value.strip()
        self.action_leave()
        if text:
            self._do(text)

    def action_leave(self) -> None:
        self._do("")
        self.remove()


class _First(Suggester):
    """Suggests the first line that what is typed may become, of those that can be typed."""

    def __init__(self, candidates: Callable[[str], Iterable[str]]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._candidates = candidates

    async def get_suggestion(self, value: str) -> str | None:
        return next((each for each in self._candidates(value) if each.isprintable()), None)
