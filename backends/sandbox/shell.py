"""A toy shell: enough commands to try running something inside an instance, with and without a terminal."""

from __future__ import annotations

import shlex
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from string import Template

from tuienv.backends.sandbox.records import Record

PATIENCE = 3600.0
"""Seconds that a read waits for input at most, so that a forgotten shell ends some day."""


class ToyShell:
    """Runs one command line after the other; each gives its output (1: stdout, 2: stderr) and its exit code."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self.ended: int | None = None

    @property
    def prompt(self) -> bytes:
        return f"app@{self._record.label}:~$ ".encode()

    def line(self, text: str) -> tuple[list[tuple[int, bytes]], int]:
        """Run what a shell was given: commands with ``;`` between them."""
        output: list[tuple[int, bytes]] = []
        code = 0
        for part in text.split(";"):
            try:
                argv = shlex.split(Template(part).safe_substitute(self._variables()))
            except ValueError as error:
                return [(2, f"sh: syntax error: {error}\n".encode())], 2
            if argv and self.ended is None:
                shown, code = self.command(argv)
                output += shown
        return output, code

    def command(self, argv: Sequence[str]) -> tuple[list[tuple[int, bytes]], int]:
        """Run one command."""
        match list(argv):
            case ["sh" | "bash", "-c" | "-lc", text, *_]:
                return self.line(text)
            case ["exit", *rest]:
                self.ended = int(rest[0]) if rest and rest[0].isdigit() else 0
                return [], self.ended
            case ["cat", *paths]:
                return self._cat(paths)
            case [name, *rest]:
                return self._simple(name, rest)
        return [], 0

    def _simple(self, name: str, rest: Sequence[str]) -> tuple[list[tuple[int, bytes]], int]:
        known: Mapping[str, tuple[str, int]] = {
            "echo": (" ".join(rest) + "\n", 0),
            "env": ("".join(f"{key}={value}\n" for key, value in self._variables().items()), 0),
            "hostname": (f"{self._record.label}\n", 0),
            "ls": ("app  etc  proc  tmp\n", 0),
            "ps": ("PID COMMAND\n  1 " + (" ".join(self._record.blueprint.command) or "shop") + "\n", 0),
            "pwd": ("/app\n", 0),
            "true": ("", 0),
            "false": ("", 1),
        }
        if name not in known:
            return [(2, f"sh: {name}: not found\n".encode())], 127
        text, code = known[name]
        return ([(1, text.encode())] if text else []), code

    def _cat(self, paths: Sequence[str]) -> tuple[list[tuple[int, bytes]], int]:
        files = {
            "/etc/hostname": f"{self._record.label}\n",
            "/etc/os-release": 'PRETTY_NAME="Sandbox 1"\nID=sandbox\n',
            "/proc/1/cmdline": "\0".join(self._record.blueprint.command) + "\0",
        }
        output, code = [], 0
        for path in paths:
            if path in files:
                output.append((1, files[path].encode()))
            else:
                output.append((2, f"cat: {path}: No such file or directory\n".encode()))
                code = 1
        return output, code

    def _variables(self) -> Mapping[str, str]:
        return {"HOSTNAME": self._record.label, "PATH": "/usr/bin:/bin", **self._record.blueprint.variables}


class ToyExecution:
    """An `Execution` of a toy: a shell that reads lines, a ``cat`` that gives its input back, or one command."""

    def __init__(self, record: Record, argv: Sequence[str], *, tty: bool, stdin: bool) -> None:
        self._shell = ToyShell(record)
        self._tty = tty
        self._output: deque[tuple[int, bytes]] = deque()
        self._ready = threading.Condition()
        self._typed = bytearray()
        self._code: int | None = None
        self._copies = list(argv) == ["cat"] and (stdin or tty)
        asked_for_shell = list(argv) in (["sh"], ["bash"], ["sh", "-l"], ["bash", "-l"]) or argv[-1].endswith("exec sh")
        if asked_for_shell and (stdin or tty):
            self._prompt()
        elif not self._copies:
            self._run_one(argv)

    def read(self) -> tuple[int, bytes]:
        with self._ready:
            self._ready.wait_for(lambda: self._output or self._code is not None, PATIENCE)
            return self._output.popleft() if self._output else (0, b"")

    def write(self, data: bytes) -> None:
        with self._ready:
            if self._code is None:
                self._take(data)
                self._ready.notify_all()

    def resize(self, rows: int, columns: int) -> None:
        """The toy shell draws nothing that depends on it."""

    def exit_code(self) -> int:
        with self._ready:
            self._ready.wait_for(lambda: self._code is not None, PATIENCE)
            return 0 if self._code is None else self._code

    def close(self) -> None:
        self._end(137)

    def _take(self, data: bytes) -> None:
        if not data or b"\x04" in data:
            if self._copies and self._typed:
                self._show(1, bytes(self._typed))
            self._end(0)
            return
        if self._tty:
            self._show(1, data.replace(b"\r", b"\n"))
        self._typed += data.replace(b"\r", b"\n")
        while b"\n" in self._typed and self._code is None:
            line, _, rest = bytes(self._typed).partition(b"\n")
            self._typed = bytearray(rest)
            self._line(line)

    def _line(self, line: bytes) -> None:
        if self._copies:
            self._show(1, line + b"\n")
            return
        output, code = self._shell.line(line.decode(errors="replace"))
        for where, text in output:
            self._show(where, text)
        if self._shell.ended is not None:
            self._end(code)
        else:
            self._prompt()

    def _run_one(self, argv: Sequence[str]) -> None:
        output, code = self._shell.command(argv)
        for where, text in output:
            self._show(where, text)
        self._end(code)

    def _prompt(self) -> None:
        if self._tty:
            self._output.append((1, self._shell.prompt))

    def _show(self, where: int, text: bytes) -> None:
        if self._tty:
            self._output.append((1, text.replace(b"\n", b"\r\n")))
        else:
            self._output.append((where, text))

    def _end(self, code: int) -> None:
        with self._ready:
            if self._code is None:
                self._code = code
            self._ready.notify_all()
