"""The whole program on a terminal of its own."""

from __future__ import annotations

import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Sequence
from contextlib import suppress
from fcntl import ioctl
from pathlib import Path

import pyte

ROWS, COLUMNS = 24, 80
PATIENCE = 60.0


class Terminal:
    """A program on a pty, its output as it came and as a terminal shows it."""

    def __init__(self, *words: str, program: Sequence[str] = ("-m", "tuienv")) -> None:
        self.master, slave = pty.openpty()
        ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.before = termios.tcgetattr(slave)
        self.slave = slave
        self.output = b""
        self.screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self.screen)
        env = {**os.environ, "TERM": "xterm-256color"}
        command = [sys.executable, *program, *words]
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=env, preexec_fn=_take_terminal
        )

    def lines(self) -> list[str]:
        """What is on the screen. pyte's own `display` fails where half of a wide character was painted over."""
        return ["".join(self.screen.buffer[row][column].data for column in range(COLUMNS)) for row in range(ROWS)]

    def until(self, text: str, *, raw: bool = False) -> None:
        """Read until a text is on the screen, or in what was written."""
        end = time.monotonic() + PATIENCE
        if not raw:
            self.until_one_of([text])
        while raw and text.encode() not in self.output:
            assert time.monotonic() < end, f"{text!r} did not come:\n" + "\n".join(self.lines())
            self._read()

    def until_one_of(self, texts: Sequence[str]) -> None:
        """Read until one of these is on the screen."""
        end = time.monotonic() + PATIENCE
        while not any(text in line for line in self.lines() for text in texts):
            assert time.monotonic() < end, f"none of {texts} came:\n" + "\n".join(self.lines())
            self._read()

    def until_without(self, text: str) -> None:
        """Read until a text is not on the screen any more."""
        end = time.monotonic() + PATIENCE
        while any(text in line for line in self.lines()):
            assert time.monotonic() < end, f"{text!r} stays:\n" + "\n".join(self.lines())
            self._read()

    def ends(self) -> int:
        """Wait for the program's end; its exit code."""
        end = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < end, "it does not end"
            self._read()
        self._read()
        return self.process.returncode

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def go_away(self) -> None:
        """The terminal is gone: nobody is at the other end any more."""
        os.close(self.slave)
        os.close(self.master)

    def stop_taking(self) -> None:
        """Take nothing more, as after ctrl+s: whoever writes waits."""
        termios.tcflow(self.slave, termios.TCOOFF)

    def family(self) -> list[int]:
        """The process and those that it started: file descriptors (pidfd) that can be read when a process has ended."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [os.pidfd_open(pid) for pid in (self.process.pid, *map(int, children))]

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for end in (self.master, self.slave):
            with suppress(OSError):
                os.close(end)

    def _read(self) -> None:
        if select.select([self.master], [], [], 0.05)[0]:
            data = os.read(self.master, 65536)
            self.output += data
            # pyte knows nothing of `CSI > … u` (the keyboard protocol) and shows its end as text.
            self._stream.feed(re.sub(rb"\x1b\[[<>=?][0-9;]*[a-zA-Z$]+|\x1b\[\?[0-9$]+p", b"", data))


def _take_terminal() -> None:
    """Be what a shell is to its terminal, so that the kernel says when it is gone."""
    os.setsid()
    ioctl(0, termios.TIOCSCTTY, 0)
