"""What nobody foresaw, written to a file for whoever mends it."""

from __future__ import annotations

import os
import platform
import sys
import time
import traceback
from importlib.metadata import version


def write_report(error: BaseException) -> str:
    """Write a crash report to the state folder; gives the sentence that says where it is.

    It has the stack and the kinds of errors but not their messages, and not the command line: these may quote
    settings and secrets.
    """
    from tuienv.redaction import redact
    from tuienv.settings import paths, private_file

    try:
        path = paths().state / f"crash-{time.strftime('%Y%m%dT%H%M%S')}-{os.getpid()}.log"
        private_file(path).write_text(redact(_report(error)), "utf-8")
    except OSError as failed:
        return f"No report could be written ({failed.strerror}); it was {type(error).__name__}"
    return f"A report is in {path}"


def _report(error: BaseException) -> str:
    python = f"Python {platform.python_version()} on {sys.platform}"
    return f"tuienv {version('tuienv')}, {python}\n\n" + "\n".join(_chain(error))


def _chain(error: BaseException) -> list[str]:
    """The stacks, outermost error first, down to what caused it."""
    parts: list[str] = []
    seen: set[int] = set()
    at: BaseException | None = error
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        stack = "".join(traceback.format_tb(at.__traceback__))
        parts.append(f"{type(at).__module__}.{type(at).__qualname__}\n{stack}")
        at = at.__cause__ or at.__context__
    return parts
