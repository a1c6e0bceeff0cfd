"""Ends the screen when it is asked to, or when its terminal goes away, whatever it is doing at that moment."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGINT)
LAST = 12.0
"""Seconds for an end in good order. Twice what the worker is given for its last step (`worker.client.PATIENCE`)."""


@contextmanager
def ends_on_signals(leave: Callable[[int], None]) -> Iterator[None]:
    """Within this, each of `SIGNALS` calls `leave` in the running event loop, with the exit code to end with.

    What has not ended `LAST` seconds later is ended on the spot: a loop that waits for a terminal which takes nothing
    any more does not come to `leave`. The worker ends by itself, at its next step, when our end of its socket is gone.
    """
    loop = asyncio.get_running_loop()

    last: list[threading.Timer] = []

    def asked(number: int, frame: FrameType | None) -> None:
        if not last:
            last.append(threading.Timer(LAST, os._exit, (128 + number,)))
            last[0].daemon = True
            last[0].start()
        loop.call_soon_threadsafe(leave, 128 + number)

    before = {number: signal.signal(number, asked) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
