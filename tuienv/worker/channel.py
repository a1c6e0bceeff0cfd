"""The worker's end of the socket: frames in, frames out, from any thread."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from typing import Any

from tuienv.worker.wire import Unframer, pack, unpack

CHUNK = 256 * 1024


class Channel:
    """Sends and receives whole messages. `send` waits while the screen's process is behind: whoever produces is slowed
    down there, and nothing piles up in between."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._sending = threading.Lock()
        self._unframer = Unframer()

    def send(self, message: object) -> None:
        """Raises `OSError` once the screen's process is gone."""
        frame = pack(message)
        with self._sending:
            self._socket.sendall(frame)

    def __iter__(self) -> Iterator[Any]:
        """The messages that come in, until the screen's process goes away."""
        while True:
            while (body := self._unframer.take()) is not None:
                yield unpack(body)
            try:
                data = self._socket.recv(CHUNK)
            except ConnectionError:
                return
            if not data:
                return
            self._unframer.feed(data)

    def close(self) -> None:
        self._socket.close()


def take_over_stdin() -> Channel:
    """The channel that the client passed as standard input (a socket).

    The three standard streams then lead nowhere: a library that prints or reads must not touch the channel, and the
    terminal belongs to the screen.
    """
    channel = Channel(socket.socket(fileno=os.dup(0)))
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    os.close(nowhere)
    return channel
