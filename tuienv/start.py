"""How the screen is opened, from the words of the command line.

Nothing is imported here that the first frame does not need: not even `dataclasses`, which takes as long to import as
the frame takes to paint.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence


class Start:
    """What was asked for. `files`: these environment files instead of those that are found; `backend` and
    `profile`: where to look for what no file declares, empty for the default; `demo`: the sandbox alone."""

    __slots__ = ("backend", "demo", "files", "profile", "read_only")

    def __init__(
        self,
        *,
        files: tuple[str, ...] = (),
        backend: str = "",
        profile: str = "",
        read_only: bool = False,
        demo: bool = False,
    ) -> None:
        self.files, self.backend, self.profile = files, backend, profile
        self.read_only, self.demo = read_only, demo


_VALUED = {"-f": "files", "--file": "files", "--backend": "backend", "--profile": "profile"}


def understood(words: Sequence[str]) -> Start | None:
    """What these words ask the screen for; None if they ask for something else, or are wrong. Reading the few of the
    screen here is what lets the first frame be painted before the command line's library is imported."""
    start = Start()
    rest = iter(words)
    if not all(_take(start, word, rest) for word in rest):
        return None
    return None if start.demo and start.files else start


def on_a_terminal() -> bool:
    """Whether there is a screen to open, and a keyboard."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def _take(start: Start, word: str, rest: Iterator[str]) -> bool:
    """Take in one more word, and its value; whether it is for the screen."""
    if word in ("demo", "--read-only"):
        setattr(start, word.strip("-").replace("-", "_"), True)
        return True
    name, equals, value = word.partition("=")
    if name in _VALUED and (not equals or name.startswith("--")):
        return _put(start, _VALUED[name], value if equals else next(rest, ""))
    return not word.startswith("-") and _put(start, "files", word)


def _put(start: Start, field: str, value: str) -> bool:
    if field == "files":
        start.files = (*start.files, value)
        return os.path.isfile(value)
    setattr(start, field, value)
    return bool(value)
