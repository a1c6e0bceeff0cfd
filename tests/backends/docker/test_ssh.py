"""The engine behind a real sshd: by ``DOCKER_HOST`` and by a context, and what is said where ssh will not."""

from __future__ import annotations

import getpass
import hashlib
import json
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.docker_engine.machine import program
from tests.docker_engine.session import Engine
from tuienv.backends.base import Hint, Unreachable
from tuienv.backends.docker import open_backend
from tuienv.backends.docker.profiles import find_profiles

SERVER = """\
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host
AuthorizedKeysFile {folder}/user.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin prohibit-password
"""
CLIENT = """\
Host *
  IdentityFile {folder}/user
  IdentitiesOnly yes
  UserKnownHostsFile {folder}/known_hosts
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
"""
PATIENCE = 30.0


@dataclass(frozen=True)
class Far:
    """A machine that is reached by ssh: this one. `url` is what DOCKER_HOST takes."""

    url: str
    folder: Path


def key(path: Path) -> str:
    """Make a key pair; gives the public one."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    return path.with_suffix(".pub").read_text()


def answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as connection:
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False


@pytest.fixture
def far(docker_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Far]:
    """An sshd of the test's own, that lets one key in, and an ssh that knows it."""
    host = key(tmp_path / "host")
    key(tmp_path / "user")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / "sshd_config").write_text(SERVER.format(port=port, folder=tmp_path))
    (tmp_path / "ssh_config").write_text(CLIENT.format(folder=tmp_path))
    (tmp_path / "known_hosts").write_text(f"[127.0.0.1]:{port} {host}")
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "ssh").write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F {tmp_path}/ssh_config "$@"\n')
    (programs / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/local/bin:/usr/bin:/bin")
    if getpass.getuser() == "root":
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where a root's sshd locks itself up before somebody is in
    server = subprocess.Popen(
        [program("sshd") or "sshd", "-D", "-e", "-f", str(tmp_path / "sshd_config")], stderr=subprocess.DEVNULL
    )
    waiting = threading.Event()
    try:
        for _ in range(int(PATIENCE / 0.05)):
            if answers(port):
                break
            assert server.poll() is None, "sshd ended"
            waiting.wait(0.05)
        yield Far(f"ssh://{getpass.getuser()}@127.0.0.1:{port}{docker_engine.host.removeprefix('unix://')}", tmp_path)
    finally:
        server.terminate()
        server.wait()


def test_by_docker_host(far: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", far.url)
    backend = open_backend()
    assert backend.identity().account
    stream = backend.watch()
    assert next(stream) == Hint()
    assert isinstance(backend.discover(), list)
    backend.close()
    assert list(stream) == []


def test_by_a_context(far: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    """As ``docker context create far --docker host=ssh://…`` writes it, on a machine with no other setting."""
    folder = far.folder / "docker"
    kept = folder / "contexts" / "meta" / hashlib.sha256(b"far").hexdigest()
    kept.mkdir(parents=True)
    endpoints = {"docker": {"Host": far.url, "SkipTLSVerify": False}}
    (kept / "meta.json").write_text(json.dumps({"Name": "far", "Metadata": {}, "Endpoints": endpoints}))
    monkeypatch.setenv("DOCKER_CONFIG", str(folder))
    assert "far" in [profile.name for profile in find_profiles()]
    backend = open_backend("far")
    identity = backend.identity()
    assert (identity.profile, bool(identity.account)) == ("far", True)
    backend.close()


def test_a_host_that_nobody_knows_is_not_asked_about(far: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody could answer the question: it is refused, and what ssh said is passed on."""
    (far.folder / "known_hosts").write_text("")
    monkeypatch.setenv("DOCKER_HOST", far.url)
    backend = open_backend()
    with pytest.raises(Unreachable, match="Host key verification failed"):
        backend.identity()
    backend.close()


def test_a_key_that_is_not_let_in(far: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    (far.folder / "user.pub").write_text("")
    monkeypatch.setenv("DOCKER_HOST", far.url)
    backend = open_backend()
    with pytest.raises(Unreachable, match=r"Permission denied \(publickey"):
        backend.identity()
    backend.close()
