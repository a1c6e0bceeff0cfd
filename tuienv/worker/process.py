"""The worker's process as the screen's process has it: started first of all, before anything is imported that is not
needed for that. It imports what it needs while this process does the same.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tuienv.worker.options import Options

COMMAND = (sys.executable, "-m", "tuienv.worker")

PATIENCE = 6.0
"""Seconds that a process has to end by itself: it may be finishing a step of a plan."""


class Process:
    """One worker process and our end of the socket to it. It waits there for its `Options`."""

    def __init__(self, command: Sequence[str] = COMMAND) -> None:
        """Raises `OSError` where it cannot be started."""
        self.socket, theirs = socket.socketpair()
        with theirs:
            try:
                self._popen = _popen(command, theirs)
            except OSError:
                self.socket.close()
                raise
        self._started = time.monotonic()

    @property
    def pid(self) -> int:
        return self._popen.pid

    def begin(self, options: Options) -> None:
        """Tell it how to run."""
        from tuienv.worker.wire import pack

        self.socket.sendall(pack(options))

    def age(self) -> float:
        return time.monotonic() - self._started

    def kill(self) -> None:
        """End it at once: also one that is stopped, or hangs. Our end of the socket sees that."""
        self._popen.kill()

    async def end(self, patience: float = PATIENCE) -> int | None:
        """Wait for its end, and kill it if it does not come; its exit code."""
        from asyncio import sleep

        self.socket.close()
        until = time.monotonic() + patience
        while self._popen.poll() is None:
            if time.monotonic() > until:
                self._popen.kill()
            await sleep(0.01)
        return self._popen.returncode


def _popen(command: Sequence[str], theirs: socket.socket) -> subprocess.Popen[bytes]:
    # A session of its own: ctrl+c and a hang-up of the terminal are the screen's to handle; the worker ends when its
    # socket does.
    return subprocess.Popen(
        list(command),
        stdin=theirs.fileno(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
