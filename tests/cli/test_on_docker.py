"""The main job, from file to teardown, by commands alone, on a real Docker Engine with the sample."""

from __future__ import annotations

import os
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from tests.cli.conftest import Tuienv
from tests.cli.shopping import declare, follow, greet
from tests.docker_engine.session import Engine
from tests.ports import free_port

NAME = f"shop-by-cli-{os.getpid()}"


@pytest.fixture
def client(docker_engine: Engine) -> Iterator[docker.DockerClient]:
    client = docker.DockerClient(base_url=docker_engine.host)
    yield client
    client.close()


@pytest.fixture
def port(docker_engine: Engine, folder: Path, tuienv: Tuienv, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The sample under a name and a port of its own, gone with its data afterwards; gives the port."""
    monkeypatch.setenv("DOCKER_HOST", docker_engine.host)
    number = free_port()
    declare(folder, NAME, {"[8080]": f"[{number}]"})
    yield number
    tuienv("destroy", NAME, "--yes", "--delete-data")


def containers(client: docker.DockerClient) -> set[str]:
    """What ``docker ps`` shows of the environment."""
    found = client.api.containers(filters={"label": f"com.docker.compose.project={NAME}"})
    return {container["Names"][0].lstrip("/") for container in found}


def get(port: int, path: str = "/") -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        text: bytes = answer.read()
    return text.decode()


def test_from_file_to_teardown(tuienv: Tuienv, port: int, client: docker.DockerClient) -> None:
    plan = tuienv("plan", NAME, "--output", "json")
    assert plan.code == 2, plan.err
    assert {change["action"] for change in plan.json["changes"]} == {"create"}

    applied = tuienv("apply", NAME, "--yes")
    assert applied.code == 0, applied.err
    assert get(port) != get(port), "visits are counted"

    shape = tuienv("status", NAME, "--output", "json").json
    names = {f"{NAME}-{layer['name']}-{one['name']}" for layer in shape["layers"] for one in layer["instances"]}
    assert (shape["status"], names) == ("running", containers(client))
    again = tuienv("plan", NAME)
    assert (again.code, again.out) == (0, f"{NAME}: nothing to change\n")

    code = Path("web/shop/server.py")
    written = code.read_text()
    code.write_text(written + "# changed\n")
    changed = tuienv("plan", NAME)
    assert changed.code == 2, changed.err
    assert f"update   {NAME}/web  build.contents: " in changed.out
    before = containers(client), get(port)
    assert tuienv("apply", NAME, "--yes").code == 0
    assert containers(client) == before[0]
    assert get(port) != before[1]
    assert tuienv("plan", NAME).code == 0

    assert tuienv("scale", f"{NAME}/web=5").code == 0
    assert len([name for name in containers(client) if "-web-" in name]) == 5
    assert tuienv("run", f"{NAME}/web/5", "--", "echo", "inside").out == "inside\n"

    assert tuienv("logs", f"{NAME}/web", "--tail", "5").out
    follow(f"{NAME}/web", lambda path: get(port, path))

    file = Path("tuienv.yaml")
    written = file.read_text()
    greet(file, "hello")
    assert tuienv("apply", NAME, "--yes").code == 0
    assert all('"greeting": "hello"' in get(port) for _ in range(10))
    refused = tuienv("rollback", f"{NAME}/web", "--yes")
    assert refused.code == 1
    assert "docker keeps no releases" in refused.err, "the way back is the file's"
    file.write_text(written)
    assert tuienv("apply", NAME, "--yes").code == 0
    assert not any("greeting" in get(port) for _ in range(10))

    destroyed = tuienv("destroy", NAME, "--yes")
    assert destroyed.code == 0, destroyed.err
    assert containers(client) == set()
    volumes = client.volumes.list(filters={"label": f"com.docker.compose.project={NAME}"})
    assert f"{NAME}_db-data" in {volume.name for volume in volumes}
    assert f"kept: volume {NAME}_db-data, which holds data" in destroyed.out

    gone = tuienv("destroy", NAME, "--yes", "--delete-data")
    assert gone.code == 0, gone.err
    assert client.volumes.list(filters={"label": f"com.docker.compose.project={NAME}"}) == []
    assert client.networks.list(filters={"label": f"com.docker.compose.project={NAME}"}) == []
