"""What a terminal shows, made from the bytes that a program wrote."""

from __future__ import annotations

from collections import Counter

import pyte

from tests.bench.terminal import Terminal


class Picture:
    """A screen of 160 × 50 that is fed with what came since it last looked."""

    def __init__(self) -> None:
        self.taken = 0
        self._screen = pyte.Screen(160, 50)
        self._stream = pyte.ByteStream(self._screen)

    def take(self, terminal: Terminal) -> None:
        """Take in what the program wrote since."""
        news = terminal.raw(self.taken)
        self.taken += len(news)
        self._stream.feed(news)

    def cursor_row(self) -> int:
        """The row of the tree (the left of the screen) that has a background of its own."""
        colours = [self._screen.buffer[row][3].bg for row in range(1, 47)]
        rarest = min(Counter(colours).items(), key=lambda pair: pair[1])[0]
        return 1 + colours.index(rarest)
