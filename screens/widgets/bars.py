"""The bars: connections at the top, tabs over the panes, what is going on and the keys at the bottom."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual import events
from textual.binding import Binding
from textual.message import Message
from textual.screen import Screen

from tuienv.screens.known import Known
from tuienv.screens.widgets.bar_lines import header_line, tabs_line
from tuienv.screens.widgets.lines import Bar
from tuienv.screens.widgets.pieces import Line, Piece, spread, width_of


class Header(Bar):
    """The name, the connections and how they are, and whether anything may be changed."""

    def __init__(self, known: Known, *, read_only: bool, clock: Callable[[], float] = time.time) -> None:
        super().__init__(id="header")
        self._known = known
        self._read_only = read_only
        self._clock = clock

    def bar(self, width: int) -> Line:
        return header_line(self._known, self._read_only, self._clock(), width)


class Heading(Bar):
    """The top of a screen that is about one thing."""

    def __init__(self, said: Line = ()) -> None:
        super().__init__(id="header")
        self._said = said

    def bar(self, width: int) -> Line:
        return ((" tuienv  ", "title"), *self._said)

    def say(self, line: Line) -> None:
        self._said = line
        self.refresh_changed()


class Tabs(Bar):
    """The names of the panes."""

    @dataclass
    class Chosen(Message):
        """Somebody clicked on the tab of that name."""

        name: str

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(id="tabs")
        self._names = tuple(names)
        self.chosen = self._names[0]

    def bar(self, width: int) -> Line:
        return tabs_line(self._names, self.chosen, width)

    def choose(self, name: str) -> None:
        self.chosen = name
        self.refresh_changed()

    def on_click(self, event: events.Click) -> None:
        end = 0
        for (text, _), name in zip(self.bar(self.size.width), self._names, strict=True):
            end += cell_len(text)
            if event.x < end:
                self.post_message(self.Chosen(name))
                return


def _is_typed(screen: Screen[object], binding: Binding, display: str) -> bool:
    """Whether a key goes into the field that has the focus, and so means nothing else just now."""
    focused = screen.focused
    return focused is not None and focused.check_consume_key(binding.key, display if len(display) == 1 else None)


def _key(key: tuple[str, str, str]) -> Line:
    _, display, description = key
    return ((display, "key"), (f" {description}  ", ""))


class Footer(Bar):
    """The keys that apply to what is selected, taken from the bindings that are shown and enabled."""

    def __init__(self) -> None:
        super().__init__(id="footer")
        self._keys: tuple[tuple[str, str, str], ...] = ()
        self._ends: list[tuple[int, str]] = []

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_changed)
        self._bindings_changed(self.screen)

    def bar(self, width: int) -> Line:
        """As many keys as there is room for; how to get help is said in any case, at the right."""
        help_key = next((key for key in self._keys if key[2] == "help"), None)
        last = _key(help_key) if help_key else ()
        line: list[Piece] = [(" ", "")]
        self._ends.clear()
        for key in self._keys:
            if key is help_key:
                continue
            if width_of(line) + width_of(_key(key)) > width - width_of(last):
                break
            line.extend(_key(key))
            self._ends.append((width_of(line), key[0]))
        if help_key:
            self._ends.append((width, help_key[0]))
        return spread(tuple(line), last, width)

    def on_click(self, event: events.Click) -> None:
        key = next((key for end, key in self._ends if event.x < end), None)
        if key is not None:
            self.app.simulate_key(key)

    def _bindings_changed(self, screen: Screen[object]) -> None:
        keys: dict[str, tuple[str, str, str]] = {}
        for active in screen.active_bindings.values():
            binding = active.binding
            display = self.app.get_key_display(binding)
            if (
                binding.show
                and active.enabled
                and binding.action not in keys
                and not _is_typed(screen, binding, display)
            ):
                keys[binding.action] = (binding.key, display, binding.description)
        if tuple(keys.values()) != self._keys:
            self._keys = tuple(keys.values())
            self.refresh_changed()
