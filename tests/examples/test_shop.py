"""The sample's web app: what it answers, and that it stops without dropping anybody."""

from __future__ import annotations

import json
import os
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from docker.models.containers import Container
from shop.contract import StoreDown
from shop.server import Server, Shop

from tests.docker_engine.images import build_folder
from tests.docker_engine.leftovers import wait
from tests.docker_engine.session import Engine

WEB = Path(__file__).resolve().parents[2] / "docs/examples/shop/web"
NAME = f"tuienv-test-sample-{os.getpid()}"


class Fake:
    """A store in memory. `gate` holds back whoever counts until it is set."""

    def __init__(self) -> None:
        self.number = 0
        self.down = False
        self.asked = threading.Event()
        self.gate = threading.Event()
        self.gate.set()

    def count(self) -> int:
        self.check()
        self.asked.set()
        assert self.gate.wait(30)
        self.number += 1
        return self.number

    def check(self) -> None:
        if self.down:
            raise StoreDown("the store does not answer")


@pytest.fixture
def shop() -> Shop:
    return Shop(Fake(), Fake(), instance="one", version="1.0.0")


@pytest.fixture
def server(shop: Shop) -> Iterator[Server]:
    """A server that runs."""
    server = Server(("127.0.0.1", 0), shop)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def get(server: Server, path: str = "/") -> tuple[int, dict[str, object]]:
    """Ask a server."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}{path}", timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_every_path_counts_in_both_stores(server: Server) -> None:
    get(server)
    status, answer = get(server, "/any/path?x=1")
    assert status == 200
    assert answer == {"visits": {"database": 2, "cache": 2}, "instance": "one", "version": "1.0.0"}


def test_a_greeting_is_part_of_the_answer() -> None:
    assert Shop(Fake(), Fake(), "one", "1.0.0", greeting="hello").answer("/")[1]["greeting"] == "hello"


def test_health_counts_nothing(server: Server) -> None:
    assert get(server, "/healthz")[0] == 200
    assert get(server)[1]["visits"] == {"database": 1, "cache": 1}


@pytest.mark.parametrize("path", ["/", "/healthz"])
def test_a_store_that_is_down_is_said(server: Server, path: str) -> None:
    store = server.shop.cache
    assert isinstance(store, Fake)
    store.down = True
    assert get(server, path) == (503, {"error": "the store does not answer", "instance": "one"})


def test_what_is_in_flight_and_what_waits_is_served_before_the_end(shop: Shop) -> None:
    store = shop.database
    assert isinstance(store, Fake)
    store.gate.clear()
    server = Server(("127.0.0.1", 0), shop)
    loop = threading.Thread(target=server.serve_forever, args=(0.01,))
    loop.start()
    with ask(server) as in_flight:
        assert store.asked.wait(30)
        server.shutdown()
        loop.join()
        with ask(server) as waiting:
            server.serve_waiting()
            store.gate.set()
            server.server_close()
            answers = [read(in_flight), read(waiting)]
    assert all(answer.startswith(b"HTTP/1.0 200") for answer in answers)


def ask(server: Server) -> socket.socket:
    """Send a request and do not wait for its answer."""
    connection = socket.create_connection(("127.0.0.1", server.server_port), timeout=30)
    connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
    return connection


def read(connection: socket.socket) -> bytes:
    """All that is answered."""
    with connection.makefile("rb") as answer:
        return answer.read()


@pytest.fixture
def stack(docker_engine: Engine) -> Iterator[dict[str, Container]]:
    """The sample by hand: a database, a cache and one instance of the app, on a network of their own."""
    client = docker_engine.client
    build_folder(client, f"{NAME}:1", WEB)
    network = client.networks.create(NAME)
    urls = {"DATABASE_URL": "postgresql://shop:s3cret@db/shop", "CACHE_URL": "redis://cache:6379/0"}
    stack: dict[str, Container] = {}

    def start(alias: str, image: str, environment: dict[str, str]) -> None:
        container = client.containers.create(image, environment=environment)
        stack[alias] = container
        network.connect(container, aliases=[alias])
        container.start()

    try:
        start("db", "postgres:15", {"POSTGRES_USER": "shop", "POSTGRES_PASSWORD": "s3cret"})
        start("cache", "redis:7", {})
        start("web", f"{NAME}:1", urls)
        yield stack
    finally:
        for container in stack.values():
            container.remove(force=True, v=True)
        network.remove()
        client.images.remove(f"{NAME}:1", force=True)


def test_the_sample_outlives_its_stores_and_ends_in_order(stack: dict[str, Container]) -> None:
    web = stack["web"]
    assert wait(lambda: "cache" in visit(web), 60), web.logs().decode()
    before = visit(web)
    stack["db"].restart()
    assert wait(lambda: visit(web).get("database", 0) > before["database"], 60), web.logs().decode()
    stack["cache"].restart()
    assert wait(lambda: "cache" in visit(web), 60), web.logs().decode()
    web.stop(timeout=30)
    web.reload()
    assert web.attrs["State"]["ExitCode"] == 0, web.logs().decode()
    assert b"s3cret" not in web.logs()


def visit(web: Container) -> dict[str, int]:
    """Visit the app from inside its container; empty where a store is down."""
    program = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8000').read().decode())"
    done = web.exec_run(["python", "-c", program])
    if done.exit_code:
        return {}
    assert isinstance(done.output, bytes)
    visits: dict[str, int] = json.loads(done.output)["visits"]
    return visits
