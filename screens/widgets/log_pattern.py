"""What somebody typed to look for in a log: a regular expression on the bytes of a line, given a bounded time.

An expression may take longer on one line than anybody lives: ``(a|aa)+$`` tries every way to part a row of a's.
Python's own `re` ends when it ends, and the screen would stand still until then. `regex` reads the same expressions,
knows many of these, and gives up the others when their time is over.
"""

from __future__ import annotations

import re
import time
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import regex

ONE_LINE = 0.02
"""Seconds that one line may take: thousands of times what any line needs that is not tried in every way there is."""

ALL_LINES = 0.5
"""Seconds that all of them may take together: a key that is typed meanwhile waits no longer."""


class TooSlow(Exception):
    """The time is up, and nobody knows whether it is there."""


class Pattern:
    """`too_slow`: it took too long once, and is not looked for any more.

    Without a capital letter in it, it does not tell small letters from capitals. What is no regular expression is
    taken literally.
    """

    def __init__(self, text: str) -> None:
        self.too_slow = False
        self._compiled = _compiled(text)

    def look(self) -> Callable[[bytes], bool]:
        """What tells of one line after the other whether it is found there, until the time of all of them is up.
        Raises `TooSlow` then, and whenever it did before."""
        search, until = self._compiled.search, time.monotonic() + ALL_LINES

        def found(line: bytes) -> bool:
            left = until - time.monotonic()
            if left > 0 and not self.too_slow:
                try:  # by their place, the last being the time: with its name it takes twice as long
                    return search(line, None, None, None, False, left if left < ONE_LINE else ONE_LINE) is not None
                except TimeoutError:
                    pass
            self.too_slow = True
            raise TooSlow

        return found

    def places(self, line: bytes) -> list[tuple[int, int]]:
        """Where it is found: the first byte of each place and the one after its last; none once it took too long."""
        if self.too_slow:
            return []
        try:
            return [match.span() for match in self._compiled.finditer(line, timeout=ONE_LINE)]
        except TimeoutError:
            self.too_slow = True
            return []


def _compiled(text: str) -> regex.Pattern[bytes]:
    import regex

    flags = 0 if text != text.lower() else re.IGNORECASE
    typed = text.encode("utf-8", "surrogateescape")
    with warnings.catch_warnings(action="ignore"):  # of what a set might mean one day
        try:
            re.compile(typed, flags)  # that decides what is an expression: `regex` takes more for one
            return regex.compile(_BRACE.sub(_literally, typed), flags)
        # The latter two: of `a{99999999999}`, and of too many brackets.
        except (re.error, regex.error, OverflowError, RecursionError):
            return regex.compile(re.escape(typed), flags)


_BRACE = re.compile(rb"\\.|\{(?!\d*(?:,\d*)?\})", re.DOTALL)
"""An escaped character, or a brace that counts nothing: for `re` one like any other character, for `regex` the
beginning of how many mistakes a place may have."""


def _literally(found: re.Match[bytes]) -> bytes:
    return found[0] if found[0][:1] == b"\\" else b"\\{"
