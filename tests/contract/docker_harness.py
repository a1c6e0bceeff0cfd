"""A Docker Engine under the contract suite."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path

from tests.contract.harness import Calls, Deed, Images, Outside, Traits
from tests.contract.victim import changes, die_at
from tests.docker_engine import images
from tests.docker_engine.session import Engine
from tests.ports import free_port
from tuienv.backends.base import Backend, ProviderError, Unreachable
from tuienv.backends.docker import open_backend
from tuienv.backends.docker.backend import DockerBackend
from tuienv.model import Address, Kind

PROJECT = "com.docker.compose.project"
SERVICE = "com.docker.compose.service"
NUMBER = "com.docker.compose.container-number"

# Two runs of the suite may share an engine.
IMAGE = f"tuienv-test/contract-{os.getpid()}"

APP = """
import http.server, os, signal, sys, threading, time

HEALTHY = {healthy}

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if HEALTHY else 503)
        self.end_headers()
        self.wfile.write(b"here\\n")

    def log_message(self, *arguments):
        pass

signal.signal(signal.SIGTERM, lambda *arguments: os._exit(0))
server = http.server.ThreadingHTTPServer(("", 8000), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
number = 0
while True:
    number += 1
    print("tick", number, "" if HEALTHY else "the flux is not ready", flush=True)
    time.sleep(0.2)
"""


class DockerHarness:
    """One engine. What is looked at from outside is asked through Docker's own SDK."""

    name = "docker"
    traits = Traits()
    images = Images(
        good=f"{IMAGE}:1",
        better=f"{IMAGE}:2",
        sick=f"{IMAGE}:sick",
        absent=f"localhost:9/{IMAGE}:absent",
        complaint="the flux is not ready",
    )

    def __init__(self, engine: Engine, journals: Path) -> None:
        self._host, self._client, self._journals, self._number = engine.host, engine.client, journals, count(1)
        self._processes = multiprocessing.get_context("forkserver")
        self._processes.set_forkserver_preload(["tests.contract.victim"])
        for name in (self.images.good, self.images.better, self.images.sick):
            text = APP.format(healthy=name != self.images.sick)
            lines = [f'LABEL version="{name}"']
            images.build_app(self._client, name, {"app.py": text}, command=["python", "app.py"], instructions=lines)

    def open(self) -> DockerBackend:
        return _client_of(self._host)

    def port(self) -> int:
        return free_port()

    def count(self, backend: Backend) -> Calls:
        calls = Calls()
        assert isinstance(backend, DockerBackend)

        def note(method: str, path: str) -> None:
            asks = not changes(method, path) or "/exec" in path
            (calls.reading if asks else calls.changing).append(f"{method} {path}")

        backend.client.before_call = note
        return calls

    def killed(self, step: int, deed: Deed) -> bool:
        journal = str(self._journals / f"victim-{next(self._number)}.sqlite")
        victim = self._processes.Process(target=die_at, args=(step, deed, self._host, journal))
        victim.start()
        victim.join()
        assert victim.exitcode in (0, -signal.SIGKILL), f"the client failed by itself at step {step}"
        return victim.exitcode != 0

    def outside(self, environment: str) -> Outside:
        containers = self._client.api.containers(all=True, filters=_of(environment))
        return Outside(
            running=tuple(sorted(_short(one["Labels"]) for one in containers if one["State"] == "running")),
            idle=tuple(sorted(_short(one["Labels"]) for one in containers if one["State"] != "running")),
            networks=tuple(sorted(one["Name"] for one in self._client.api.networks(filters=_of(environment)))),
            volumes=tuple(
                sorted(one["Name"] for one in self._client.api.volumes(filters=_of(environment))["Volumes"] or ())
            ),
        )

    def remove(self, address: Address) -> None:
        found = self._client.api.containers(all=True, filters=_of(address.environment))
        id_ = next(one["Id"] for one in found if _short(one["Labels"]) == f"{address.layer}/{address.instance}")
        self._client.api.remove_container(id_, force=True)

    def troubles(self) -> Mapping[type[ProviderError], Callable[[], AbstractContextManager[None]]]:
        """An engine that nobody is at. Others cannot be had: who reaches the socket may do everything."""
        return {Unreachable: self._away}

    def silences(self) -> Mapping[Kind, Callable[[], AbstractContextManager[None]]]:
        return {}

    def wipe(self, environment: str) -> None:
        for one in self._client.api.containers(all=True, filters=_of(environment)):
            self._client.api.remove_container(one["Id"], force=True)
        for network in self._client.api.networks(filters=_of(environment)):
            self._client.api.remove_network(network["Id"])
        for volume in self._client.api.volumes(filters=_of(environment))["Volumes"] or ():
            self._client.api.remove_volume(volume["Name"])

    def close(self) -> None:
        for name in (self.images.good, self.images.better, self.images.sick):
            self._client.images.remove(name, force=True)

    @contextmanager
    def _away(self) -> Iterator[None]:
        here = self._host
        self._host = "unix:///tmp/tuienv-test-no-engine.sock"
        try:
            yield
        finally:
            self._host = here


def _client_of(host: str) -> DockerBackend:
    """A client of that engine, whatever the variables of the test say."""
    before = os.environ.get("DOCKER_HOST")
    os.environ["DOCKER_HOST"] = host
    try:
        backend = open_backend()
        assert str(backend.client.endpoint)
        return backend
    finally:
        if before is None:
            del os.environ["DOCKER_HOST"]
        else:
            os.environ["DOCKER_HOST"] = before


def _of(environment: str) -> dict[str, str]:
    return {"label": f"{PROJECT}={environment}"}


def _short(labels: Mapping[str, str]) -> str:
    return f"{labels.get(SERVICE)}/{labels.get(NUMBER)}"
