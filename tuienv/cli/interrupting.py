"""Ctrl-C while a plan runs: the first ends it between two steps, the second leaves at once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)
_FIRST = b"\ntuienv: stopping after the step that runs now; once more to leave at once\n"
_SECOND = b"\ntuienv: left in the middle of a step; run the same command again to go on from there\n"


@dataclass
class Interrupt:
    """Set when a signal asked to stop; `code` is then the exit code a shell expects, 128 and the signal's number."""

    event: threading.Event = field(default_factory=threading.Event)
    code: int = 0

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self.code = 128 + number
        if self.event.is_set():
            _tell(_SECOND)
            os._exit(self.code)
        _tell(_FIRST)
        self.event.set()


def _tell(message: bytes) -> None:
    """No print: it might be what was interrupted. Nobody may be there to read it: ctrl-c ends ``2>&1 | tee`` first."""
    with suppress(OSError):
        os.write(2, message)


@contextmanager
def interruptible() -> Iterator[Interrupt]:
    """Until the end of the block, signals set the event instead of ending the process."""
    interrupt = Interrupt()
    before = {number: signal.signal(number, interrupt) for number in SIGNALS}
    try:
        yield interrupt
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
