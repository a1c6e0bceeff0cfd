"""Screens that come when an answer does, and so may come up under a finger that meant something else."""

from __future__ import annotations

import math
from typing import TypeVar

from textual import events
from textual.screen import Screen

Answer = TypeVar("Answer")


class OnceSeen(Screen[Answer]):
    """Takes no key that was typed before it was painted: whoever typed it did not mean this."""

    _seen_at = math.inf

    def on_mount(self) -> None:
        self.call_after_refresh(self._note_seen)

    def on_key(self, event: events.Key) -> None:
        if event.time < self._seen_at:
            event.stop()

    def _note_seen(self) -> None:
        # By the clock of the keys, which have the time at which they were read.
        self._seen_at = events.Event().time
