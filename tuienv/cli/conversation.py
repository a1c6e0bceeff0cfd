"""Between our terminal and a command that runs elsewhere: input, output, window size, exit code."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from tuienv.backends.base import Execution, ProviderError
from tuienv.cli.errors import Stop

CHUNK = 65536
"""Bytes of input read at once: what a pipe holds on Linux."""

_STDOUT, _STDERR = 1, 2


def require_terminal() -> None:
    """Ends the command where there is no terminal to give."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Stop("there is no terminal here to give it: leave out -t")


class Conversation:
    """One command's input and output, until it ends."""

    def __init__(self, execution: Execution, *, tty: bool, interactive: bool) -> None:
        self._execution = execution
        self._tty = tty
        self._interactive = interactive

    def hold(self) -> int:
        """Pass everything on, both ways, until the command ends. Gives its exit code."""
        try:
            if not self._tty:
                return self._exchange()
            with _raw_terminal(), self._window_followed():
                return self._exchange()
        finally:
            self._execution.close()

    def _exchange(self) -> int:
        if self._interactive:
            # A thread, because nobody can wait for the keyboard and for the provider at once; a daemon, because
            # nothing ends a read of the keyboard when the command has ended.
            threading.Thread(target=self._give_input, daemon=True).start()
        streams = {_STDOUT: sys.stdout.buffer, _STDERR: sys.stderr.buffer}
        while True:
            number, data = self._execution.read()
            if not number:
                return self._execution.exit_code()
            streams[number].write(data)
            streams[number].flush()

    def _give_input(self) -> None:
        source = sys.stdin.fileno()
        try:
            while data := os.read(source, CHUNK):
                self._execution.write(data)
            self._execution.write(b"")
        except (OSError, ProviderError):
            return  # the command has ended, and who reads its output sees why

    @contextmanager
    def _window_followed(self) -> Iterator[None]:
        """The command's terminal is as big as ours, and stays so."""

        def tell(number: int = 0, frame: FrameType | None = None) -> None:
            size = shutil.get_terminal_size()
            self._execution.resize(size.lines, size.columns)

        before = signal.signal(signal.SIGWINCH, tell)
        try:
            tell()
            yield
        finally:
            signal.signal(signal.SIGWINCH, before)


@contextmanager
def _raw_terminal() -> Iterator[None]:
    """Every key goes to the command, Ctrl-C among them; afterwards the terminal is as it was."""
    import termios
    import tty

    keyboard = sys.stdin.fileno()
    before = termios.tcgetattr(keyboard)
    try:
        tty.setraw(keyboard)
        yield
    finally:
        termios.tcsetattr(keyboard, termios.TCSADRAIN, before)
