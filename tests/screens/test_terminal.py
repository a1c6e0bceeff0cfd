"""What a terminal is sent, byte by byte: no strangers' commands, and no traceback."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.screens.terminal import Terminal
from tests.screens.test_hostile import HOSTILE

SENT_BY_TEXTUAL = re.compile(rb"\x1b\[[<>=?]?[0-9;]*(?:[mHhlu]|\$p)|\x1b\]22;[a-z-]+\x07|\r|\n")
"""Colours, places, modes, the keyboard protocol, questions about modes, and the shape of the mouse pointer."""

START = "import sys; sys.argv[1:] = ['demo']; from tuienv.__main__ import main; main()"
SECRET = "hunter2"
FAIL = f"""
def fail(*arguments):
    raise RuntimeError('password={SECRET}')
"""


@pytest.fixture
def terminals() -> Iterator[list[Terminal]]:
    opened: list[Terminal] = []
    yield opened
    for terminal in opened:
        terminal.close()


@pytest.mark.parametrize("number", range(len(HOSTILE)), ids=lambda number: ascii(HOSTILE[number][:12]))
def test_no_command_of_a_stranger_reaches_it(number: int, terminals: list[Terminal]) -> None:
    terminal = Terminal(str(number), program=("-m", "tests.screens.strangers"))
    terminals.append(terminal)
    terminal.until("Overview")
    for keys, sign in (("j2", "live"), ("1", "drift"), ("d", "esc back"), ("\x1b", "l logs")):
        terminal.type(keys)
        terminal.until(sign)
    terminal.type("q")
    assert terminal.ends() == 0
    text = SENT_BY_TEXTUAL.sub(b"", terminal.output)
    commands = re.findall(rb"[\x00-\x1f\x7f].{0,12}|\xc2[\x80-\x9f].{0,12}", text)
    assert not commands
    assert not re.findall("[\u202a-\u202e\u2066-\u2069]", text.decode())


@pytest.mark.parametrize(
    ("crash", "keys"),
    [
        ("from tuienv.screens.main import MainScreen; MainScreen.action_refresh = fail", "r"),
        ("from tuienv.screens.main import MainScreen; MainScreen._describe = fail", "jj"),
        ("from tuienv.screens.driver import TerminalDriver; TerminalDriver.process_message = fail", "r"),
    ],
    ids=["a key", "a worker of the screen", "the thread that reads keys"],
)
def test_a_crash_is_a_sentence_and_a_report(crash: str, keys: str, terminals: list[Terminal]) -> None:
    terminal = Terminal(program=("-c", f"{FAIL}\n{crash}\n{START}"))
    terminals.append(terminal)
    terminal.until_one_of(["l logs", "should not have happened"])
    terminal.type(keys)
    assert terminal.ends() == 1
    assert b"this should not have happened" in terminal.output
    assert b"Traceback" not in terminal.output
    assert SECRET.encode() not in terminal.output
    (report,) = (Path(os.environ["TUIENV_HOME"]) / "state").glob("crash-*.log")
    assert "RuntimeError" in report.read_text()
    assert SECRET not in report.read_text()


@pytest.mark.parametrize(
    "crash",
    [
        "from tuienv.screens.known import Known; Known.take = fail",
        "import threading; threading.Timer(0.2, fail).start()",
        "import asyncio; from tuienv.worker.client import Worker; spawn = Worker.spawn; "
        "Worker.spawn = lambda self: (asyncio.get_running_loop().call_later(0.2, fail), spawn(self))[1]",
    ],
    ids=["an update", "a thread", "a callback"],
)
def test_what_fails_beside_the_screen_is_not_told_on_it(crash: str, terminals: list[Terminal]) -> None:
    terminal = Terminal(program=("-c", f"{FAIL}\n{crash}\n{START}"))
    terminals.append(terminal)
    terminal.until("Overview")
    terminal.type("?")
    terminal.until("Keys")
    terminal.type("\x11")
    assert terminal.ends() == 0
    assert b"Traceback" not in terminal.output
    assert SECRET.encode() not in terminal.output


def test_what_was_typed_before_the_screen_was_up_goes_where_it_was_meant_to(terminals: list[Terminal]) -> None:
    terminal = Terminal("demo")
    terminals.append(terminal)
    terminal.type("/cache\r")
    terminal.until(" cache" + 12 * " ")
    terminal.until_without("edge")
    terminal.until("l logs")
