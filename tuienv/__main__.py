"""The console script. Opens the screen as fast as it can, or runs a command; what nobody foresaw ends here."""

from __future__ import annotations

import os
import signal
import sys
import threading
from types import FrameType, TracebackType

from tuienv.start import on_a_terminal, understood

_COMPLETION = "_TUIENV_COMPLETE"
"""Set by a shell that wants completions (click's protocol)."""


def main() -> None:
    """Run what the command line says, and exit."""
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

    print(f"tuienv: this should not have happened. {write_report(error)}", file=sys.stderr)  # noqa: T201 - no click here


def _crashed_aside(crash: threading.ExceptHookArgs) -> None:
    """A thread failed. What it did not do shows elsewhere; the terminal belongs to the screen."""
    from tuienv.crash import write_report

    if crash.exc_value is not None:
        write_report(crash.exc_value)


if __name__ == "__main__":
    main()
