"""Keys one after another: what is typed goes to what has the keys once all that was typed before it was done.

Textual sends each key to the widget that has the focus at the moment it comes in, and acts on it later. What is typed
at once, by a fast hand, over a slow line, or before the screen is up, would go where the focus was before: of ``/db``
the ``d`` would not be looked for, it would be done to whatever is selected.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from textual.events import Key, Paste
from textual.message_pump import MessagePump

if TYPE_CHECKING:
    from textual.app import App

PATIENCE = 1.0
"""Seconds between two looks whether the widget that a key has come to is still there."""


class Turns:
    """Holds keys back while another one is on its way."""

    def __init__(self, app: App[int]) -> None:
        self._app = app
        self._waiting: deque[Key | Paste] = deque()
        self._turn: Key | Paste | None = None
        self._looking: asyncio.TimerHandle | None = None

    @property
    def busy(self) -> bool:
        """Whether a key is on its way."""
        return self._turn is not None

    def take(self, event: Key | Paste) -> bool:
        """Whether it is this one's turn. If it is not, it is posted again when it is."""
        if self._turn is None:
            self._turn = event
        elif event is not self._turn:
            self._waiting.append(event)
        return event is self._turn

    def given(self) -> None:
        """The current one was given to the widget that has the keys. It goes up from there to the application, and
        whatever comes after it on the same way comes when it has passed."""
        if self._turn is not None:
            self._follow((self._app.focused or self._app.screen).ancestors_with_self, self._turn)

    def _follow(self, way: Sequence[MessagePump], event: Key | Paste, *, focused: bool = False) -> None:
        for at, here in enumerate(way):
            go_on = partial(self._follow, way[at + 1 :], event, focused=focused)
            if here.call_later(go_on):
                self._watch(here, go_on, event)
                return
        if focused:
            self._end(event)
        else:
            # What it did may have asked for the focus, which the application gives later; and a screen that it opened
            # gives it when it is there.
            self._follow((self._app, self._app.screen, self._app), event, focused=True)

    def _watch(self, here: MessagePump, go_on: Callable[[], None], event: Key | Paste) -> None:
        """A widget that goes away takes with it what it was to say: then the way goes on without it."""

        def look() -> None:
            if event is self._turn:
                if here.is_running:
                    self._watch(here, go_on, event)
                else:
                    go_on()

        if self._looking is not None:
            self._looking.cancel()
        self._looking = asyncio.get_running_loop().call_later(PATIENCE, look)

    def _end(self, event: Key | Paste) -> None:
        if event is not self._turn:
            return
        if self._looking is not None:
            self._looking.cancel()
        self._turn = self._waiting.popleft() if self._waiting else None
        if self._turn is not None:
            self._app.post_message(self._turn)
