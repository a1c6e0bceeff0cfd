"""Log sessions: an address that is read without signing in, for a while."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tuienv.backends.base import Unreachable
from tuienv.backends.heroku.client import Client, Row
from tuienv.backends.heroku.failures import unanswered
from tuienv.backends.heroku.logs.lines import Line, parse_line

if TYPE_CHECKING:
    import requests

MOST = 1500
"""Lines that Logplex keeps of an app."""

HEARTBEAT = 70.0
"""Seconds of silence after which a connection is taken for dead. A quiet app is silent for longer: the session is then
begun again, and nothing was missed, as what was written meanwhile is asked for."""

_CHUNK = 65536


class RanOut(Unreachable):
    """The session was over before it was read. The app is there, and another session can be had."""


class LogSession:
    """One connection to the log of one app. `close` works from any thread, and ends whoever waits in `read`."""

    def __init__(
        self, client: Client, app: str, name: str, lines: int, *, tail: bool, source: str = "", quiet: float = HEARTBEAT
    ) -> None:
        self._name, self._closed = name, threading.Event()
        body: Row = {"lines": lines, "tail": tail, **({"source": source} if source else {})}
        made = client.call("POST", f"/apps/{app}/log-sessions", body, tried="read the log of", target=name)
        self._url = str(made["logplex_url"])
        self._response = self._open(client, quiet)
        self._rest = b""

    @property
    def closed(self) -> bool:
        return self._closed.is_set()

    def batches(self) -> Iterator[list[Line]]:
        """The lines as they come, until the session ends or is closed. Raises `Unreachable` if it breaks off."""
        from tuienv.backends.heroku.transport import LOST

        try:
            for data in self._response.raw.stream(_CHUNK, decode_content=False):
                *whole, self._rest = (self._rest + data).split(b"\n")
                lines = [line for raw in whole if (line := parse_line(raw)) is not None]
                if lines:
                    yield lines
        except Exception as error:
            if self.closed:
                return
            if isinstance(error, (*LOST, ValueError, AttributeError)) or _is_lost(error):
                raise unanswered("read the log of", self._name, urlsplit(self._url).netloc, error) from None
            raise
        last = parse_line(self._rest)
        if last is not None:
            yield [last]

    def close(self) -> None:
        if self.closed:
            return
        self._closed.set()
        sock = _socket_of(self._response)
        if sock is not None:
            with suppress(OSError):  # not connected any more: nothing waits for it
                sock.shutdown(socket.SHUT_RDWR)
        self._response.close()

    def _open(self, client: Client, quiet: float) -> requests.Response:
        from tuienv.backends.heroku.transport import LOST, open_stream

        host = urlsplit(self._url).netloc
        try:
            response = open_stream(self._url, (client.timeout[0], quiet))
        except LOST as error:
            raise unanswered("read the log of", self._name, host, error) from None
        if response.status_code == 404:
            response.close()
            raise RanOut("read the log of", self._name, "the log session ran out", "Read it again.")
        if response.status_code >= 400:
            response.close()
            said = f"HTTP {response.status_code} ({host})"
            raise Unreachable("read the log of", self._name, said, "Try again later.")
        return response


def read_lines(client: Client, app: str, name: str, count: int, *, source: str = "") -> list[Line]:
    """The last lines of an app's log, oldest first."""
    session = LogSession(client, app, name, min(count, MOST), tail=False, source=source, quiet=client.timeout[1])
    try:
        return [line for batch in session.batches() for line in batch]
    finally:
        session.close()


def _socket_of(response: requests.Response) -> socket.socket | None:
    connection = getattr(response.raw, "_connection", None) or getattr(response.raw, "connection", None)
    sock = getattr(connection, "sock", None)
    return sock if isinstance(sock, socket.socket) else None


def _is_lost(error: BaseException) -> bool:
    """Whether urllib3 says that the connection broke; requests wraps it only where it reads itself."""
    return type(error).__module__.startswith("urllib3")
