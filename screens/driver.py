"""The terminal drivers: Textual's, for a terminal that may go away; and one that goes on from a painted frame."""

from __future__ import annotations

import os
import select
import signal
import threading
from collections.abc import Callable
from typing import TextIO

from textual.driver import Driver
from textual.drivers import linux_driver
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Key
from textual.message import Message

from tuienv.screens.pasting import PasteSafeParser

LINE_FEED = "ctrl+j"
"""What a terminal made of an enter that was typed before the program took it over."""


linux_driver.XTermParser = PasteSafeParser  # type: ignore[attr-defined]  # Textual has no way to be given another


class TerminalDriver(LinuxDriver):
    """Textual's driver, which knows nothing of terminals that go away: its writing thread dies of the first error,
    and whoever writes more waits for it for good. Here a terminal that is gone is a SIGHUP to ourselves, whether or
    not the kernel sends one too, and what is written until we have ended goes nowhere."""

    _watched = False

    def start_application_mode(self) -> None:
        if not self._watched:
            self._watched = True
            self._file = Outlet(self._file)  # type: ignore[assignment, arg-type]  # it has what Textual uses of a file
            threading.Thread(target=watch, args=(self.fileno,), name="hang-up", daemon=True).start()
        super().start_application_mode()  # type: ignore[no-untyped-call]  # Textual's own lacks it

    def process_message(self, message: Message) -> None:
        if isinstance(message, Key) and message.key == LINE_FEED:
            message.key, message.character = "enter", "\r"
        super().process_message(message)

    def _run_input_thread(self) -> None:
        try:
            self.run_input_thread()
        except OSError:
            hang_up()
        except Exception as error:  # noqa: BLE001 - a thread's end is nobody's to catch; its screen must end with it
            self._app.call_later(self._app._handle_exception, error)

    def _sigcont_application(self, *_: object) -> None:
        """Textual starts anew on every SIGCONT. The kernel sends one with each SIGHUP, when there is nothing to
        start on: a second pair of threads would take the place of the first, which then nobody ends."""
        if self._must_signal_resume:
            super()._sigcont_application()


class Outlet:
    """The way to the terminal: what cannot be written any more is dropped."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, text: str) -> None:
        try:
            self._file.write(text)
        except OSError:
            hang_up()

    def flush(self) -> None:
        try:
            self._file.flush()
        except OSError:
            hang_up()

    def fileno(self) -> int:
        return self._file.fileno()


def watch(terminal: int) -> None:
    """Wait until the terminal is gone, and say so."""
    waiting = select.poll()
    waiting.register(terminal, 0)  # nothing asked for: what is left is told anyway
    if any(event & select.POLLHUP for _, event in waiting.poll()):
        hang_up()


def hang_up() -> None:
    """Have the main thread end the screen, as `tuienv.ending` does it."""
    os.kill(os.getpid(), signal.SIGHUP)


def taking_over(hand_over: Callable[[], bool], enter: str) -> type[Driver]:
    """A driver that calls `hand_over` before it takes the terminal, so that it remembers the terminal's own attributes
    as those to go back to. Where a frame is there already, it does not enter the alternate screen again (some
    terminals would clear it)."""

    class TakingOver(TerminalDriver):
        _started = _entered = False

        def start_application_mode(self) -> None:
            self._entered = not self._started and hand_over()
            self._started = True
            super().start_application_mode()
            self._entered = False

        def write(self, data: str) -> None:
            if not (self._entered and data == enter):
                super().write(data)

    return TakingOver
