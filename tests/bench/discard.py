"""The floor of reading a log: take what the engine sends and throw it away.

python -m tests.bench.discard CONTAINER    at the engine that DOCKER_HOST names, a unix socket
"""

from __future__ import annotations

import os
import socket
import sys

AT_ONCE = 256 * 1024
"""Bytes asked for at a time: more than a unix socket holds."""


def discard(host: str, container: str) -> None:
    """Read a container's log to its end."""
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(host.removeprefix("unix://"))
        path = f"/v1.41/containers/{container}/logs?stdout=1&stderr=1"
        line.sendall(f"GET {path} HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n".encode())
        room = bytearray(AT_ONCE)
        while line.recv_into(room):
            pass


if __name__ == "__main__":
    discard(os.environ["DOCKER_HOST"], sys.argv[1])
