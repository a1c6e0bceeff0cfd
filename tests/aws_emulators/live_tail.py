"""StartLiveTail, which no emulator has: sessions over HTTP, in the frames of AWS's event streams.

A frame is its length, that of its headers, their checksum, the headers, the payload, and the checksum of it all; a
header is a name, a type (7: text) and a value, each but the type after its length. Source: "Event stream encoding",
Amazon Transcribe developer guide; botocore's own reader takes nothing else. An error is a frame too.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue
from typing import Any
from zlib import crc32

import pytest

PATIENCE = 30.0
DOMAIN = ".amazonaws.com"

Event = tuple[str, int, str]
"""Stream, time in milliseconds, text."""


def frame(headers: Mapping[str, str], payload: object) -> bytes:
    """One message."""
    head = b"".join(
        struct.pack("!B", len(name)) + name.encode() + struct.pack("!BH", 7, len(value)) + value.encode()
        for name, value in headers.items()
    )
    body = json.dumps(payload).encode()
    prelude = struct.pack("!II", len(head) + len(body) + 16, len(head))
    message = prelude + struct.pack("!I", crc32(prelude)) + head + body
    return message + struct.pack("!I", crc32(message))


def event(kind: str, payload: object) -> bytes:
    return frame({":message-type": "event", ":event-type": kind, ":content-type": "application/json"}, payload)


def failure(kind: str, message: str) -> bytes:
    headers = {":message-type": "exception", ":exception-type": kind, ":content-type": "application/json"}
    return frame(headers, {"message": message})


class LiveTailServer(ThreadingHTTPServer):
    """Serves sessions; what is sent goes to the newest one. `asked`: what each was begun with. `refusal`: the code with
    which none is begun any more."""

    daemon_threads = True

    def __init__(self, group: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.group, self.refusal = group, ""
        self.asked: list[dict[str, Any]] = []
        self.hosts: list[str] = []
        self._sessions: list[SimpleQueue[bytes | None]] = []
        self._changed = threading.Condition()

    def begin(self, host: str, asked: dict[str, Any]) -> SimpleQueue[bytes | None]:
        """A new session."""
        with self._changed:
            self.asked.append(asked)
            self.hosts.append(host)
            self._sessions.append(SimpleQueue())
            self._changed.notify_all()
            return self._sessions[-1]

    def wait_for(self, sessions: int) -> None:
        """Until there were so many."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self._sessions) >= sessions, PATIENCE)

    def send(self, *events: Event, sampled: bool = False) -> None:
        """An update, as one comes every second."""
        results = [
            {
                "logGroupIdentifier": f"111122223333:{self.group}",
                "logStreamName": stream,
                "timestamp": at,
                "ingestionTime": at,
                "message": text,
            }
            for stream, at, text in events
        ]
        self._put(event("sessionUpdate", {"sessionMetadata": {"sampled": sampled}, "sessionResults": results}))

    def time_out(self) -> None:
        """As after three hours."""
        self._put(failure("SessionTimeoutException", "The session has timed out."), None)

    def fail(self) -> None:
        self._put(failure("SessionStreamingException", "The stream cannot go on."), None)

    def cut(self) -> None:
        """End the connection in the middle of a frame."""
        self._put(event("sessionUpdate", {})[:20], None)

    def _put(self, *frames: bytes | None) -> None:
        for one in frames:
            self._sessions[-1].put(one)

    def stop(self) -> None:
        for session in self._sessions:
            session.put(None)
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: LiveTailServer
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.server.refusal:
            self._refuse(self.server.refusal)
            return
        session = self.server.begin(self.headers["Host"], asked)
        self.send_response(200)
        self.send_header("Content-Type", "application/vnd.amazon.eventstream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.close_connection = True
        self._chunk(event("initial-response", {}))
        self._chunk(event("sessionStart", {"requestId": "r", "sessionId": "s", **asked}))
        with suppress(ConnectionError):  # the reader has closed it
            while (sent := session.get()) is not None:
                self._chunk(sent)

    def _chunk(self, sent: bytes) -> None:
        """As AWS sends it: one that is read as it comes, and not by so many bytes."""
        self.wfile.write(f"{len(sent):x}\r\n".encode() + sent + b"\r\n")

    def _refuse(self, code: str) -> None:
        body = json.dumps({"__type": code, "message": "no"}).encode()
        self.send_response(400)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@contextmanager
def live_tail(group: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveTailServer]:
    """The server under AWS's own names, so that the one that Live Tail has for itself is looked for as well."""
    server = LiveTailServer(group)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    look_up = socket.getaddrinfo

    def here(host: Any, *given: Any, **named: Any) -> Sequence[Any]:
        return look_up("127.0.0.1" if str(host).endswith(DOMAIN) else host, *given, **named)

    with monkeypatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", here)
        patch.setenv("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", f"http://logs.us-east-1{DOMAIN}:{server.server_port}")
        yield server
    server.stop()
    thread.join()
