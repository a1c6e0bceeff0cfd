"""The HTTP side: what is asked, what is answered, and how to stop without dropping anybody."""

from __future__ import annotations

import json
import logging
import socket
import time
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from shop.contract import Store, StoreDown

log = logging.getLogger("shop")

Answer = tuple[HTTPStatus, dict[str, Any]]


@dataclass(frozen=True)
class Shop:
    """What the answers are made of."""

    database: Store
    cache: Store
    instance: str
    version: str
    greeting: str = ""

    def answer(self, path: str) -> Answer:
        """The answer to a GET: every one but /healthz counts as a visit."""
        try:
            return HTTPStatus.OK, self.health() if path == "/healthz" else self.visit()
        except StoreDown as error:
            return HTTPStatus.SERVICE_UNAVAILABLE, {"error": str(error), "instance": self.instance}

    def health(self) -> dict[str, Any]:
        """An instance is healthy when it can count."""
        self.database.check()
        self.cache.check()
        return {"status": "ok", "instance": self.instance, "version": self.version}

    def visit(self) -> dict[str, Any]:
        """Count a visit in both stores."""
        visits = {"database": self.database.count(), "cache": self.cache.count()}
        answer = {"visits": visits, "instance": self.instance, "version": self.version}
        return {**answer, "greeting": self.greeting} if self.greeting else answer


class Handler(BaseHTTPRequestHandler):
    """One request on one connection (HTTP/1.0), so that no idle connection keeps an instance from stopping."""

    server: Server
    # Seconds. Whoever connects and says nothing is let go.
    timeout = 10

    def do_GET(self) -> None:
        started = time.perf_counter()
        status, answer = self.server.shop.answer(self.path.partition("?")[0])
        body = json.dumps(answer).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        log.info("GET %r %d %.1f ms", self.path, status, (time.perf_counter() - started) * 1000)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
        """Only what goes wrong: a request that is answered has its line already."""
        if not format.startswith('"%s"'):
            log.warning(format, *args)


class Server(ThreadingHTTPServer):
    """Serves each connection in a thread, and waits for them all when it closes."""

    daemon_threads = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], shop: Shop) -> None:
        super().__init__(address, Handler)
        self.shop = shop

    def serve_waiting(self) -> None:
        """Serve those who had connected when the server was told to stop: the kernel has accepted them for us."""
        self.socket.setblocking(False)
        while True:
            try:
                connection, client = self.get_request()
            except BlockingIOError:
                return
            connection.setblocking(True)
            self.process_request(connection, client)

    def handle_error(self, request: socket.socket | tuple[bytes, socket.socket], client_address: object) -> None:
        """One line: a client that went away is no reason for a traceback."""
        log.warning("a request from %s failed", client_address, exc_info=log.isEnabledFor(logging.DEBUG))
