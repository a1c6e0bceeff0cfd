"""The far end of ECS Exec: sessions on a port of loopback, for the plugin that stands beside this file.

A session is a token and what it opens. Who connects says the token and how it was called, in a line of JSON; what
follows is input and sizes, each as a letter, a length (4 bytes) and its bytes. What comes back is the output of the
terminal, and nothing else; it ends with the command.

The real far end is AWS's message gateway, which speaks WebSocket in frames of its own with sequence numbers and
acknowledgements. Only AWS's own plugin speaks that, and none of our registries has it.
"""

from __future__ import annotations

import json
import secrets
import shlex
import socket
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from tuienv.backends.base import ProviderError
from tuienv.backends.docker.executing import start_exec
from tuienv.backends.docker_engine.client import Client


class Terminal(Protocol):
    """A command that runs on a terminal."""

    def read(self) -> bytes:
        """What it printed next; empty when it has ended."""

    def write(self, data: bytes) -> None: ...

    def resize(self, rows: int, columns: int) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class Opened:
    """What a token opens: `target`, as the plugin has to be told it, and the command, which starts when it is there."""

    target: str
    start: Callable[[], Terminal]


class Sessions:
    """Those that were opened and not used yet. `seen`: the arguments of every plugin that came."""

    def __init__(self) -> None:
        self._opened: dict[str, Opened] = {}
        self.seen: list[list[str]] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    def open(self, target: str, start: Callable[[], Terminal]) -> dict[str, str]:
        """A new one, as ExecuteCommand answers it."""
        name, token = f"ecs-execute-command-{secrets.token_hex(8)}", secrets.token_urlsafe(32)
        self._opened[token] = Opened(target, start)
        port = self._listener.getsockname()[1]
        return {"sessionId": name, "streamUrl": f"tcp://127.0.0.1:{port}", "tokenValue": token}

    def close(self) -> None:
        with suppress(OSError):  # a thread that waits in it wakes from this
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):  # it was closed
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as said, suppress(OSError, ProviderError):
            opened = self._allowed(json.loads(said.readline()))
            if opened is None:
                return
            with closing(opened.start()) as terminal:
                threading.Thread(target=_obey, args=(said, terminal), daemon=True).start()
                while data := terminal.read():
                    connection.sendall(data)
                connection.shutdown(socket.SHUT_RDWR)

    def _allowed(self, told: dict[str, object]) -> Opened | None:
        """Each token is good for once, for its target alone, and for nobody who shows it on a command line."""
        token, arguments = str(told["token"]), list(map(str, told["arguments"]))  # type: ignore[call-overload]  # JSON
        self.seen.append(arguments)
        opened = self._opened.pop(token, None)
        if opened is None or token in " ".join(arguments) or json.dumps({"Target": opened.target}) not in arguments:
            return None
        return opened


def _obey(said: BinaryIO, terminal: Terminal) -> None:
    """Do what the plugin passes on. Once it is gone, so is the terminal."""
    with closing(terminal), suppress(OSError, ValueError, ProviderError):
        while kind := said.read(1):
            data = said.read(int.from_bytes(said.read(4), "big"))
            if kind == b"i":
                terminal.write(data)
            else:
                rows, columns = map(int, data.split())
                terminal.resize(rows, columns)


class InContainer:
    """A command inside a container, as `docker exec -it` runs it."""

    def __init__(self, client: Client, container: str, command: str) -> None:
        self._client = client
        self._id, self._stream = start_exec(client, container, container, shlex.split(command), tty=True, stdin=True)

    def read(self) -> bytes:
        return self._stream.read() or b""

    def write(self, data: bytes) -> None:
        self._stream.write(data)

    def resize(self, rows: int, columns: int) -> None:
        size = {"h": rows, "w": columns}
        self._client.send("POST", f"/exec/{self._id}/resize", size, tried="resize the terminal in", target=self._id)

    def close(self) -> None:
        self._stream.close()


def target_of(cluster: str, task: str, container: str) -> str:
    """What the plugin has to be told. Source: how AWS's own command line calls it (``ecs/executecommand.py``)."""
    return f"ecs:{cluster}_{task}_{container}"
