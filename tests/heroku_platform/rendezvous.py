"""Attached one-off dynos: a client connects, says the secret of its dyno, and has the command's terminal.

Heroku speaks TLS here. So does this, with a certificate that it signed itself; and it takes what is not TLS too. What
the command writes goes to the client and not to the log. A client that leaves ends the command.
"""

from __future__ import annotations

import os
import pty
import select
import signal
import socket
import ssl
import struct
import subprocess
import tempfile
import termios
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from fcntl import ioctl
from functools import cached_property
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.heroku_platform.execution import environment_of
from tests.heroku_platform.records import Meeting
from tests.heroku_platform.world import World

GREETING = b"rendezvous\r\n"
TLS_HANDSHAKE, END_OF_INPUT = b"\x16", b"\x04"
ROWS, COLUMNS = 24, 80
PATIENCE = 60.0
HANGS_UP = ("env", "--default-signal=HUP")
"""Before a command: one that is hung up ends, also where whatever started the tests ignores it (nohup)."""


class Rendezvous:
    """The port where clients meet their dynos. Listens until it is closed."""

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

    def _meet(self, plain: socket.socket) -> None:
        with plain, suppress(OSError):
            plain.settimeout(PATIENCE)
            secure = plain.recv(1, socket.MSG_PEEK) == TLS_HANDSHAKE
            client = self._context().wrap_socket(plain, server_side=True) if secure else plain
            with client:
                meeting = self._wait(_line(client).decode(errors="replace"))
                if meeting is not None:
                    client.sendall(GREETING)
                    _attend(self._world, meeting, client)

    def _wait(self, secret: str) -> Meeting | None:
        """Who waits behind this secret; the client may be there before the dyno is up."""
        with self._world.lock:
            self._world.changed.wait_for(lambda: secret in self._world.meetings or self._world.closed, PATIENCE)
            return self._world.meetings.pop(secret, None)

    @cached_property
    def _identity(self) -> tuple[bytes, bytes]:
        return _self_signed()

    @property
    def certificate(self) -> str:
        """What a client must trust to speak TLS here, PEM."""
        return self._identity[1].decode()

    def _context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.NamedTemporaryFile(suffix=".pem") as file:
            Path(file.name).write_bytes(b"".join(self._identity))
            context.load_cert_chain(file.name)
        return context


def _line(client: socket.socket) -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        byte = client.recv(1)
        if not byte:
            break
        line += byte
    return line.strip()


def _attend(world: World, meeting: Meeting, client: socket.socket) -> None:
    """Let client and command talk until one of them ends."""
    talk = _with_terminal if meeting.dyno.terminal else _with_pipes
    status = talk(meeting, client, lambda: meeting.dyno.stopped or world.closed)
    with world.held():
        meeting.end(status)


def _with_terminal(meeting: Meeting, client: socket.socket, unwanted: Callable[[], bool]) -> int:
    ours, theirs = pty.openpty()
    rows, columns = meeting.variables.get("LINES", ROWS), meeting.variables.get("COLUMNS", COLUMNS)
    ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", int(rows), int(columns), 0, 0))
    # A session of its own with this terminal, so that ctrl-c at the client is one at the command.
    command = [*HANGS_UP, "setsid", "--ctty", "--wait", "sh", "-c", meeting.dyno.command]
    environment = environment_of(meeting.variables)
    with subprocess.Popen(command, env=environment, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        try:
            _relay(client, ours, lambda data: _write(ours, data), unwanted)
        finally:
            os.close(ours)  # hangs the terminal up, for whatever still runs in it
        return process.wait()


def _with_pipes(meeting: Meeting, client: socket.socket, unwanted: Callable[[], bool]) -> int:
    command, environment = [*HANGS_UP, "sh", "-c", meeting.dyno.command], environment_of(meeting.variables)
    with subprocess.Popen(
        command, env=environment, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        into = process.stdin.fileno()

        def write(data: bytes) -> None:
            text, end, _ = data.partition(END_OF_INPUT)
            if not process.stdin or process.stdin.closed:
                return
            _write(into, text)
            if end:
                process.stdin.close()

        ended = _relay(client, process.stdout.fileno(), write, unwanted)
        if not ended:
            os.killpg(process.pid, signal.SIGHUP)
        return process.wait()


def _write(file: int, data: bytes) -> None:
    with suppress(OSError):  # it no longer reads
        while data:
            data = data[os.write(file, data) :]


def _relay(client: socket.socket, output: int, write: Callable[[bytes], None], unwanted: Callable[[], bool]) -> bool:
    """Carry bytes both ways. True when the command ended, False when the client left or the dyno was stopped."""
    with suppress(OSError):  # a client that left, whichever way
        while not unwanted():
            held = isinstance(client, ssl.SSLSocket) and client.pending() > 0
            ready = [client.fileno()] if held else _readable(client.fileno(), output)
            if output in ready:
                said = _read(output)
                if not said:
                    return True
                client.sendall(said)
            if client.fileno() in ready:
                typed = client.recv(65536)
                if not typed:
                    return False
                write(typed)
    return False


def _read(output: int) -> bytes:
    try:
        return os.read(output, 65536)
    except OSError:  # how a terminal says that its last program has ended
        return b""


def _self_signed() -> tuple[bytes, bytes]:
    """A key, and a certificate for 127.0.0.1 that it signed itself, both PEM."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    alternative = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    builder = builder.add_extension(alternative, critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return secret, builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


def _readable(*files: int) -> list[int]:
    """Which of these can be read, after a fifth of a second at the most."""
    poll = select.poll()
    for file in files:
        poll.register(file, select.POLLIN)
    return [file for file, _ in poll.poll(200)]
