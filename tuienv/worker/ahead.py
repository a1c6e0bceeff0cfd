"""What the worker says before there is an event loop to hear it: for the first picture, while Textual is imported."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import threading
from collections.abc import Callable

from tuienv.worker.messages import Reply, Update
from tuienv.worker.wire import Unframer, unpack

MOST_BUFFERED = 1024 * 1024
"""Bytes of frames that are taken from the worker ahead of being handled; above it, the worker waits."""

MOST_HANDED = 256 * 1024
"""Bytes of frames whose updates are handed on: some two thousand instances. Who imports Textual in the meantime would
have to wait for more of them, and one screen shows fewer."""

CHUNK = 64 * 1024


class Ahead:
    """Reads the worker's socket in a thread until it is told to stop, and keeps what it read for whoever joins the
    socket to an event loop then. `handler` is called with the updates of each of the first frames; where it fails,
    with none any more."""

    def __init__(self, connection: socket.socket, handler: Callable[[tuple[Update, ...]], None]) -> None:
        self._socket, self._handler = connection, handler
        self._unframer = Unframer()
        self._heard = bytearray()
        self._stopped, self._stop = os.pipe()
        self._thread = threading.Thread(target=self._run, name="ahead", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> bytes:
        """End the thread; every byte that was read, from the first on. What has not been read is still there."""
        os.close(self._stop)
        self._thread.join()
        os.close(self._stopped)
        return bytes(self._heard)

    def _run(self) -> None:
        waiting = select.poll()
        waiting.register(self._socket, select.POLLIN)
        waiting.register(self._stopped, select.POLLIN)
        while len(self._heard) < MOST_BUFFERED:
            if any(found == self._stopped for found, _ in waiting.poll()):
                return
            data = self._read()
            if not data:
                return
            self._heard += data
            if len(self._heard) <= MOST_HANDED:
                self._unframer.feed(data)
                self._hand_on()

    def _read(self) -> bytes:
        """Nothing where the worker has died: whoever joins the socket finds that out as well."""
        with contextlib.suppress(ConnectionError):
            return self._socket.recv(CHUNK)
        return b""

    def _hand_on(self) -> None:
        while (body := self._unframer.take()) is not None:
            message = unpack(body)
            if not isinstance(message, Reply):
                self._handler(message)
