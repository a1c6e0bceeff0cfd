"""run: a command inside, its output, its exit code; a shell on a real pseudo-terminal."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.conftest import Tuienv
from tuienv.backends.sandbox import Cloud

PATIENCE = 30.0
"""Seconds after which a terminal that does not say what is expected has failed the test."""

APPLIED = """
import os, sys
from tuienv.cli import run
keyboard = os.dup(0)
os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
assert run(["apply", "shop", "--yes"]) == 0
os.dup2(keyboard, 0)
sys.exit(run(sys.argv[1:]))
"""


def test_run_gives_output_and_exit_code(tuienv: Tuienv, applied: Path) -> None:
    result = tuienv("run", "shop/web", "--", "echo", "--not-an-option", "hello")
    assert (result.code, result.out, result.err) == (0, "--not-an-option hello\n", "")
    assert tuienv("run", "shop/web/2", "hostname").out.strip().endswith("web-2")
    assert tuienv("run", "shop/web", "--", "false").code == 1
    missing = tuienv("run", "shop/web", "nosuch")
    assert (missing.code, missing.out, missing.err) == (127, "", "sh: nosuch: not found\n")


def test_run_refuses_a_read_only_session(tuienv: Tuienv, applied: Path) -> None:
    result = tuienv("--read-only", "run", "shop/web", "hostname")
    assert (result.code, result.out) == (3, "")
    assert "read-only session" in result.err


def test_run_where_nothing_is(tuienv: Tuienv, shop: Path) -> None:
    result = tuienv("run", "shop/web", "hostname")
    assert result.code == 1
    assert "does not exist yet" in result.err


def test_a_terminal_is_given_only_where_there_is_one(tuienv: Tuienv, applied: Path) -> None:
    result = tuienv("run", "-it", "shop/web")
    assert result.code == 1
    assert "leave out -t" in result.err


def test_input_is_given_where_it_is_asked_for(shop: Path, sandbox: Cloud) -> None:
    done = subprocess.run(
        [sys.executable, "-c", APPLIED, "run", "-i", "shop/web", "--", "cat"],
        input=b"one\ntwo \xff\n",
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith(b"one\ntwo \xff\n")


class Terminal:
    """A program on a pseudo-terminal of its own."""

    def __init__(self, program: subprocess.Popen[bytes], screen: int) -> None:
        self.program, self.screen = program, screen
        self.seen = b""

    def type(self, keys: bytes) -> None:
        os.write(self.screen, keys)

    def wait_for(self, text: bytes) -> None:
        """Read until the text was shown."""
        until = time.monotonic() + PATIENCE
        while text not in self.seen:
            ready, _, _ = select.select([self.screen], [], [], max(0.0, until - time.monotonic()))
            assert ready, f"{text!r} was not shown, but {self.seen!r}"
            self.seen += os.read(self.screen, 65536)


@contextmanager
def terminal(*words: str, code: str = APPLIED) -> Iterator[Terminal]:
    """Run code with these words on a terminal; killed at the end if it has not ended."""
    ours, theirs = pty.openpty()
    program = subprocess.Popen([sys.executable, "-c", code, *words], stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    try:
        yield Terminal(program, ours)
    finally:
        program.kill()
        program.wait()
        os.close(ours)


def test_a_shell_on_a_terminal(shop: Path, sandbox: Cloud) -> None:
    with terminal("run", "-it", "shop/web") as shell:
        shell.wait_for(b":~$ ")
        assert not termios.tcgetattr(shell.screen)[3] & termios.ICANON, "every key goes to the shell"
        shell.type(b"echo $LOG_LEVEL\r")
        shell.wait_for(b"\r\ninfo\r\n")
        shell.program.send_signal(signal.SIGWINCH)
        shell.type(b"exit 3\r")
        assert shell.program.wait(PATIENCE) == 3
        assert termios.tcgetattr(shell.screen)[3] & termios.ICANON, "the terminal is as it was"


def test_a_question_is_asked_on_a_terminal(shop: Path, sandbox: Cloud) -> None:
    with terminal("destroy", "shop") as program:
        program.wait_for(b"Type shop to go ahead")
        program.type(b"shop\r")
        program.wait_for(b"kept: volume shop_db-data, which holds data")
        assert program.program.wait(PATIENCE) == 0
    assert b"\x1b[5A" in program.seen, "progress is rewritten in place"


def test_no_color_is_honoured(shop: Path, sandbox: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    with terminal("status", "shop") as program:
        program.program.wait(PATIENCE)
        program.wait_for(b"\x1b[32m")
    monkeypatch.setenv("NO_COLOR", "1")
    with terminal("status", "shop") as program:
        program.wait_for(b"load balancer")
        assert program.program.wait(PATIENCE) == 0
    assert b"\x1b[3" not in program.seen


INTERRUPTED = """
import sys
from tuienv.backends.sandbox import Trouble, worlds
from tuienv.cli import run
if sys.argv[1] == "hang":
    worlds.process_cloud().faults.add(Trouble.HANGING, "create_instance")
sys.exit(run(["apply", "shop", "--yes"]))
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_an_apply_between_two_steps(
    shop: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals, code: int
) -> None:
    monkeypatch.setenv("TUIENV_SANDBOX", "empty:latency=0,speed=0.1")
    with terminal("go", code=INTERRUPTED) as program:
        program.wait_for(b"start")
        program.program.send_signal(number)
        program.wait_for(b"stopping after the step that runs now")
        program.wait_for(b"not done: create shop/edge")
        program.wait_for(b"of 5 changes done")
        assert program.program.wait(PATIENCE) == code
    assert b"done: create shop\r\n" in program.seen


def test_a_second_ctrl_c_leaves_at_once(shop: Path, sandbox: Cloud) -> None:
    with terminal("hang", code=INTERRUPTED) as program:
        program.wait_for(b"create shop-db-1")
        program.program.send_signal(signal.SIGINT)
        program.wait_for(b"once more to leave at once")
        program.program.send_signal(signal.SIGINT)
        program.wait_for(b"left in the middle of a step")
        assert program.program.wait(PATIENCE) == 130
