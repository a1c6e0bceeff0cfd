"""Commands and shells inside a task, by ECS Exec.

ECS Exec is made for people at a terminal: it tells neither where the output of a command begins, behind its own
greeting, nor how it ended. The shell that runs the command says both, in words that nothing else says, and they are
taken out here.

A terminal also takes some bytes of input for keys, drops what is beyond 4,095 bytes of a line, and hears an end of
input at the beginning of a line alone. So input that is no terminal's goes in lines of base64, and the shell undoes it.
"""

from __future__ import annotations

import json
import re
import secrets
import shlex
from base64 import b64encode
from collections.abc import Iterator, Sequence

from tuienv.backends.aws.looking.atlas import Atlas
from tuienv.backends.aws.looking.grouping import Placed
from tuienv.backends.aws.looking.parts import Form, Row, tail_of, word
from tuienv.backends.aws.plugin import TRIED, Carrier, find_plugin
from tuienv.backends.base import Conflict, Invalid
from tuienv.model import Address, Instance, Status

_ENABLE = "`aws ecs update-service --enable-execute-command --force-new-deployment` enables it."
_AGENT = "ExecuteCommandAgent"
_END_OF_INPUT = b"\x04"
_LINE = 3000
"""Bytes of input that make a line of base64 which a terminal takes. Source: termios(3), "Canonical mode"."""

_DECODED = 'while read -r line; do printf %s "$line" | base64 -d || break; done'


class EcsExecution:
    """A command that runs inside a task; see `Execution`. With or without a tty, ECS Exec has a terminal there:
    without, it is told not to repeat what it is given, and both kinds of output come as one."""

    def __init__(
        self, atlas: Atlas, target: Address, argv: Sequence[str], *, tty: bool = False, stdin: bool = False
    ) -> None:
        placed, one = find_running(atlas, target)
        task = placed.part.members[one.name]
        container = container_of(task, target)
        path = find_plugin(target)
        self._target, self._tty = target, tty
        self._frame = Frame()
        cluster, session = placed.part.home, atlas.asker.session
        told = atlas.asker.ask(
            "ecs",
            "execute_command",
            str(target),
            cluster=cluster,
            task=str(task["taskArn"]),
            container=str(container["name"]),
            interactive=True,
            command=self._frame.command(argv, tty=tty, stdin=stdin),
        )
        reached = f"ecs:{cluster}_{tail_of(str(task['taskArn']))}_{container.get('runtimeId', '')}"
        endpoint = str(session.client("ssm").meta.endpoint_url)
        arguments = [session.region, "StartSession", session.name, json.dumps({"Target": reached}), endpoint]
        self._carrier = Carrier(path, told["session"], arguments, target)

    def read(self) -> tuple[int, bytes]:
        while not self._frame.ended:
            data = self._carrier.read()
            if not data:
                self._frame.cut()
            elif output := self._frame.feed(data):
                return 1, output
        return 0, b""

    def write(self, data: bytes) -> None:
        given = data if self._tty else b"".join(_lines(data))
        self._carrier.write(given or _END_OF_INPUT)

    def resize(self, rows: int, columns: int) -> None:
        if self._tty:
            self._carrier.resize(rows, columns)

    def exit_code(self) -> int:
        """Raises `Conflict` while it runs, and if the session broke off before the command had ended."""
        if self._frame.code is None:
            said = "the session broke off" if self._frame.ended else "it still runs"
            remedy = self._frame.heard or "Read to its end first."
            raise Conflict("ask how the command ended in", self._target, said, remedy)
        return self._frame.code

    def close(self) -> None:
        self._carrier.close()


class Frame:
    """What lies around a command's output: said by the shell that runs it, taken out of what comes."""

    def __init__(self) -> None:
        word = secrets.token_hex(8)
        self._begin, self._end = f"<{word}>".encode(), re.compile(rf"<{word}:(\d+)>".encode())
        self.word = word
        self._held = b""
        self._begun = False
        self.ended = False
        self.code: int | None = None
        self.heard = ""

    def command(self, argv: Sequence[str], *, tty: bool = False, stdin: bool = False) -> str:
        """The command line for ECS Exec. Of the words that it says no part is on it as a whole, so that a terminal
        which repeats the line does not say them. ctrl-c is for the command alone: the shell around it lives on, to say
        how that ended."""
        begin, end = f"printf '<%s>' {self.word}", f"printf '<%s:%s>' {self.word} $?"
        wanted, quiet = shlex.join(argv), "stty -echo -onlcr 2>/dev/null"
        if tty:
            line = f"trap : INT QUIT; {begin}; {wanted}; {end}"
        elif stdin:
            # A command may end before its input does: then nobody is to wait for more of it.
            line = f"{quiet}; {begin}; {_DECODED} | {{ {wanted}; {end}; kill -HUP $$; }}"
        else:
            line = f"{quiet}; {begin}; {wanted} </dev/null; {end}"
        return shlex.join(["/bin/sh", "-c", line])

    def feed(self, data: bytes) -> bytes:
        """The command's own output in what came; what may be the beginning of the end is held back."""
        self._held += data
        if not self._begun:
            _, found, rest = self._held.partition(self._begin)
            if not found:
                return b""
            self._begun, self._held = True, rest
        if (end := self._end.search(self._held)) is not None:
            self.ended, self.code = True, int(end[1])
            return self._held[: end.start()]
        hold = self._held.rfind(b"<")
        kept = hold if hold >= 0 and len(self._held) - hold <= len(self.word) + 6 else len(self._held)
        output, self._held = self._held[:kept], self._held[kept:]
        return output

    def cut(self) -> None:
        """Nothing more comes. What came before the command began says why it did not."""
        self.ended = True
        if not self._begun:
            self.heard = word(self._held.decode("utf-8", "replace"))


def _lines(data: bytes) -> Iterator[bytes]:
    for start in range(0, len(data), _LINE):
        yield b64encode(data[start : start + _LINE]) + b"\n"


def find_running(atlas: Atlas, target: Address) -> tuple[Placed, Instance]:
    """The task that is meant: that one, or the first of the layer that runs. Raises `NotFound`; `Conflict` if none
    runs; `Invalid` for what nothing can be run in."""
    placed = atlas.within(target, TRIED)[0]
    if placed.part.form is not Form.SERVICE:
        said = f"nothing can be run inside a {placed.part.form}"
        raise Invalid(TRIED, target, said, "Run it in an app, which can reach this by ${layers.NAME.url}.")
    found = [one for one in placed.part.instances if target.instance in ("", one.name)]
    running = [
        one for one in found if one.status in (Status.RUNNING, Status.DEGRADED) and one.name in placed.part.members
    ]
    if not running:
        said = f"it is {found[0].status}" if found else "no task runs"
        raise Conflict(TRIED, target, said, "Start it first.")
    return placed, min(running, key=lambda one: one.status is not Status.RUNNING)


def container_of(task: Row, target: Address) -> Row:
    """The container that the command runs in: the first with an agent. Raises `Conflict` where ECS Exec cannot be
    had."""
    if not task.get("enableExecuteCommand"):
        raise Conflict(TRIED, target, "ECS Exec is not enabled for this task", _ENABLE)
    states = []
    for container in task.get("containers") or ():
        for agent in container.get("managedAgents") or ():
            if agent.get("name") == _AGENT:
                if agent.get("lastStatus") == "RUNNING":
                    return dict(container)
                states.append(word(agent.get("reason") or agent.get("lastStatus")))
    said = f"the agent of ECS Exec does not run ({', '.join(states) or 'there is none'})"
    remedy = (
        "Its task role needs ssmmessages:CreateControlChannel, CreateDataChannel, OpenControlChannel, OpenDataChannel."
    )
    raise Conflict(TRIED, target, said, remedy)
