"""Commands in one-off dynos, over a rendezvous: a TLS connection that Heroku gives the dyno's terminal to.

A command does not run inside a dyno that serves: Heroku has no way to do that but its own SSH. It runs beside them,
with the same code, variables and size, as `heroku run` does.
"""

from __future__ import annotations

import re
import shlex
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from urllib.parse import urlsplit

from tuienv.backends.base import Conflict, Invalid, NotFound, ProviderError, Unreachable
from tuienv.backends.heroku.client import Client, Row
from tuienv.backends.heroku.logs.stream import instances_of
from tuienv.backends.heroku.targets import Target
from tuienv.model import Address, Kind

STATUS = b"\xef\xbf\xbf heroku-command-exit-status: "
"""What the heroku command has a shell write after a command, so that its exit code is known."""
_STATUS_LINE = re.compile(re.escape(STATUS) + rb"(\d{1,3})")
_GREETING = b"rendezvous\r\n"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
PATIENCE = 120.0
"""Seconds until a dyno is there to answer."""


class OneOff:
    """A command that runs in a dyno of its own; see `tuienv.backends.base.Execution`. Heroku joins both outputs."""

    def __init__(self, client: Client, target: Target, argv: Sequence[str], *, tty: bool, stdin: bool) -> None:
        self._client, self._target = client, target
        body: Row = {"command": f'{shlex.join(argv)}; echo "{STATUS.decode()}$?"', "attach": True, "type": "run"}
        if tty:
            body["env"] = {"COLUMNS": "80", "LINES": "24", "TERM": "xterm-256color"}
        else:
            body["force_no_tty"] = True
        path = f"/apps/{target.app.id}/dynos"
        self._dyno: Row = client.call("POST", path, body, tried="run a command in", target=target.address)
        self._held = b""
        self._code: int | None = None
        try:
            self._socket = _rendezvous(str(self._dyno.get("attach_url") or ""), target.address)
            if not stdin:
                self.write(b"")
        except Unreachable:
            self._stop()
            raise

    def read(self) -> tuple[int, bytes]:
        """Raises `Unreachable` if the connection broke."""
        while True:
            shown = self._shown()
            if shown:
                return 1, shown
            if self._code is not None:
                return 0, b""
            try:
                data = self._socket.recv(65536)
            except (OSError, ValueError) as error:
                raise Unreachable(
                    "read from", self._target.address, "the connection broke off", "Run it again."
                ) from error
            if not data:
                rest, self._held = self._held, b""
                self._code = -1 if self._code is None else self._code
                if rest:
                    return 1, rest
            self._held += data

    def write(self, data: bytes) -> None:
        try:
            # A terminal's end of input: there is no other over this connection.
            self._socket.sendall(data or b"\x04")
        except (OSError, ValueError) as error:
            raise Unreachable("write to", self._target.address, "the connection broke off", "Run it again.") from error

    def resize(self, rows: int, columns: int) -> None:
        """Nothing: the size is told when the dyno starts, and a rendezvous has no word for it."""

    def exit_code(self) -> int:
        """Raises `Conflict` while it still runs, `Unreachable` if it ended without telling."""
        if self._code is None:
            raise Conflict(
                "ask how the command ended in", self._target.address, "it still runs", "Read to its end first."
            )
        if self._code < 0:
            raise Unreachable(
                "ask how the command ended in", self._target.address, "the dyno did not tell", "See its log."
            )
        return self._code

    def close(self) -> None:
        """Let go of it; a dyno that still runs is stopped, as it would go on and cost."""
        with suppress(OSError):
            self._socket.close()
        if self._code is None or self._code < 0:
            self._stop()

    def _stop(self) -> None:
        path = f"/apps/{self._target.app.id}/dynos/{self._dyno['name']}/actions/stop"
        with suppress(ProviderError):  # how the command ended matters more
            self._client.call("POST", path, tried="stop", target=self._dyno["name"])

    def _shown(self) -> bytes:
        """What may be shown of what was held: all but what may be the beginning of the line with the exit code."""
        match = _STATUS_LINE.search(self._held)
        end = self._held.find(b"\n", match.end()) if match else -1
        if match and (end >= 0 or len(match[1]) == 3):
            self._code = int(match[1])
            shown, self._held = self._held[: match.start()], b""
            return shown
        at = self._held.find(STATUS[:1])
        cut = len(self._held) if at < 0 else at
        if at >= 0 and not STATUS.startswith(self._held[at : at + len(STATUS)]) and not match:
            cut = at + 1
        shown, self._held = self._held[:cut], self._held[cut:]
        return shown


def check_runs(target: Target, wanted: Address) -> None:
    """Raises `Invalid` for what has no dynos, and `NotFound` for a dyno that is not there."""
    if target.kind is not Kind.APP:
        raise Invalid("run a command in", wanted, "it is no app", "Commands run beside an app's dynos.")
    if wanted.instance and wanted not in instances_of(target):
        raise NotFound("run a command in", wanted, "there is no such dyno", "`tuienv status` shows what there is.")


def _rendezvous(url: str, address: Address) -> socket.socket:
    """The connection, once the far end has greeted. Raises `Unreachable`."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 5000
    try:
        plain = socket.create_connection((host, port), timeout=PATIENCE)
        # Loopback is nobody else's wire; everywhere else the certificate is checked.
        sock = plain if host in _LOOPBACK else ssl.create_default_context().wrap_socket(plain, server_hostname=host)
        sock.sendall(parts.path.lstrip("/").encode() + b"\r\n")
        greeting = b""
        while not greeting.endswith(b"\n"):
            byte = sock.recv(1)
            if not byte:
                break
            greeting += byte
        if greeting != _GREETING:
            raise Unreachable("run a command in", address, "the rendezvous did not greet", "Run it again.")
        sock.settimeout(None)
    except OSError as error:
        said = f"no connection to the dyno ({type(error).__name__})"
        raise Unreachable("run a command in", address, said, f"Is port {port} open to {host}?") from None
    return sock
