"""Opens the screen: paints what was seen last, starts the worker, then lets Textual take over.

Nothing heavy is imported before it is needed: the frame is painted, and the worker's process started, while Textual
is still to be read from the disk.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from tuienv.first_frame import ENTER, Frames, Painted, paint
from tuienv.start import Start, on_a_terminal

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    from tuienv.screens.application import Application
    from tuienv.worker.client import Worker

USAGE = 64
"""The exit code for a wrong call (sysexits.h: EX_USAGE)."""


def run(start: Start) -> int:
    """Show the screen until somebody quits. Returns the exit code of the process."""
    if not on_a_terminal():
        print("tuienv: the screen needs a terminal. For scripts: tuienv ls, tuienv status", file=sys.stderr)  # noqa: T201 - no click here
        return USAGE
    frames = None if start.demo else Frames("\0".join((os.getcwd(), *start.files, start.backend, start.profile)))
    painted = paint(frames) if frames else None
    try:
        import asyncio

        return asyncio.run(_show(start, frames, painted))
    except BaseException:
        if painted is not None:
            painted.leave()
        raise


async def _show(start: Start, frames: Frames | None, painted: Painted | None) -> int:
    import asyncio

    from tuienv.ending import ends_on_signals

    asyncio.get_running_loop().set_exception_handler(_failed_aside)
    worker = _worker(start)
    worker.spawn()
    application = _application(start, worker, frames, painted)
    with ends_on_signals(application.exit):
        await worker.start()
        try:
            code = await application.run_async()
        finally:
            await worker.stop()
    return application.return_code or 0 if code is None else code


def _failed_aside(loop: AbstractEventLoop, context: dict[str, Any]) -> None:
    """A callback failed. asyncio would write that, stack and all, to the terminal, which belongs to the screen."""
    from tuienv.crash import write_report

    if isinstance(error := context.get("exception"), BaseException):
        write_report(error)


def _worker(start: Start) -> Worker:
    from dataclasses import replace

    from tuienv.worker.client import Options, Worker

    asked = Options(directory=".", files=start.files, read_only=start.read_only, demo=start.demo)
    if start.backend or start.profile:
        asked = replace(asked, profiles=((start.backend or "docker", start.profile),))
    return Worker(asked)


def _application(start: Start, worker: Worker, frames: Frames | None, painted: Painted | None) -> Application:
    from tuienv.live.remembered import memory_for
    from tuienv.redaction import guard_logging
    from tuienv.screens.application import Application
    from tuienv.screens.driver import TerminalDriver, taking_over
    from tuienv.screens.known import NO_RULES, Known
    from tuienv.screens.session import Session
    from tuienv.settings import paths, read_settings

    guard_logging()
    settings = read_settings()
    known = Known(() if start.demo else memory_for(".", start.files).read(), NO_RULES if start.demo else settings.rules)
    return Application(
        Session(worker, known, read_only=start.read_only, files=start.files, demo=start.demo),
        settings,
        theme_folder=paths().config / "themes",
        remember=frames.write if frames else None,
        driver_class=taking_over(painted.calm, ENTER) if painted else TerminalDriver,
    )
