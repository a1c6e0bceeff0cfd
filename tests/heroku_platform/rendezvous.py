"""Where clients meet the dynos that they attach to: a connection that carries input one way and output the other.

As the official client has it: the client sends the secret of the address and a line end, is greeted with
``rendezvous``, and what comes then is the dyno's. Ctrl-D ends the input, terminal or not. Here it is plain TCP on
loopback, not TLS.
"""

from __future__ import annotations

import os
import pty
import socket
import subprocess
import threading
from contextlib import suppress
from typing import IO

from tests.heroku_platform.records import Meeting
from tests.heroku_platform.world import World

GREETING = b"rendezvous\r\n"
END_OF_INPUT = b"\x04"
PATIENCE = 60.0


class Rendezvous:
    """Listens until it is closed."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._listener = socket.create_server(("127.0.0.1", 0))
        world.rendezvous = self._listener.getsockname()[1]

    def serve(self) -> None:
        """Take clients in; returns when it is closed."""
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._meet, args=(client,), daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):  # a shut down listener wakes whoever waits in accept
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _meet(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            client.settimeout(PATIENCE)
            meeting = self._wait(_line(client).decode())
            if meeting is None:
                return
            client.sendall(GREETING)
            client.settimeout(None)
            status = _with_terminal(client, meeting) if meeting.dyno.terminal else _with_pipes(client, meeting)
            with self._world.held():
                meeting.end(status)

    def _wait(self, secret: str) -> Meeting | None:
        """Who waits behind this secret; the client may be there before the dyno is up."""
        with self._world.lock:
            self._world.changed.wait_for(lambda: secret in self._world.meetings or self._world.closed, PATIENCE)
            return self._world.meetings.pop(secret, None)


def _line(client: socket.socket) -> bytes:
    line = b""
    while not line.endswith(b"\n") and (byte := client.recv(1)):
        line += byte
    return line.strip()


def _with_pipes(client: socket.socket, meeting: Meeting) -> int:
    with subprocess.Popen(
        ["sh", "-c", meeting.dyno.command], env=_variables(meeting), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, bufsize=0,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        threading.Thread(target=_feed, args=(client, process.stdin), daemon=True).start()
        while data := process.stdout.read(65536):
            client.sendall(data)
        return process.wait()


def _feed(client: socket.socket, into: IO[bytes]) -> None:
    with suppress(OSError, ValueError), into:
        while data := client.recv(65536):
            given, ended, _ = data.partition(END_OF_INPUT)
            into.write(given)
            if ended:
                return


def _with_terminal(client: socket.socket, meeting: Meeting) -> int:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        ["sh", "-c", meeting.dyno.command], env=_variables(meeting), stdin=theirs, stdout=theirs, stderr=theirs,
        start_new_session=True,
    ) as process:  # fmt: skip
        os.close(theirs)
        threading.Thread(target=_type, args=(client, ours), daemon=True).start()
        with suppress(OSError):  # a terminal that nobody writes to any more ends in an error
            while data := os.read(ours, 65536):
                client.sendall(data)
        status = process.wait()
    os.close(ours)
    return status


def _type(client: socket.socket, terminal: int) -> None:
    with suppress(OSError):
        while data := client.recv(65536):
            os.write(terminal, data)


def _variables(meeting: Meeting) -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", ""), "PORT": "5000", **meeting.variables}
