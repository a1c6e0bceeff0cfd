"""What a command says when it cannot go on, and the exit code that goes with it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from difflib import get_close_matches

import click

from tuienv.cli.codes import Exit, of_kind
from tuienv.redaction import redact
from tuienv.text import plain

LIMIT = 4096
"""Characters of one message at most: enough for the last log lines that a failure carries."""


class Stop(Exception):
    """Ends a command with a message on stderr and an exit code."""

    def __init__(self, message: str, code: Exit = Exit.FAILED) -> None:
        super().__init__(message)
        self.message = message
        self.code = code

    def show(self) -> None:
        say(f"tuienv: {self.message}")


def say(text: str) -> None:
    """Print for the person who watches: on stderr, each line free of what a terminal would obey."""
    for line in text.split("\n"):
        tell(plain(redact(line), LIMIT))


def tell(text: str, *, nl: bool = True, color: bool | None = None) -> None:
    """Print on stderr what is clean already. That nobody reads it any more changes nothing of what is told."""
    with suppress(OSError):
        click.echo(text, nl=nl, err=True, color=color)


def unknown(what: str, name: str, known: Iterable[str], hint: str = "") -> Stop:
    """There is no such thing; names the nearest ones that there are."""
    near = get_close_matches(name, list(dict.fromkeys(known)), n=3)
    meant = f" Did you mean {', '.join(near)}?" if near else ""
    return Stop(f"there is no {what} {name!r}.{meant}{' ' + hint if hint else ''}")


def as_stop(error: Exception) -> Stop | None:
    """What an error of the core or of a backend says to a person; None if it is not one that was foreseen."""
    from tuienv.backends.base import ProviderError
    from tuienv.credentials import SecretMissing
    from tuienv.engine import Refused
    from tuienv.journal import JournalError
    from tuienv.plan import PlanError
    from tuienv.spec import SpecError

    if isinstance(error, SpecError):
        return Stop("\n".join(["the environment file is refused", *map(str, error.mistakes)]))
    if isinstance(error, Refused):
        return Stop(f"refused: {error}", Exit.REFUSED)
    if isinstance(error, PlanError) and error.failure is not None:
        return Stop(str(error), of_kind(error.failure.kind))
    if isinstance(error, ProviderError):
        return Stop(str(error), of_kind(type(error).__name__))
    if isinstance(error, OSError) and error.filename is not None:
        return Stop(f"{os.fsdecode(error.filename)}: {error.strerror}")
    if isinstance(error, (PlanError, SecretMissing, JournalError, OSError)):
        return Stop(str(error))
    return None
