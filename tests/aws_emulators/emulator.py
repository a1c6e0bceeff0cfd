"""Processes that stand in for AWS, on free ports of this machine: started, waited for, reset, ended."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import docker

NO_ENGINE = "unix:///nonexistent/docker.sock"
"""With this for an engine ministack keeps records and starts nothing."""

_LEASH = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGTERM)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""Starts a program that is told to end when its parent ends, however that ends (prctl, PR_SET_PDEATHSIG)."""

STARTS = 60.0
ENDS = 60.0
"""Seconds that a process has to answer, and to end: the machine may be busy, and its containers go with it."""


@dataclass(frozen=True)
class Emulator:
    """One that answers at `url`; `reset`: the path that a POST makes it forget everything by."""

    url: str
    reset_path: str
    process: subprocess.Popen[bytes]

    def reset(self) -> None:
        """Forget everything; containers go with it."""
        self.post(self.reset_path)

    def post(self, path: str, body: object = None) -> bytes:
        data = json.dumps(body).encode() if body is not None else b""
        request = urllib.request.Request(f"{self.url}{path}", data, {"Content-Type": "application/json"}, method="POST")
        with urllib.request.urlopen(request, timeout=STARTS) as answer:
            told: bytes = answer.read()
        return told

    def get(self, path: str) -> bytes:
        with urllib.request.urlopen(f"{self.url}{path}", timeout=STARTS) as answer:
            told: bytes = answer.read()
        return told

    def delete(self, path: str) -> None:
        with urllib.request.urlopen(urllib.request.Request(f"{self.url}{path}", method="DELETE"), timeout=STARTS):
            pass


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def free_range(size: int) -> int:
    """The first of so many ports that nobody has now, below those that the system gives out."""
    for start in range(20000 + os.getpid() % 100 * 60, 32000 - size, size):
        if all(_is_free(port) for port in range(start, start + size)):
            return start
    raise RuntimeError(f"there are no {size} free ports in a row")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("0.0.0.0", port))
        except OSError:
            return False
    return True


@contextmanager
def ministack(engine: str = NO_ENGINE, host: str = "127.0.0.1", registry: str = "") -> Iterator[Emulator]:
    """ministack on the Docker Engine at `engine`; `host`: where what it publishes is reached, by tests and by
    containers alike; `registry`: ``127.0.0.1:5000``, where ECR's images are (`tests.aws_emulators.registry`)."""
    port = free_port()
    settings = {
        "DOCKER_HOST": engine,
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": host,
        "RDS_BASE_PORT": str(free_range(30)),
        "ELASTICACHE_BASE_PORT": str(free_range(30) + 15),
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
        "TUIENV_TEST_REGISTRY": registry,
    }
    with running([sys.executable, "-m", "tests.aws_emulators.mended"], settings, port, "/_ministack/reset") as one:
        try:
            yield one
        finally:
            # Told to end, it removes containers while its services still start new ones: first they are forgotten.
            with suppress(OSError):
                one.reset()


@contextmanager
def moto() -> Iterator[Emulator]:
    """moto, which knows more of AWS and starts nothing."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    settings = {"MOTO_IAM_LOAD_MANAGED_POLICIES": "true"}
    with running(command, settings, port, "/moto-api/reset") as one:
        yield one


@contextmanager
def microburst(upstream: str) -> Iterator[Emulator]:
    """A proxy in front of another one, that lets happen what its rules say."""
    port = free_port()
    command = [
        str(Path(sys.executable).with_name("microburst")),
        "--host",
        "127.0.0.1",
        "-u",
        upstream,
        "-p",
        str(port),
    ]
    with running(command, {}, port, "/_microburst/reset") as one:
        # Its first request costs it seconds: it reads what botocore knows of the services.
        with suppress(urllib.error.HTTPError), urllib.request.urlopen(one.url, timeout=STARTS):
            pass
        yield one


@contextmanager
def running(command: Sequence[str], settings: Mapping[str, str], port: int, reset: str) -> Iterator[Emulator]:
    """A process of this command, once it answers at the port; ended afterwards, and with this process at the latest."""
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
    environment = {**os.environ, **keys, **settings}
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            [sys.executable, "-c", _LEASH, *command],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_for(process, port)
            yield Emulator(f"http://127.0.0.1:{port}", reset, process)
        except BaseException:
            output.seek(0)
            sys.stderr.write(output.read().decode(errors="replace")[-4000:])
            raise
        finally:
            _end(process)


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + STARTS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with {process.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"{process.args!r} does not answer")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(ENDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def gateway_of(client: docker.DockerClient) -> str:
    """The address of the machine that both its containers and it itself can reach."""
    found = client.api.inspect_network("bridge")["IPAM"]["Config"][0]
    return str(found.get("Gateway") or found["Subnet"].partition("/")[0].rpartition(".")[0] + ".1")
