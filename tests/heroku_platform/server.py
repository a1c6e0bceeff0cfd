"""HTTP/1.1 on loopback: reads requests, lets them go wrong where that was asked for, writes answers and streams."""

from __future__ import annotations

import socket
import struct
import sys
from collections.abc import Callable, Iterator
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import urlsplit

from tests.heroku_platform import api, control, streams
from tests.heroku_platform.api import Response
from tests.heroku_platform.faults import Fault, Faults, Kind
from tests.heroku_platform.recorder import Recorder
from tests.heroku_platform.world import World

PAGE_503 = b"<!DOCTYPE html><html><head><title>Application Error</title></head><body><h1>503</h1></body></html>"


class Drop(Exception):
    """Raised by the hook before a request: the connection is closed, nothing done and nothing answered."""


class Site(ThreadingHTTPServer):
    """The server, and what its requests need."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, world: World, faults: Faults, recorder: Recorder) -> None:
        super().__init__(("127.0.0.1", port), Conversation)
        self.world, self.faults, self.recorder = world, faults, recorder
        self.before_request: Callable[[str, str], None] = lambda method, path: None

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no error of the double."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class Conversation(BaseHTTPRequestHandler):
    """One connection."""

    server: Site
    protocol_version = "HTTP/1.1"
    server_version = "nginx"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout: ClassVar[float] = 600

    def do_any(self) -> None:
        path = urlsplit(self.path).path
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if control.owns(path):
            return self._send(control.answer(self.server, self.command, path, content))
        if streams.owns(path):
            return self._stream(path, content)
        return self._ask_api(path, content)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = do_HEAD = do_any  # noqa: N815 - the names http.server calls

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name in http.server
        """Say nothing: tests read the recorder."""

    def _ask_api(self, path: str, content: bytes) -> None:
        try:
            self.server.before_request(self.command, path)
        except Drop:
            return self._close()
        fault = self.server.faults.take(self.command, path, self.headers.get("Range", ""))
        if fault is not None and self._instead(fault):
            return None
        response, body = api.answer(self.server.world, self.command, path, _plain(self.headers), content, fault)
        accept, agent = self.headers.get("Accept", ""), self.headers.get("User-Agent", "")
        self.server.recorder.note(self.command, path, body, accept, agent, response.status)
        if fault is not None and fault.kind is Kind.LOST:
            return self._close()
        if fault is not None and fault.kind in {Kind.STALL, Kind.RESET}:
            return self._half(response, fault)
        return self._send(response)

    def _instead(self, fault: Fault) -> bool:
        """Answer, or do not, in the fault's own way. False where the request goes on."""
        if fault.kind is Kind.SLOW:
            self.server.faults.over.wait(fault.seconds)
        elif fault.kind is Kind.DROP:
            self._close()
        elif fault.kind is Kind.HTML_503:
            self._send(Response(503, PAGE_503, {"Content-Type": "text/html; charset=utf-8"}))
        return fault.kind in {Kind.DROP, Kind.HTML_503}

    def _send(self, response: Response) -> None:
        self._send_head(response)
        if self.command != "HEAD":
            self.wfile.write(response.content)
        self.wfile.flush()

    def _send_head(self, response: Response) -> None:
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        if response.status != 304:
            self.send_header("Content-Length", str(len(response.content)))
        self.end_headers()

    def _half(self, response: Response, fault: Fault) -> None:
        self._send_head(response)
        self.wfile.write(response.content[: len(response.content) // 2])
        self.wfile.flush()
        if fault.kind is Kind.STALL:
            self.server.faults.over.wait(fault.seconds)
            return self._close()
        # Linger for no time at all: the kernel sends RST instead of FIN.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()
        return None

    def _close(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def _stream(self, path: str, content: bytes) -> None:
        events = "text/event-stream" in self.headers.get("Accept", "")
        given = streams.answer(self.server.world, self.command, path, content, events)
        if isinstance(given, Response):
            return self._send(given)
        return self._send_chunks(given, "text/event-stream" if events else "text/html")

    def _send_chunks(self, chunks: Iterator[bytes], content_type: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.flush()
        for chunk in chunks:
            if chunk:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
                self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()


def _plain(headers: Message[str, str]) -> dict[str, str]:
    """Headers under the names that the code uses, however the client wrote them: ``If-None-Match``."""
    return {name.title(): value for name, value in headers.items()}
