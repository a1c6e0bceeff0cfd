"""Keys one after another: what is typed goes to what has the keys once all that was typed before it was done.

Textual sends each key to the widget that has the focus at the moment it comes in, and acts on it later. What is typed
at once, by a fast hand, over a slow line, or before the screen is up, would go where the focus was before: of ``/db``
the ``d`` would not be looked for, it would be done to whatever is selected.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.events import Key, Paste
from textual.message_pump import MessagePump

if TYPE_CHECKING:
    from textual.app import App

PATIENCE = 1.0
"""Seconds after which the next key goes out in any case: a widget that goes away in the middle of a key's way takes
the news of its end with it."""


class Turns:
    """Holds keys back while another one is on its way."""

    def __init__(self, app: App[int]) -> None:
        self._app = app
        self._waiting: deque[Key | Paste] = deque()
        self._turn: Key | Paste | None = None
        self._timer: asyncio.TimerHandle | None = None

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
        self._timer = asyncio.get_running_loop().call_later(PATIENCE, self._end, self._turn)
        self._follow([*(self._app.focused or self._app.screen).ancestors_with_self], self._turn)

    def _follow(self, way: Sequence[MessagePump], event: Key | Paste | None) -> None:
        while way:
            here, *way = way
            if here.call_later(self._follow, way, event):
                return
        # What it did may have asked for the focus, which the application gives later; and a screen that it opened
        # gives it when it is there.
        self._app.call_later(self._app.screen.call_later, self._app.call_later, self._end, event)

    def _end(self, event: Key | Paste | None) -> None:
        if event is None or event is not self._turn:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._turn = self._waiting.popleft() if self._waiting else None
        if self._turn is not None:
            self._app.post_message(self._turn)
