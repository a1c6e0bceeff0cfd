"""A backend on a real engine, and environments of its own that leave nothing behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import docker
import pytest

from tests.docker_engine import images
from tests.docker_engine.session import Engine
from tuienv.backends.base import Inputs
from tuienv.backends.docker import open_backend
from tuienv.backends.docker.backend import DockerBackend
from tuienv.model import Action, Address, Change, LayerSpec, Size

APP = """
import http.server, os, signal, socket, time

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        time.sleep(0 if self.path == "/healthz" else 0.02)
        body = (socket.gethostname() + " " + os.environ.get("VERSION", "")).encode()
        self.send_response(503 if os.environ.get("SICK") else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *arguments):
        pass

print("the flux is", "missing" if os.environ.get("SICK") else "ready", flush=True)
server = http.server.ThreadingHTTPServer(("", 8000), Handler)
server.handle_error = lambda *arguments: None
signal.signal(signal.SIGTERM, lambda *arguments: os._exit(0))
server.serve_forever()
"""
IMAGE = "tuienv-test/docker-backend:1"


class Heard:
    """Steps that remember what was said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)

    def pause(self, seconds: float) -> None:
        threading.Event().wait(seconds)


@dataclass
class World:
    """One environment on the engine, changed by the backend alone, without plan or engine of ours."""

    backend: DockerBackend
    client: docker.DockerClient
    name: str
    directory: Path
    steps: Heard = field(default_factory=Heard)

    def change(
        self,
        action: Action,
        layer: str = "",
        spec: LayerSpec | None = None,
        *,
        facets: Mapping[str, str] | None = None,
        environment: Mapping[str, str] | None = None,
        replicas: int | None = None,
        size: Size | None = None,
        settings: Mapping[str, str | None] | None = None,
        delete_data: bool = False,
    ) -> None:
        change = Change(
            action,
            Address(self.name, layer),
            "docker",
            "",
            "the test asks for it",
            spec=spec,
            facets=facets or {"version": "1"},
            replicas=replicas,
            size=size,
            settings=settings or {},
            delete_data=delete_data,
        )
        self.backend.apply(change, Inputs(environment or {}, str(self.directory)), self.steps)

    def create(self, spec: LayerSpec, **environment: str) -> None:
        """Have a layer as the spec says; its variables are facets, too."""
        facets = {"image": spec.image, **environment}
        self.change(Action.CREATE, spec.name, spec, facets=facets, environment=environment)

    def ids(self, layer: str) -> dict[str, str]:
        """The IDs of a layer's instances, by name."""
        found = {one.name: one for one in self.backend.observe(self.name).layers}
        return {instance.name: instance.id for instance in found[layer].instances} if layer in found else {}

    def wipe(self) -> None:
        label = {"label": f"com.docker.compose.project={self.name}"}
        for one in self.client.api.containers(all=True, filters=label):
            self.client.api.remove_container(one["Id"], force=True, v=True)
        for network in self.client.api.networks(filters=label):
            self.client.api.remove_network(network["Id"])
        for volume in self.client.api.volumes(filters=label)["Volumes"] or ():
            self.client.api.remove_volume(volume["Name"])


@pytest.fixture(scope="session")
def app_image(docker_engine: Engine) -> str:
    images.build_app(docker_engine.client, IMAGE, {"app.py": APP}, command=["python", "app.py"])
    return IMAGE


@pytest.fixture
def backend(docker_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[DockerBackend]:
    monkeypatch.setenv("DOCKER_HOST", docker_engine.host)
    opened = open_backend()
    yield opened
    opened.close()


@pytest.fixture
def world(backend: DockerBackend, docker_engine: Engine, tmp_path: Path) -> Iterator[World]:
    made = World(backend, docker_engine.client, f"t{time.time_ns() % 10**9}", tmp_path)
    yield made
    made.wipe()
