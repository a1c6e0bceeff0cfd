"""The terminal goes away, or takes nothing any more: both processes end."""

from __future__ import annotations

import os
import select
import signal
import termios
from collections.abc import Iterator

import pytest

from tests.screens.terminal import PATIENCE, Terminal

IGNORING = (
    "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN); import sys; sys.argv[0] = 'tuienv'; "
    "from tuienv.__main__ import main; main()"
)


@pytest.fixture
def demo() -> Iterator[Terminal]:
    terminal = Terminal("demo")
    yield terminal
    terminal.close()


def ended(family: list[int]) -> bool:
    """Wait for the end of these processes. They are killed where they do not end."""
    left = set(family)
    try:
        while left:
            gone, _, _ = select.select(left, [], [], PATIENCE)
            if not gone:
                return False
            left -= set(gone)
        return True
    finally:
        for pidfd in family:
            if pidfd in left:
                signal.pidfd_send_signal(pidfd, signal.SIGKILL)
            os.close(pidfd)


def open_and_leave(terminal: Terminal, keys: str, sign: str, more: str = "") -> list[int]:
    """Have the program at work, press these keys until `sign` shows, press more, and go away. Its processes."""
    terminal.until("shop")
    terminal.type(keys)
    terminal.until(sign)
    family = terminal.family()
    assert len(family) == 2, "the screen and its worker"
    terminal.type(more)
    terminal.go_away()
    return family


@pytest.mark.parametrize(
    ("keys", "sign"),
    [("", "shop"), ("jd", "esc"), ("jl", "live"), ("?", "Keys"), (":", ":"), ("jz", "medium")],
    ids=["tree", "describe", "logs", "help", "command line", "size"],
)
def test_both_processes_end_with_the_terminal(demo: Terminal, keys: str, sign: str) -> None:
    assert ended(open_and_leave(demo, keys, sign))


def test_keys_that_are_still_to_be_answered_hold_nothing_up(demo: Terminal) -> None:
    assert ended(open_and_leave(demo, "jd", "esc", more="jkjkjkjk" * 20))


def test_a_hang_up_that_nobody_is_told_of_is_seen() -> None:
    terminal = Terminal("demo", program=("-c", IGNORING))
    assert ended(open_and_leave(terminal, "", "shop"))
    terminal.close()


def test_the_kernels_sigcont_starts_nothing_anew(demo: Terminal) -> None:
    demo.until("shop")
    demo.process.send_signal(signal.SIGCONT)
    demo.type("?")
    demo.until("Keys")
    family = demo.family()
    demo.go_away()
    assert ended(family)


def test_ctrl_z_gives_the_terminal_back_and_fg_paints_all_of_it_anew(demo: Terminal) -> None:
    demo.until("l logs")
    for _ in range(3):
        demo.type("\x1a")
        demo.until("\x1b[?1049l", raw=True)
        os.waitid(os.P_PID, demo.process.pid, os.WSTOPPED | os.WNOWAIT)
        assert termios.tcgetattr(demo.slave) == demo.before
        demo.output = b""
        demo.screen.reset()
        os.kill(demo.process.pid, signal.SIGCONT)
        for said in ("tuienv", "mailer-production", "Overview", "? help"):
            demo.until(said)
    demo.type("q")
    assert demo.ends() == 0
    assert termios.tcgetattr(demo.slave) == demo.before


def test_sigterm_ends_it_when_the_terminal_takes_nothing_any_more(demo: Terminal) -> None:
    demo.until("shop")
    family = demo.family()
    demo.stop_taking()
    demo.process.send_signal(signal.SIGTERM)
    assert ended(family)
    assert demo.process.wait() == 128 + signal.SIGTERM
