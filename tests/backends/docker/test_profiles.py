"""The profiles of the docker command: found in its own order, in its own files, whatever these hold."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuienv.backends.docker import profiles
from tuienv.backends.docker.profiles import find_profiles
from tuienv.model import Profile


def context(folder: Path, name: str, host: Any) -> None:
    """Written as ``docker context create`` does."""
    kept = folder / "contexts" / "meta" / f"digest-of-{name}"
    kept.mkdir(parents=True)
    (kept / "meta.json").write_text(json.dumps({"Name": name, "Endpoints": {"docker": {"Host": host}}}))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with a default socket and two contexts."""
    socket = tmp_path / "docker.sock"
    socket.touch()
    monkeypatch.setattr(profiles, "DEFAULT_SOCKET", f"unix://{socket}")
    context(tmp_path, "far", "ssh://me@far.example.com")
    context(tmp_path, "tls", "tcp://tls.example.com:2376")
    return tmp_path


def found(folder: Path, **variables: str) -> list[tuple[str, bool]]:
    """Names, and which is the default."""
    profiles = find_profiles({"DOCKER_CONFIG": str(folder), **variables})
    assert all(profile.backend == "docker" for profile in profiles)
    return [(profile.name, profile.default) for profile in profiles]


def test_the_default_socket_and_the_contexts(folder: Path) -> None:
    assert found(folder) == [("", True), ("far", False), ("tls", False)]


def test_docker_host_goes_before_everything(folder: Path) -> None:
    (folder / "config.json").write_text('{"currentContext": "far"}')
    first = find_profiles({"DOCKER_CONFIG": str(folder), "DOCKER_HOST": "tcp://x", "DOCKER_CONTEXT": "tls"})[0]
    assert first == Profile("docker", "", "DOCKER_HOST", default=True)


def test_then_the_variable_then_the_chosen_context(folder: Path) -> None:
    (folder / "config.json").write_text('{"currentContext": "far"}')
    assert found(folder) == [("far", True), ("tls", False)]
    assert found(folder, DOCKER_CONTEXT="tls") == [("far", False), ("tls", True)]
    assert found(folder, DOCKER_CONTEXT="default") == [("", True), ("far", False), ("tls", False)]


def test_nobody_uses_docker_where_nothing_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profiles, "DEFAULT_SOCKET", f"unix://{folder}/none.sock")
    assert found(folder / "none") == []


def test_a_password_in_an_address_is_not_told(folder: Path) -> None:
    context(folder, "loud", "tcp://me:hunter2hunter2@loud.example.com")
    assert "hunter2" not in repr(find_profiles({"DOCKER_CONFIG": str(folder)}))


@given(st.binary(max_size=200))
def test_no_file_breaks_it(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    folder = tmp_path_factory.mktemp("docker")
    context(folder, "x", "unix:///x")
    (folder / "config.json").write_bytes(content)
    (folder / "contexts" / "meta" / "digest-of-x" / "meta.json").write_bytes(content)
    find_profiles({"DOCKER_CONFIG": str(folder)})


@pytest.mark.parametrize("meta", [[], {"Name": 3}, {"Name": "x"}, {"Name": "x", "Endpoints": []}])
def test_what_is_no_context_is_none(tmp_path: Path, meta: object) -> None:
    kept = tmp_path / "contexts" / "meta" / "odd"
    kept.mkdir(parents=True)
    (kept / "meta.json").write_text(json.dumps(meta))
    assert find_profiles({"DOCKER_CONFIG": str(tmp_path), "DOCKER_HOST": "x"}) == [
        Profile("docker", "", "DOCKER_HOST", default=True)
    ]


def test_no_sdk_is_imported() -> None:
    look = "from tuienv.backends.base import finders; finders(['docker'])['docker']()"
    program = f"import sys; {look}; print('docker' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
