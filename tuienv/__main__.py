"""The console script. Opens the screen as fast as it can, or runs a command; what nobody foresaw ends here."""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
from contextlib import suppress
from types import FrameType, TracebackType

from tuienv.start import on_a_terminal, understood

_COMPLETION = "_TUIENV_COMPLETE"
"""Set by a shell that wants completions (click's protocol)."""


def main() -> None:
    """Run what the command line says, and exit."""
    _open_what_is_closed()
    _print_any_character()
    sys.excepthook = _crashed
    threading.excepthook = _crashed_aside
    signal.signal(signal.SIGTERM, _terminated)
    try:
        code = _run(sys.argv[1:])
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = 128 + signal.SIGINT
    except BrokenPipeError:
        code = _nobody_reads()
    raise SystemExit(code)


def _run(words: list[str]) -> int:
    start = None if _COMPLETION in os.environ else understood(words)
    if start is not None and on_a_terminal():
        from tuienv.app import run as open_screen

        return open_screen(start)
    from tuienv.cli import run as run_command

    return run_command(words)


def _open_what_is_closed() -> None:
    """Give every standard stream that was closed (``tuienv ls >&-``) something that swallows all and gives nothing.

    Python has none of these then, and the next file that is opened gets the number: what is written to standard error
    would end in the journal.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            stream = open(os.devnull, mode)  # noqa: SIM115 - as long as the process lives; the lowest free number
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)


def _print_any_character() -> None:
    """A locale that lacks a character is no reason to print nothing: it gets its number instead, as on stderr."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _terminated(number: int, frame: FrameType | None) -> None:
    """SIGTERM ends us as an exception would, so that every `finally` is gone through."""
    raise SystemExit(128 + number)


def _nobody_reads() -> int:
    """Whoever read our output has left (``tuienv journal | head``): end quietly, as a program that SIGPIPE ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 128 + signal.SIGPIPE


def _crashed(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """The last line of defence: no traceback reaches a user."""
    from tuienv.crash import write_report

    with suppress(OSError):  # nobody reads that either
        print(f"tuienv: this should not have happened. {write_report(error)}", file=sys.stderr)  # noqa: T201 - no click here


def _crashed_aside(crash: threading.ExceptHookArgs) -> None:
    """A thread failed. What it did not do shows elsewhere; the terminal belongs to the screen."""
    from tuienv.crash import write_report

    if crash.exc_value is not None:
        write_report(crash.exc_value)


if __name__ == "__main__":
    main()
