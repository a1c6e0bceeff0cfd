"""A program on a real pseudo-terminal, watched from outside: when which bytes came, what it cost."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

ESCAPES = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[PX^_][^\x1b]*\x1b\\|[@-Z\\-_=>78])")
TICKS = os.sysconf("SC_CLK_TCK")


class Terminal:
    """Runs `argv` on a pty of `columns` × `rows` and keeps what it wrote, with the time of every read."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        columns: int = 160,
        rows: int = 50,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            argv,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **(environment or {})},
            preexec_fn=_take_terminal,
        )
        os.close(slave)
        self._output = bytearray()
        self._reads: list[tuple[float, int]] = []
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    @property
    def size(self) -> int:
        """How many bytes it has written so far."""
        with self._news:
            return len(self._output)

    def raw(self, since: int = 0) -> bytes:
        """The bytes it wrote from that one on."""
        with self._news:
            return bytes(self._output[since:])

    def text(self, since: int = 0) -> str:
        """What it wrote from that byte on, without escape sequences."""
        with self._news:
            return ESCAPES.sub(b"", bytes(self._output[since:])).decode("utf-8", "replace")

    def wait_for(self, pattern: str, *, since: int = 0, timeout: float = 60.0) -> float:
        """When (`time.perf_counter`) the bytes had come that make `pattern` (a regular expression) appear."""
        wanted = re.compile(pattern)
        return self._wait(lambda: bool(wanted.search(self.text(since))), f"{pattern!r}", timeout)

    def wait_for_bytes(self, since: int, timeout: float = 10.0) -> float:
        """When anything at all had come after that byte."""
        return self._wait(lambda: len(self._output) > since, "any output", timeout)

    def settle(self, quiet: float = 0.5, timeout: float = 30.0) -> None:
        """Wait until it has written nothing for `quiet` seconds, or until `timeout`."""
        end = time.perf_counter() + timeout
        with self._news:
            while time.perf_counter() < end:
                last = self._reads[-1][0] if self._reads else self.started
                left = last + quiet - time.perf_counter()
                if left <= 0:
                    return
                self._news.wait(left)

    def send(self, keys: str | bytes) -> float:
        """Type; returns when."""
        data = keys.encode() if isinstance(keys, str) else keys
        at = time.perf_counter()
        os.write(self._master, data)
        return at

    def key_latency(self, key: str, timeout: float = 5.0) -> float:
        """Seconds from a key's byte to the first byte of the answer."""
        before = self.size
        at = self.send(key)
        return self.wait_for_bytes(before, timeout) - at

    def cpu(self) -> float:
        """CPU seconds of the program and all its children so far."""
        return sum(cpu_seconds(pid) for pid in family(self.process.pid))

    def memory(self) -> int:
        """Resident bytes, shared pages counted once (PSS), of the program and all its children."""
        return sum(proportional_memory(pid) for pid in family(self.process.pid))

    def end(self) -> None:
        """Ask it to end, then make it."""
        for sign in (signal.SIGTERM, signal.SIGKILL):
            if self.process.poll() is None:
                self.process.send_signal(sign)
                try:
                    self.process.wait(5)
                except subprocess.TimeoutExpired:
                    continue
        self._reader.join(5)
        os.close(self._master)

    def _wait(self, holds: Callable[[], bool], what: str, timeout: float) -> float:
        end = time.perf_counter() + timeout
        with self._news:
            while not holds():
                left = end - time.perf_counter()
                if left <= 0 or not self._news.wait(left):
                    raise TimeoutError(f"{self.process.args!r} did not show {what} within {timeout} s")
            return self._reads[-1][0] if self._reads else time.perf_counter()

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._master, 1 << 16)
            except OSError:
                return
            if not data:
                return
            with self._news:
                self._output += data
                self._reads.append((time.perf_counter(), len(data)))
                self._news.notify_all()


def _take_terminal() -> None:
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def family(pid: int) -> list[int]:
    """The process and everything it started."""
    children: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children += [int(word) for word in task.read_text().split()]
        except OSError:
            continue
    return [pid, *(found for child in children for found in family(child))]


def cpu_seconds(pid: int) -> float:
    """User and system time of one process; 0 when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


def proportional_memory(pid: int) -> int:
    """PSS in bytes; 0 when it is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
