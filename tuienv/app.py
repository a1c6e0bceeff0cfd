"""Opens the screen: paints what was seen last, starts the worker, then lets Textual take over.

Nothing heavy is imported before it is needed: the frame is painted, and the worker's process started, while Textual
is still to be read from the disk. Where nothing was seen before, what the worker tells meanwhile is painted.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from typing import TYPE_CHECKING, Any

from tuienv.first_frame import ENTER, Frames, Stage, show_remembered
from tuienv.start import Start, on_a_terminal

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from types import FrameType

    from tuienv.screens.application import Application
    from tuienv.settings import Rules
    from tuienv.worker.ahead import Ahead
    from tuienv.worker.client import Worker
    from tuienv.worker.messages import Update
    from tuienv.worker.options import Options

USAGE = 64
"""The exit code for a wrong call (sysexits.h: EX_USAGE)."""

AGAIN = 0.1
"""Seconds between two paintings of what the worker tells before Textual is there: it would have to wait for each."""

SWITCH = 0.001
"""Seconds after which a thread lets another one run. One reads keys and one writes to the terminal: by Python's own
five milliseconds, a key that comes while a busy log is painted waits so long for each."""


def run(start: Start) -> int:
    """Show the screen until somebody quits. Returns the exit code of the process."""
    if not on_a_terminal():
        print("tuienv: the screen needs a terminal. For scripts: tuienv ls, tuienv status", file=sys.stderr)  # noqa: T201 - no click here
        return USAGE
    try:
        here = os.getcwd()
    except OSError as error:
        said = (
            f"tuienv: look into this folder: {error.strerror}. Somebody removed it? Change to another and start again"
        )
        print(said, file=sys.stderr)  # noqa: T201 - no click here
        return USAGE
    for number in (signal.SIGHUP, signal.SIGQUIT):  # the latter is ctrl+\ until Textual has the terminal
        signal.signal(number, _ended)
    sys.setswitchinterval(SWITCH)
    stage = Stage()
    frames = None if start.demo else Frames("\0".join((here, *start.files, start.backend, start.profile)))
    if frames is not None:
        show_remembered(frames, stage)
    try:
        return _Opening(start, stage, frames).show()
    except BaseException:
        stage.leave()
        raise


def _ended(number: int, frame: FrameType | None) -> None:
    """End as after SIGTERM, until `tuienv.ending` sees to both: a frame may have to be taken away."""
    raise SystemExit(128 + number)


class _Opening:
    """What leads from a terminal, with or without a remembered frame on it, to the screen."""

    def __init__(self, start: Start, stage: Stage, frames: Frames | None) -> None:
        from tuienv.worker.process import Process

        self._start, self._stage, self._frames = start, stage, frames
        self._process = Process()  # it imports while this process does
        self._options = _options(start)
        self._process.begin(self._options)

        from tuienv.settings import read_settings

        self._settings = read_settings()

    def show(self) -> int:
        ahead = None if self._stage.painted else self._paint_ahead()

        import asyncio

        return asyncio.run(self._show(ahead))

    def _paint_ahead(self) -> Ahead:
        """Paint what the worker tells, until there is an event loop to hear it."""
        from tuienv.screens.outline import Outline
        from tuienv.worker.ahead import Ahead

        outline, due = Outline(read_only=self._start.read_only, rules=self._rules()), 0.0

        def take(updates: tuple[Update, ...]) -> None:
            nonlocal due
            if outline.take(updates) and time.monotonic() >= due:
                due = time.monotonic() + AGAIN
                with contextlib.suppress(OSError):  # the terminal is gone, which others find out
                    self._stage.paint(outline.lines(*self._stage.size()))

        ahead = Ahead(self._process.socket, take)
        ahead.start()
        return ahead

    async def _show(self, ahead: Ahead | None) -> int:
        import asyncio

        from tuienv.ending import ends_on_signals
        from tuienv.worker.client import Worker

        asyncio.get_running_loop().set_exception_handler(_failed_aside)
        worker = Worker(self._options)
        worker.adopt(self._process, ahead)
        application = self._application(worker)
        with ends_on_signals(application.exit):
            await worker.start()
            try:
                code = await application.run_async()
            finally:
                await worker.stop()
        return application.return_code or 0 if code is None else code

    def _application(self, worker: Worker) -> Application:
        from tuienv.live.remembered import memory_for
        from tuienv.redaction import guard_logging
        from tuienv.screens.application import Application
        from tuienv.screens.driver import taking_over
        from tuienv.screens.known import Known
        from tuienv.screens.session import Session
        from tuienv.settings import paths

        guard_logging()
        start = self._start
        known = Known(() if start.demo else memory_for(".", start.files).read(), self._rules())
        return Application(
            Session(worker, known, read_only=start.read_only, files=start.files, demo=start.demo),
            self._settings,
            theme_folder=paths().config / "themes",
            remember=self._frames.write if self._frames else None,
            driver_class=taking_over(self._stage.hand_over, ENTER),
        )

    def _rules(self) -> Rules:
        """What may be changed from here. The demo knows no rules of the person who looks at it."""
        from tuienv.screens.known import NO_RULES

        return NO_RULES if self._start.demo else self._settings.rules


def _failed_aside(loop: AbstractEventLoop, context: dict[str, Any]) -> None:
    """A callback failed. asyncio would write that, stack and all, to the terminal, which belongs to the screen."""
    from tuienv.crash import write_report

    if isinstance(error := context.get("exception"), BaseException):
        write_report(error)


def _options(start: Start) -> Options:
    from tuienv.worker.options import Options

    profiles = ((start.backend or "docker", start.profile),) if start.backend or start.profile else None
    return Options(directory=".", files=start.files, profiles=profiles, read_only=start.read_only, demo=start.demo)
