"""The engine reached from afar: over TCP with certificates, and over ssh."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.backends.docker import bridge
from tests.docker_engine.session import Engine
from tuienv.backends.base import Hint, Unreachable
from tuienv.backends.docker import open_backend


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    """``ca.pem``, ``cert.pem`` and ``key.pem``: one self-signed certificate serves as all of them."""
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    )
    paths = ["-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "cert.pem")]
    subprocess.run([*command.split(), *paths], check=True, capture_output=True)
    (tmp_path / "ca.pem").write_bytes((tmp_path / "cert.pem").read_bytes())
    return tmp_path


@pytest.fixture
def tls_port(docker_engine: Engine, certificates: Path) -> Iterator[int]:
    """A port that asks for a certificate and leads to the engine."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "cert.pem", certificates / "key.pem")
    context.load_verify_locations(certificates / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_serve, args=(listener, context, docker_engine.host), daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


def _serve(listener: socket.socket, context: ssl.SSLContext, host: str) -> None:
    while True:
        try:
            plain, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_forward, args=(plain, context, host), daemon=True).start()


def _forward(plain: socket.socket, context: ssl.SSLContext, host: str) -> None:
    with socket.socket(socket.AF_UNIX) as far, plain:
        far.connect(host.removeprefix("unix://"))
        try:
            with context.wrap_socket(plain, server_side=True) as near:
                back = threading.Thread(target=_pump, args=(far, near), daemon=True)
                back.start()
                _pump(near, far)
                back.join()
        except OSError:
            return  # a client that shows no certificate, or leaves without a word


def _pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return


def test_an_engine_behind_certificates(tls_port: int, certificates: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"tcp://localhost:{tls_port}")
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
    monkeypatch.setenv("DOCKER_CERT_PATH", str(certificates))
    backend = open_backend()
    assert backend.identity().account
    stream = backend.watch()
    assert next(stream) == Hint()
    backend.close()
    assert list(stream) == []


def test_a_certificate_that_nobody_signed_is_unreachable(
    tls_port: int, certificates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"https://localhost:{tls_port}")
    with pytest.raises(Unreachable, match=r"(?i)certificate"):
        open_backend().identity()


def test_an_engine_behind_ssh(docker_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = docker_engine.host.removeprefix("unix://")
    ssh = tmp_path / "ssh"
    group = f"{sys.executable} -c 'import os; print(os.getpgrp())' >> {tmp_path}/groups"
    ssh.write_text(f"#!/bin/sh\n{group}\nexec {sys.executable} {bridge.__file__} {path}\n")
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("DOCKER_HOST", "ssh://me@far.example.com")
    backend = open_backend()
    assert backend.identity().account
    stream = backend.watch()
    assert next(stream) == Hint()
    backend.close()
    assert list(stream) == []
    groups = (tmp_path / "groups").read_text().split()
    assert groups
    assert str(os.getpgrp()) not in groups, "a ctrl-c in the terminal would end what is under way"
