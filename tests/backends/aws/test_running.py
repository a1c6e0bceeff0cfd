"""Commands inside a task, through a plugin that stands in for AWS's own, to a far end that is on this machine."""

from __future__ import annotations

import os
import pty
import shlex
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.aws_emulators.exec_sessions import Sessions, target_of
from tests.aws_emulators.plugging import install
from tests.aws_emulators.plugin import VERSION
from tests.backends.aws import rows
from tests.backends.aws.rows import World
from tests.backends.aws.stub import Stub
from tuienv.backends.aws.looking.atlas import Atlas
from tuienv.backends.aws.running import EcsExecution, Frame
from tuienv.backends.base import Conflict, Execution, Invalid, NotFound
from tuienv.model import Address

WEB = Address("shop", "web")

LEADS = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY); os.execvp(sys.argv[1], sys.argv[1:])"
"""Makes the terminal that of its session, so that ctrl-c on it is a signal."""


@pytest.fixture
def world(stub: Stub) -> World:
    world = World()
    world.clusters = ["shop"]
    world.services = [rows.service("shop", "web")]
    agent = {"name": "ExecuteCommandAgent", "lastStatus": "RUNNING"}
    container = {"name": "app", "image": "shop:1", "runtimeId": "r-1", "managedAgents": [agent]}
    world.tasks = [rows.task("shop", "web", 1, enableExecuteCommand=True, containers=[container])]
    world.answer(stub)
    return world


class OnThisMachine:
    """A command on a terminal of this machine: the far end of a session."""

    def __init__(self, command: str) -> None:
        self._terminal, inner = pty.openpty()
        argv = [sys.executable, "-c", LEADS, *shlex.split(command)]
        self._process = subprocess.Popen(argv, stdin=inner, stdout=inner, stderr=inner, start_new_session=True)
        os.close(inner)

    def read(self) -> bytes:
        try:
            return os.read(self._terminal, 65536)
        except OSError:  # so Linux says that nobody has the other end any more
            self._process.wait()
            return b""

    def write(self, data: bytes) -> None:
        os.write(self._terminal, data)

    def resize(self, rows: int, columns: int) -> None:
        termios.tcsetwinsize(self._terminal, (rows, columns))

    def close(self) -> None:
        """The one that reads lets go of it."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGHUP)


class Plugin:
    """The plugin on the search path, with its far end on this machine."""

    def __init__(self, folder: Path, stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder, self._opens = folder, True
        self.sessions = Sessions()
        self.token = ""
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
        self.install(VERSION)
        stub.on("ecs", "ExecuteCommand", self._session)

    def install(self, version: str) -> None:
        install(self._folder, version)

    def breaks(self) -> None:
        """No session opens from now on."""
        self._opens = False

    def _session(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        target = target_of(given["cluster"], given["task"].rpartition("/")[2], "r-1")
        session = self.sessions.open(target, partial(OnThisMachine, given["command"]))
        self.token = session["tokenValue"]
        return {"session": session if self._opens else {**session, "tokenValue": "another"}}


@pytest.fixture
def plugin(tmp_path: Path, stub: Stub, monkeypatch: pytest.MonkeyPatch) -> Iterator[Plugin]:
    one = Plugin(tmp_path, stub, monkeypatch)
    yield one
    one.sessions.close()


def output_of(execution: Execution) -> bytes:
    printed = b""
    while (piece := execution.read())[0]:
        printed += piece[1]
    return printed


def test_a_command_has_its_output_and_its_end(world: World, atlas: Atlas, plugin: Plugin) -> None:
    with closing(EcsExecution(atlas, WEB, ["sh", "-c", "echo 'it is < so'; echo two; exit 7"])) as execution:
        assert output_of(execution) == b"it is < so\ntwo\n"
        assert execution.exit_code() == 7


def test_input_reaches_it_and_ends(world: World, atlas: Atlas, plugin: Plugin) -> None:
    with closing(EcsExecution(atlas, WEB, ["sh", "-c", "echo ready; cat"], stdin=True)) as execution:
        printed = b""
        while b"ready" not in printed:
            printed += execution.read()[1]
        execution.write(b"hello\n")
        execution.write(b"")
        assert output_of(execution) == b"hello\n"
        assert execution.exit_code() == 0


def test_input_that_comes_before_the_session_is_open_is_not_lost(world: World, atlas: Atlas, plugin: Plugin) -> None:
    with closing(EcsExecution(atlas, WEB, ["cat"], stdin=True)) as execution:
        execution.write(b"one\ntwo\n")
        execution.write(b"")
        assert output_of(execution) == b"one\ntwo\n"
        assert execution.exit_code() == 0


def test_each_byte_of_input_is_as_it_was_given(world: World, atlas: Atlas, plugin: Plugin) -> None:
    given = bytes(range(256)) * 64
    with closing(EcsExecution(atlas, WEB, ["cat"], stdin=True)) as execution:
        execution.write(given)
        execution.write(b"")
        assert output_of(execution) == given
        assert execution.exit_code() == 0


def test_a_command_may_end_before_its_input(world: World, atlas: Atlas, plugin: Plugin) -> None:
    with closing(EcsExecution(atlas, WEB, ["sh", "-c", "read line; echo $line; exit 3"], stdin=True)) as execution:
        execution.write(b"one\n")
        assert output_of(execution) == b"one\n"
        assert execution.exit_code() == 3


def test_a_command_that_is_given_no_input_has_none(world: World, atlas: Atlas, plugin: Plugin) -> None:
    with closing(EcsExecution(atlas, WEB, ["cat"])) as execution:
        assert output_of(execution) == b""
        assert execution.exit_code() == 0


def test_without_a_tty_each_byte_is_as_it_was_written(world: World, atlas: Atlas, plugin: Plugin) -> None:
    with closing(EcsExecution(atlas, WEB, ["printf", r"one\r\ntwo\n\tthree\000"])) as execution:
        assert output_of(execution) == b"one\r\ntwo\n\tthree\0"


def test_ctrl_c_reaches_what_runs(world: World, atlas: Atlas, plugin: Plugin) -> None:
    waits = "trap 'echo caught; exit 5' INT; echo ready; while read line; do :; done"
    with closing(EcsExecution(atlas, WEB, ["sh", "-c", waits], tty=True)) as execution:
        printed = b""
        while b"ready" not in printed:
            printed += execution.read()[1]
        execution.write(b"\x03")
        assert b"caught\r\n" in output_of(execution)
        assert execution.exit_code() == 5


def test_with_a_tty_it_has_a_terminal_of_that_size(world: World, atlas: Atlas, plugin: Plugin) -> None:
    with closing(EcsExecution(atlas, WEB, ["sh", "-c", "read line; stty size"], tty=True)) as execution:
        execution.resize(33, 111)
        execution.write(b"go\n")
        assert b"33 111\r\n" in output_of(execution)


def test_the_token_is_on_no_command_line(world: World, atlas: Atlas, plugin: Plugin) -> None:
    with closing(EcsExecution(atlas, WEB, ["true"])) as execution:
        output_of(execution)
    (seen,) = plugin.sessions.seen
    assert plugin.token not in " ".join(seen)
    assert "ecs:shop_000000010" in " ".join(seen)


def test_a_session_that_breaks_off_says_what_was_heard(world: World, atlas: Atlas, plugin: Plugin) -> None:
    plugin.breaks()
    with closing(EcsExecution(atlas, WEB, ["true"])) as execution:
        assert output_of(execution) == b""
        with pytest.raises(Conflict, match=r"broke off\. .*Exiting session"):
            execution.exit_code()


def test_a_command_that_runs_has_not_ended(world: World, atlas: Atlas, plugin: Plugin) -> None:
    with closing(EcsExecution(atlas, WEB, ["sh", "-c", "echo up; read line"], stdin=True)) as execution:
        execution.read()
        with pytest.raises(Conflict, match="it still runs"):
            execution.exit_code()


def test_without_the_plugin_one_learns_where_it_is_to_be_had(
    world: World, atlas: Atlas, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Invalid, match=r"session-manager-plugin is not installed.*Install it: https://docs\.aws"):
        EcsExecution(atlas, WEB, ["true"])


def test_a_plugin_that_would_show_the_token_is_refused(world: World, atlas: Atlas, plugin: Plugin) -> None:
    plugin.install("1.2.463.0")
    with pytest.raises(Invalid, match=r"older than 1\.2\.497"):
        EcsExecution(atlas, WEB, ["true"])


def test_a_task_without_exec_says_how_to_enable_it(world: World, atlas: Atlas, plugin: Plugin) -> None:
    world.tasks[0]["enableExecuteCommand"] = False
    with pytest.raises(Conflict, match=r"not enabled for this task.*--enable-execute-command"):
        EcsExecution(atlas, WEB, ["true"])


def test_an_agent_that_does_not_run_says_what_it_lacks(world: World, atlas: Atlas, plugin: Plugin) -> None:
    world.tasks[0]["containers"][0]["managedAgents"][0] |= {"lastStatus": "STOPPED", "reason": "no channel"}
    with pytest.raises(Conflict, match=r"does not run \(no channel\).*ssmmessages:CreateControlChannel"):
        EcsExecution(atlas, WEB, ["true"])


def test_only_what_runs_can_run_something(world: World, atlas: Atlas, plugin: Plugin) -> None:
    world.tasks[0]["lastStatus"] = "PENDING"
    with pytest.raises(Conflict, match="it is starting"):
        EcsExecution(atlas, WEB, ["true"])
    world.tasks.clear()
    with pytest.raises(Conflict, match="no task runs"):
        EcsExecution(atlas, WEB, ["true"])
    with pytest.raises(NotFound):
        EcsExecution(atlas, Address("shop", "web", "ffffffff"), ["true"])


@given(st.binary(max_size=60), st.lists(st.integers(1, 20), max_size=10), st.integers(0, 255))
def test_output_comes_out_as_it_went_in_however_it_is_cut(output: bytes, cuts: list[int], code: int) -> None:
    frame = Frame()
    word = frame.word
    whole = b"greeting <" + f"<{word}>".encode() + output + f"<{word}:{code}>".encode() + b"goodbye"
    found, rest = b"", whole
    for cut in [*cuts, len(whole)]:
        found += frame.feed(rest[:cut])
        rest = rest[cut:]
        if frame.ended:
            break
    assert (found, frame.code) == (output, code)
