"""How the palette finds what somebody types.

Textual's own way tries every way in which the letters stand in a name: where they are many, nobody sees the end of it.
And it takes names for markup, which providers give.
"""

from __future__ import annotations

from collections.abc import Iterable

from textual.app import SystemCommand
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

WHOLE, START, INSIDE, APART = 1.0, 0.8, 0.6, 0.4
"""How good a hit is: the whole name, its start or that of a word in it, somewhere in it, or its letters one by one."""


class Commands(Provider):
    """What the application offers, by name."""

    async def discover(self) -> Hits:
        for command in sorted(self._offered(), key=lambda each: each.title):
            yield DiscoveryHit(Content(command.title), command.callback, command.title, command.help)

    async def search(self, query: str) -> Hits:
        for command in self._offered():
            score, places = found(query, command.title)
            if score:
                shown = Content(command.title)
                for place in places:
                    shown = shown.stylize(self.match_style or "bold", place, place + 1)
                yield Hit(score, shown, command.callback, command.title, command.help)

    def _offered(self) -> Iterable[SystemCommand]:
        return self.app.get_system_commands(self.screen)


def found(query: str, name: str) -> tuple[float, list[int]]:
    """How well a name fits, 0 where it does not, and where its letters are. Short names come before long ones."""
    wanted, there = query.lower().strip(), name.lower()
    if not wanted or len(there) != len(name):
        return 0.0, []
    at = there.find(wanted)
    if at < 0:
        places = _apart(wanted.replace(" ", ""), there)
        return (APART + _short(name) if places else 0.0), places
    starts = next((each for each in _all(wanted, there, at) if not each or not there[each - 1].isalnum()), -1)
    kind = WHOLE if wanted == there else START if starts >= 0 else INSIDE
    first = max(at, starts)
    return kind + _short(name), list(range(first, first + len(wanted)))


def _all(wanted: str, there: str, at: int) -> Iterable[int]:
    while at >= 0:
        yield at
        at = there.find(wanted, at + 1)


def _apart(wanted: str, there: str) -> list[int]:
    """Where its letters stand one after the other, each as early as it can."""
    places, at = [], -1
    for letter in wanted:
        at = there.find(letter, at + 1)
        if at < 0:
            return []
        places.append(at)
    return places


def _short(name: str) -> float:
    return 0.1 / (1 + len(name))
