"""Carries bytes between stdin, stdout and a Unix socket: ``docker system dial-stdio``, at the far end of ssh."""

from __future__ import annotations

import os
import selectors
import socket
import sys


def carry(path: str) -> None:
    far = socket.socket(socket.AF_UNIX)
    far.connect(path)
    waiting = selectors.DefaultSelector()
    waiting.register(0, selectors.EVENT_READ)
    waiting.register(far, selectors.EVENT_READ)
    while True:
        for key, _ in waiting.select():
            data = os.read(key.fd, 65536)
            if not data:
                return
            if key.fd == 0:
                far.sendall(data)
            else:
                os.write(1, data)


if __name__ == "__main__":
    carry(sys.argv[1])
