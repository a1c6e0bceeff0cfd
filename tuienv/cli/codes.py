"""How a command ends: its exit code. Documented in docs/reference/command-line.md; scripts rely on them."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from tuienv.model import Failure


class Exit(IntEnum):
    """`CHANGES` comes from `plan` alone. 64 is EX_USAGE of sysexits.h, 130 is what a shell gives for Ctrl-C."""

    DONE = 0
    FAILED = 1
    CHANGES = 2
    REFUSED = 3
    NOT_AUTHENTICATED = 4
    UNREACHABLE = 5
    USAGE = 64
    INTERRUPTED = 130


_BY_KIND = {"NotAuthenticated": Exit.NOT_AUTHENTICATED, "Unreachable": Exit.UNREACHABLE, "Refused": Exit.REFUSED}


def of_kind(kind: str) -> Exit:
    """The code for an error of the backend contract, by its class name (`Failure.kind`)."""
    return _BY_KIND.get(kind, Exit.FAILED)


def of_failures(failures: Iterable[Failure | None]) -> Exit:
    """The code for what went wrong in several places: theirs if they agree, else FAILED; DONE if nothing did."""
    codes = {of_kind(failure.kind) for failure in failures if failure is not None}
    if not codes:
        return Exit.DONE
    return codes.pop() if len(codes) == 1 else Exit.FAILED
