"""Attached one-off dynos, over plain sockets, over TLS, and by the official CLI."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.heroku_platform import rendezvous
from tests.heroku_platform.asking import Asker
from tests.heroku_platform.cli import HerokuCli
from tests.heroku_platform.platform import HerokuPlatform
from tests.heroku_platform.records import App, Program
from tests.heroku_platform.waiting import until


@pytest.fixture
def shop(platform: HerokuPlatform) -> App:
    return platform.app("shop", platform.world.accounts[0], Program())


@contextmanager
def meeting(ask: Asker, secure: str = "", **asked: Any) -> Iterator[socket.socket]:
    """A connection to a new dyno that runs this, greeted."""
    address = urlsplit(ask.ok("POST", "/apps/shop/dynos", {"attach": True, **asked})["attach_url"])
    client = socket.create_connection((address.hostname, address.port), timeout=30)
    if secure:
        client = ssl.create_default_context(cadata=secure).wrap_socket(client, server_hostname="127.0.0.1")
    with client:
        client.sendall(address.path.lstrip("/").encode() + b"\r\n")
        assert client.recv(12) == b"rendezvous\r\n"
        yield client


def rest(client: socket.socket) -> bytes:
    said = b""
    while data := client.recv(65536):
        said += data
    return said


@pytest.mark.parametrize("secure", [False, True])
def test_a_command_has_a_terminal(shop: App, ask: Asker, platform: HerokuPlatform, secure: bool) -> None:
    command = 'tty > /dev/null && echo "yes, $NAME"; stty size; read line; echo "got $line"; exit 3'
    with meeting(
        ask,
        platform.certificate if secure else "",
        command=command,
        env={"NAME": "shop", "LINES": "50", "COLUMNS": "160"},
    ) as client:
        client.sendall(b"hello\n")
        said = rest(client)
    for text in (b"yes, shop\r\n", b"50 160\r\n", b"got hello\r\n"):
        assert text in said
    until(lambda: any(line.text == "Process exited with status 3" for line in shop.log.lines))
    assert not any("got hello" in line.text for line in shop.log.lines)


def test_without_a_terminal_input_has_an_end(shop: App, ask: Asker) -> None:
    with meeting(ask, command="tty; cat", force_no_tty=True) as client:
        client.sendall(b"one\ntwo\n\x04")
        assert rest(client) == b"not a tty\none\ntwo\n"


@pytest.mark.parametrize("no_terminal", [False, True])
def test_a_client_that_leaves_ends_the_command(shop: App, ask: Asker, no_terminal: bool) -> None:
    with meeting(ask, command="echo begun; exec sleep 600", force_no_tty=no_terminal) as client:
        assert client.recv(5) == b"begun"
    until(lambda: not any(dyno.type == "run" for dyno in shop.dynos))


def test_a_dyno_that_is_stopped_lets_go_of_its_client(shop: App, ask: Asker) -> None:
    with meeting(ask, command="echo begun; exec sleep 600") as client:
        assert client.recv(5) == b"begun"
        name = next(dyno.name for dyno in shop.dynos if dyno.type == "run")
        ask.ok("POST", f"/apps/shop/dynos/{name}/actions/stop")
        rest(client)


def test_nobody_else_gets_in(shop: App, ask: Asker, platform: HerokuPlatform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendezvous, "PATIENCE", 0.1)
    ask.ok("POST", "/apps/shop/dynos", {"attach": True, "command": "echo secret"})
    with socket.create_connection(("127.0.0.1", platform.world.rendezvous), timeout=30) as client:
        client.sendall(b"guessed\r\n")
        assert client.recv(12) == b""


def test_the_official_cli_runs_commands(
    shop: App, platform: HerokuPlatform, heroku_cli: HerokuCli, tmp_path: Path
) -> None:
    trusted = tmp_path / "rendezvous.pem"
    trusted.write_text(platform.certificate)
    heroku = heroku_cli.at(platform.url, trusted=str(trusted))
    # It reads to its end first: the CLI sends that, and fails where the far end has gone by then.
    ran = heroku.run("run", "--app", "shop", "--exit-code", "--no-tty", "--", "cat; echo 'from the dyno'; (exit 7)")
    assert "from the dyno" in ran.output
    assert ran.status == 7
