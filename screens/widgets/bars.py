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

from tuienv.model import Budget
from tuienv.model.state import ConnectionChanged
from tuienv.screens import words
from tuienv.screens.known import Known
from tuienv.screens.profile_lines import time_left
from tuienv.screens.widgets.lines import Bar, Line, Piece, cut, spread, width_of
from tuienv.text import plain

HALF, LOW = 0.5, 0.2
"""Parts of the requests that a provider grants, below which what is left is shown as a warning, and as an error."""


class Header(Bar):
    """The name, the connections and how they are, and whether anything may be changed."""

    def __init__(self, known: Known, *, read_only: bool, clock: Callable[[], float] = time.time) -> None:
        super().__init__(id="header")
        self._known = known
        self._read_only = read_only
        self._clock = clock

    def bar(self, width: int) -> Line:
        mark: Line = ((" READ-ONLY ", "warning strong"),) if self._read_only else ()
        return spread(
            ((" tuienv ", "title"),), (*self._connections(width - 12 - width_of(mark)), *mark, (" ", "")), width
        )

    def _connections(self, width: int) -> Line:
        """Every connection in full; where there is no room, what failed first and the rest as a count."""
        now = self._clock()
        found = sorted(self._known.connections.values(), key=lambda each: (each.failure is None, each.backend))
        for room in (48, 24, 0):
            line = tuple(piece for each in found for piece in _connection(each, now, room))
            if width_of(line) <= width:
                return line
        failed = sum(each.failure is not None for each in found)
        return ((f"{len(found) - failed} ✓  ", "good"), (f"{failed} ✗  ", "error"))


def _connection(connection: ConnectionChanged, now: float, room: int) -> Line:
    """One connection; `room` cells for who it is or why it does not answer."""
    name = plain(f"{connection.backend} {connection.profile}".strip(), 32)
    failure, identity = connection.failure, connection.identity
    if failure is not None and failure.kind == "NotAuthenticated":
        return ((f"{name} ✗ signed out  ", "error"),)
    if failure is not None:
        since = "" if connection.since is None else f" {words.age(now - connection.since)}"
        reason = f" {cut(failure.said, room)}" if room else ""
        return ((f"{name} ✗{reason}{since}  ", "error"),)
    if identity is None:
        return ((f"{name} …  ", "dim"),)
    who = identity.name
    shown = f" {cut(who, room)}" if room and who and who not in (connection.backend, connection.profile) else ""
    lasts = time_left(identity, now)
    last: Piece = (f"{lasts[0]}  ", lasts[1]) if lasts else ("✓  ", "good")
    return ((f"{name}{shown} ", ""), *_left(connection.budget, room), last)


def _left(budget: Budget | None, room: int) -> Line:
    """What the provider lets us still ask; in any case where little is left."""
    if budget is None or budget.own or not budget.limit:
        return ()
    part = budget.remaining / budget.limit
    tone = "error" if part < LOW else "warning" if part < HALF else "dim"
    if not room and part >= HALF:
        return ()
    return (
        (
            f"{budget.remaining:,} of {budget.limit:,} requests left " if room > 24 else f"{budget.remaining:,} left ",
            tone,
        ),
    )


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
        return tuple(self._tab(index, name) for index, name in enumerate(self._names))

    def choose(self, name: str) -> None:
        self.chosen = name
        self.refresh_changed()

    def on_click(self, event: events.Click) -> None:
        end = 0
        for index, name in enumerate(self._names):
            end += cell_len(self._tab(index, name)[0])
            if event.x < end:
                self.post_message(self.Chosen(name))
                return

    def _tab(self, index: int, name: str) -> Piece:
        return f" {index + 1} {name} ", "tab" if name == self.chosen else "dim"


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
