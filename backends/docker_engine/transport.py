"""How bytes reach the engine: a Unix socket, TCP with or without TLS, or ssh.

Plain requests go over a pool of connections. A stream gets a connection of its own and is read from its socket
without buffers in between, so that it can be waited for with a time limit and closed from another thread.
"""

from __future__ import annotations

import http.client
import io
import os
import shlex
import socket
import subprocess
import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import IO, Protocol, cast
from urllib.parse import SplitResult, urlsplit

import urllib3
from urllib3.connection import HTTPConnection

from tuienv.backends.base import Invalid
from tuienv.backends.docker_engine.endpoint import Certificates, Endpoint
from tuienv.text import plain

POOL_SIZE = 32
"""Idle connections kept. More threads than that work as well, on connections that are closed after use."""

CONNECT_TIMEOUT = 2.0

FAR = 10.0
"""Seconds more for whatever goes over ssh: it has a connection to make and somebody to let in first."""

_MOST_SAID = 65536

Dial = Callable[[float], socket.socket]


def open_pool(endpoint: Endpoint) -> urllib3.HTTPConnectionPool:
    """The pool of connections to an engine; connects nowhere yet. Raises `Invalid` for an unknown scheme."""
    url = _taken_apart(endpoint.url)
    match url.scheme:
        case "unix" | "http+unix":
            return DialedPool(partial(_dial_unix, url.path))
        case "ssh":
            return DialedPool(Ssh(endpoint.url))
        case "tcp" | "http" | "https":
            return _open_tcp(url.hostname or "localhost", url.port, endpoint.certificates, url.scheme == "https")
        case scheme:
            remedy = "Use unix://, tcp:// or ssh:// in DOCKER_HOST or in the Docker context."
            said = f"{scheme} scheme is not supported" if scheme else "it has no scheme"
            raise Invalid("connect to engine", endpoint.url, said, remedy)


def _taken_apart(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # looked at by whoever asks for it, and not before
    except ValueError as error:
        remedy = "Mend DOCKER_HOST or the Docker context."
        raise Invalid("connect to engine", url, plain(str(error)), remedy) from error
    return parts


def _open_tcp(host: str, port: int | None, certificates: Certificates | None, tls: bool) -> urllib3.HTTPConnectionPool:
    if certificates is None and not tls:
        return urllib3.HTTPConnectionPool(host, port or 2375, maxsize=POOL_SIZE)
    known = certificates or Certificates()
    if known.ca and not os.path.isfile(known.ca):
        said = f"there is no {plain(known.ca)}, by which its certificate would be known"
        remedy = "DOCKER_CERT_PATH names the folder with ca.pem, cert.pem and key.pem."
        raise Invalid("connect to engine", f"{host}:{port or 2376}", said, remedy)
    return urllib3.HTTPSConnectionPool(
        host,
        port or 2376,
        maxsize=POOL_SIZE,
        cert_file=known.cert or None,
        key_file=known.key or None,
        ca_certs=known.ca or None,
        cert_reqs="CERT_REQUIRED" if known.verify else "CERT_NONE",
    )


def _dial_unix(path: str, timeout: float) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.settimeout(timeout)
    try:
        sock.connect(path)
    except OSError:
        sock.close()
        raise
    return sock


class Ssh:
    """Dials ``docker system dial-stdio`` at the far end, as the docker command does it, behind a socket of our own; and
    remembers what ssh said last."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._listening: threading.Thread | None = None
        self._said = b""

    def __call__(self, timeout: float) -> socket.socket:
        ours, theirs = socket.socketpair()
        with theirs:
            far = theirs.fileno()
            command = ssh_command(self._url, timeout + FAR)
            # In a session of its own: a ctrl-c in the terminal is for us, who end what is under way in order.
            process = subprocess.Popen(command, stdin=far, stdout=far, stderr=subprocess.PIPE, start_new_session=True)
        # It ends by itself when our side closes; someone must take note of that, or it stays as a zombie.
        self._listening = threading.Thread(target=self._listen, args=(process,), name="ssh", daemon=True)
        self._listening.start()
        ours.settimeout(timeout + FAR)
        return ours

    def said(self) -> str:
        """The last line that ssh said, if it has ended; it is given a moment for that."""
        if self._listening is not None:
            self._listening.join(1.0)
        lines = [line for line in self._said.decode("utf-8", "replace").splitlines() if line.strip()]
        return plain(lines[-1]).rstrip(".") if lines else ""

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        with process:
            assert process.stderr is not None
            self._said = process.stderr.read(_MOST_SAID)
            while process.stderr.read(_MOST_SAID):  # so that it is never kept waiting
                pass


def ssh_command(url: str, timeout: float) -> list[str]:
    """The ssh command line for an ``ssh://user@host:port`` engine; never asks, since nobody could answer."""
    parts = urlsplit(url)
    command = ["ssh", "-o", "BatchMode=yes", "-o", f"ConnectTimeout={max(1, round(timeout))}"]
    command += ["-l", parts.username] if parts.username else []
    command += ["-p", str(parts.port)] if parts.port else []
    remote = ["docker", *(["--host", f"unix://{parts.path}"] if parts.path else []), "system", "dial-stdio"]
    return [*command, "--", parts.hostname or "", shlex.join(remote)]


class DialedConnection(HTTPConnection):
    """An HTTP connection over whatever socket `dial` opens."""

    dial: Dial

    def connect(self) -> None:
        timeout = self.timeout if isinstance(self.timeout, int | float) else CONNECT_TIMEOUT
        self.sock = self.dial(timeout)


class DialedPool(urllib3.HTTPConnectionPool):
    """A pool of `DialedConnection`."""

    def __init__(self, dial: Dial) -> None:
        super().__init__("localhost", maxsize=POOL_SIZE)
        self.dial = dial

    def _new_conn(self) -> DialedConnection:
        connection = DialedConnection("localhost")
        connection.dial = self.dial
        return connection


class _Unbuffered:
    """Gives `http.client` an unbuffered file, so that what follows the headers stays in the socket."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def makefile(self, _mode: str) -> socket.SocketIO:
        return self._sock.makefile("rb", buffering=0)


class _Connects(Protocol):
    """What streams need of a urllib3 connection."""

    sock: socket.socket | None
    timeout: float | None

    def connect(self) -> None: ...


def open_socket(pool: urllib3.HTTPConnectionPool, timeout: float) -> socket.socket:
    """A connected socket of its own, outside the pool. Raises `OSError` or `urllib3.exceptions.HTTPError`."""
    connection = cast(_Connects, pool._new_conn())
    connection.timeout = timeout
    connection.connect()
    if connection.sock is None:
        raise ConnectionError("the connection was lost while it was being made")
    connection.sock.settimeout(timeout)
    return connection.sock


def converse(
    sock: socket.socket, method: str, target: str, headers: Mapping[str, str], body: bytes | IO[bytes]
) -> tuple[int, bytes]:
    """Send one request and read its answer's head, no byte more: the body stays in the socket.

    Returns the status and, if it is an error, the body. HTTP/1.0, unless the connection is to be upgraded: the body
    then comes as it is, not in chunks. Raises `OSError` or `http.client.HTTPException`.
    """
    version = "1.1" if "Upgrade" in headers else "1.0"
    content = io.BytesIO(body) if isinstance(body, bytes) else body
    fields = {"Host": "docker", **headers, "Content-Length": str(content.seek(0, io.SEEK_END))}
    content.seek(0)
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    sock.sendall(f"{method} {target} HTTP/{version}\r\n{head}\r\n".encode())
    while piece := content.read(1 << 20):
        sock.sendall(piece)
    response = http.client.HTTPResponse(cast(socket.socket, _Unbuffered(sock)), method=method)
    response.begin()
    failed = response.status >= 400
    return response.status, response.read(65536) if failed else b""
