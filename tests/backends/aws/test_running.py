"""Commands inside a task, through a plugin that stands in for AWS's own: it runs what ECS Exec was asked to run."""

from __future__ import annotations

import os
import stat
import sys
import textwrap
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.backends.aws import rows
from tests.backends.aws.rows import World
from tests.backends.aws.stub import Stub
from tuienv.backends.aws.looking.atlas import Atlas
from tuienv.backends.aws.plugin import PROGRAM, RESPONSE
from tuienv.backends.aws.running import EcsExecution, Frame
from tuienv.backends.base import Conflict, Execution, Invalid, NotFound
from tuienv.model import Address

WEB = Address("shop", "web")
TOKEN = "token-that-nobody-may-see"

PLUGIN = """\
    #!{python}
    import json, os, shlex, subprocess, sys
    if sys.argv[1:] == ["--version"]:
        print("{version}")
        sys.exit()
    open("{seen}", "w").write(json.dumps(sys.argv))
    session = json.loads(os.environ.pop("{variable}"))
    assert session["tokenValue"] == "{token}"
    print("\\nThe Session Manager plugin was installed.\\n\\nStarting session with SessionId: 1", flush=True)
    if session["streamUrl"] != "broken":
        subprocess.run(shlex.split(open("{command}").read()))
    print("\\n\\nExiting session with sessionId: 1.\\n", flush=True)
"""


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


class Plugin:
    """The plugin on the search path. `seen`: the arguments that it was started with."""

    def __init__(self, folder: Path, stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder, self.url = folder, "wss://ssmmessages"
        self.seen, self.command = folder / "seen", folder / "command"
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
        self.install("1.2.707.0")
        stub.on("ecs", "ExecuteCommand", self._session)

    def install(self, version: str) -> None:
        told = {
            "python": sys.executable,
            "version": version,
            "seen": self.seen,
            "variable": RESPONSE,
            "token": TOKEN,
            "command": self.command,
        }
        path = self._folder / PROGRAM
        path.write_text(textwrap.dedent(PLUGIN).format(**told))
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def _session(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        self.command.write_text(given["command"])
        return {"session": {"sessionId": "1", "streamUrl": self.url, "tokenValue": TOKEN}}


@pytest.fixture
def plugin(tmp_path: Path, stub: Stub, monkeypatch: pytest.MonkeyPatch) -> Plugin:
    return Plugin(tmp_path, stub, monkeypatch)


def output_of(execution: Execution) -> bytes:
    printed = b""
    while (piece := execution.read())[0]:
        printed += piece[1]
    return printed


def test_a_command_has_its_output_and_its_end(world: World, atlas: Atlas, plugin: Plugin) -> None:
    with closing(EcsExecution(atlas, WEB, ["sh", "-c", "echo 'it is < so'; echo two; exit 7"], tty=False)) as execution:
        assert output_of(execution) == b"it is < so\ntwo\n"
        assert execution.exit_code() == 7


def test_input_reaches_it_and_ends(world: World, atlas: Atlas, plugin: Plugin) -> None:
    with closing(EcsExecution(atlas, WEB, ["sh", "-c", "echo ready; cat"], tty=False)) as execution:
        printed = b""
        while b"ready" not in printed:
            printed += execution.read()[1]
        execution.write(b"hello\n")
        execution.write(b"")
        assert output_of(execution) == b"hello\n"
        assert execution.exit_code() == 0


def test_with_a_tty_it_has_a_terminal_of_that_size(world: World, atlas: Atlas, plugin: Plugin) -> None:
    with closing(EcsExecution(atlas, WEB, ["sh", "-c", "read line; stty size"], tty=True)) as execution:
        execution.resize(33, 111)
        execution.write(b"go\n")
        assert b"33 111\r\n" in output_of(execution)


def test_the_token_is_on_no_command_line(world: World, atlas: Atlas, plugin: Plugin) -> None:
    with closing(EcsExecution(atlas, WEB, ["true"], tty=False)) as execution:
        output_of(execution)
    seen = plugin.seen.read_text()
    assert TOKEN not in seen
    assert "ecs:shop_000000010" in seen.replace("\\", "")


def test_a_session_that_breaks_off_says_what_was_heard(world: World, atlas: Atlas, plugin: Plugin) -> None:
    plugin.url = "broken"
    with closing(EcsExecution(atlas, WEB, ["true"], tty=False)) as execution:
        assert output_of(execution) == b""
        with pytest.raises(Conflict, match=r"broke off\. .*Exiting session"):
            execution.exit_code()


def test_a_command_that_runs_has_not_ended(world: World, atlas: Atlas, plugin: Plugin) -> None:
    with closing(EcsExecution(atlas, WEB, ["sh", "-c", "echo up; read line"], tty=False)) as execution:
        execution.read()
        with pytest.raises(Conflict, match="it still runs"):
            execution.exit_code()


def test_without_the_plugin_one_learns_where_it_is_to_be_had(
    world: World, atlas: Atlas, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Invalid, match=r"session-manager-plugin is not installed.*Install it: https://docs\.aws"):
        EcsExecution(atlas, WEB, ["true"], tty=False)


def test_a_plugin_that_would_show_the_token_is_refused(world: World, atlas: Atlas, plugin: Plugin) -> None:
    plugin.install("1.2.463.0")
    with pytest.raises(Invalid, match=r"older than 1\.2\.497"):
        EcsExecution(atlas, WEB, ["true"], tty=False)


def test_a_task_without_exec_says_how_to_enable_it(world: World, atlas: Atlas, plugin: Plugin) -> None:
    world.tasks[0]["enableExecuteCommand"] = False
    with pytest.raises(Conflict, match=r"not enabled for this task.*--enable-execute-command"):
        EcsExecution(atlas, WEB, ["true"], tty=False)


def test_an_agent_that_does_not_run_says_what_it_lacks(world: World, atlas: Atlas, plugin: Plugin) -> None:
    world.tasks[0]["containers"][0]["managedAgents"][0] |= {"lastStatus": "STOPPED", "reason": "no channel"}
    with pytest.raises(Conflict, match=r"does not run \(no channel\).*ssmmessages:CreateControlChannel"):
        EcsExecution(atlas, WEB, ["true"], tty=False)


def test_only_what_runs_can_run_something(world: World, atlas: Atlas, plugin: Plugin) -> None:
    world.tasks[0]["lastStatus"] = "PENDING"
    with pytest.raises(Conflict, match="it is starting"):
        EcsExecution(atlas, WEB, ["true"], tty=False)
    world.tasks.clear()
    with pytest.raises(Conflict, match="no task runs"):
        EcsExecution(atlas, WEB, ["true"], tty=False)
    with pytest.raises(NotFound):
        EcsExecution(atlas, Address("shop", "web", "ffffffff"), ["true"], tty=False)


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
