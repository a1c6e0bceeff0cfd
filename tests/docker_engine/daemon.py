"""A Docker Engine of our own: everything it writes, listens on and runs is in one temporary folder."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import tempfile
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from tests.docker_engine import bridge
from tests.docker_engine.leftovers import PREFIX, alive, clear, frozen, wait
from tests.docker_engine.machine import PATH, Unavailable, program

# Seconds. Both take about two on an idle machine.
STARTS_WITHIN = 60.0
STOPS_WITHIN = 60.0


def answers(host: str) -> bool:
    """Whether an engine answers a ping there within two seconds. `host` is a `unix://` or `tcp://` address."""
    try:
        with contextlib.closing(connect(host)) as connection:
            connection.sendall(b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n")
            with connection.makefile("rb") as answer:
                return answer.readline().split()[1:2] == [b"200"]
    except OSError:
        return False


def connect(host: str) -> socket.socket:
    """A connection to an engine. The SDK's own leaves a socket open where there is nobody. Raises OSError."""
    where = urlsplit(host)
    if where.scheme != "unix":
        return socket.create_connection((where.hostname or "", where.port or 2375), timeout=2)
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.settimeout(2)
        connection.connect(where.path)
    except OSError:
        connection.close()
        raise
    return connection


class Daemon:
    """One engine, with its containerd. It has its own bridge, so that no other engine on the machine is disturbed.

    `alone=True` puts it in a network namespace of its own: its containers reach each other and nothing else, and no
    published port can be reached from here. Right for an engine that is killed on purpose.
    """

    def __init__(self, *, alone: bool = False) -> None:
        # Short, because a socket's path has at most 108 bytes.
        self.folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir="/tmp"))
        self.host = f"unix://{self.folder}/docker.sock"
        self.alone = alone
        self.process: subprocess.Popen[bytes] | None = None
        (self.folder / "owner").write_text(str(os.getpid()))
        if not alone:
            (self.folder / "bridge").write_text(bridge.make())

    def start(self) -> None:
        """Start the engine and wait until it answers. Raises `Unavailable` with the end of its log."""
        self.forget_pids()
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, "PATH": PATH},
                # A ctrl-c at the terminal is for the tests, which then take the engine down in order.
                start_new_session=True,
            )
        wait(lambda: self.ended() or answers(self.host), STARTS_WITHIN)
        if self.ended() or not answers(self.host):
            raise Unavailable(f"dockerd did not start:\n{self.last_words()}")

    def forget_pids(self) -> None:
        """Remove the pid files of dead processes: dockerd takes a number that is in use, or not reaped, for alive."""
        (self.folder / "pid").unlink(missing_ok=True)
        containerd = self.folder / "exec/containerd/containerd.pid"
        if containerd.exists() and wait(lambda: not alive(int(containerd.read_text())), 5):
            containerd.unlink()

    def command(self) -> list[str]:
        """The command that runs the engine in the foreground."""
        dockerd = [
            program("dockerd") or "dockerd",
            f"--data-root={self.folder}/data",
            f"--exec-root={self.folder}/exec",
            f"--pidfile={self.folder}/pid",
            f"--host={self.host}",
        ]
        if self.alone:
            return ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh", *dockerd]
        return [*dockerd, f"--bridge={(self.folder / 'bridge').read_text()}"]

    def ended(self) -> bool:
        """Whether the engine's process is no longer there."""
        return self.process is None or self.process.poll() is not None

    def stop(self) -> None:
        """Ask the engine to end, and wait for it: its containers are stopped first."""
        self.end(signal.SIGTERM)

    def kill(self) -> None:
        """End the engine at once, as a crash does."""
        self.end(signal.SIGKILL)

    def pause(self) -> None:
        """Freeze the engine: it accepts connections and does not answer."""
        self.send(signal.SIGSTOP)
        # The kernel stops one thread, and that one the others: what still runs may answer a ping yet.
        if self.process is not None and not wait(partial(frozen, self.process.pid), STOPS_WITHIN):
            raise Unavailable("dockerd was told to stop and runs on")

    def resume(self) -> None:
        """Let a paused engine go on."""
        self.send(signal.SIGCONT)

    def remove(self) -> None:
        """Take everything down: engine, containers, containerd, mounts, bridges and files."""
        self.stop()
        clear(self.folder)

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the engine alone."""
        if self.process is not None and not self.ended():
            self.process.send_signal(number)

    def end(self, number: signal.Signals) -> None:
        """End the engine with a signal, paused or not; one that does not end in time is killed."""
        if self.process is None:
            return
        self.send(number)
        self.resume()
        try:
            self.process.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def last_words(self) -> str:
        """The end of the engine's log."""
        text = (self.folder / "log").read_text(errors="replace")
        return "\n".join(text.splitlines()[-15:])
