"""Commands and shells inside an instance."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from tuienv.backends.base import Conflict, NotFound
from tuienv.backends.docker import naming
from tuienv.backends.docker.executing import Frames, exit_code_of, start_exec
from tuienv.backends.docker.listing import list_layer
from tuienv.backends.docker.reading import Found
from tuienv.backends.docker_engine.client import Client
from tuienv.model import Address

_STDERR = 2


class DockerExecution:
    """A command that runs inside a container; see `Execution`."""

    def __init__(self, client: Client, one: Found, argv: Sequence[str], *, tty: bool, stdin: bool) -> None:
        self._client, self._name, self._tty = client, one.name, tty
        self._exec, self._stream = start_exec(client, one.id, one.name, argv, tty=tty, stdin=stdin)
        self._frames = Frames()
        self._ready: deque[tuple[int, bytes]] = deque()

    def read(self) -> tuple[int, bytes]:
        while not self._ready:
            data = self._stream.read()
            if not data:
                return 0, b""
            found = [(1, data)] if self._tty else self._frames.feed(data)
            self._ready.extend((_STDERR if stream == _STDERR else 1, text) for stream, text in found if text)
        return self._ready.popleft()

    def write(self, data: bytes) -> None:
        if data:
            self._stream.write(data)
        else:
            self._stream.end_input()

    def resize(self, rows: int, columns: int) -> None:
        if self._tty:
            path, params = f"/exec/{self._exec}/resize", {"h": rows, "w": columns}
            self._client.send("POST", path, params, tried="resize the terminal in", target=self._name)

    def exit_code(self) -> int:
        """Raises `Conflict` while it still runs."""
        code = exit_code_of(self._client, self._exec, self._name)
        if code is None:
            raise Conflict("ask how the command ended in", self._name, "it still runs", "Read to its end first.")
        return code

    def close(self) -> None:
        self._stream.close()


def find_running(client: Client, target: Address) -> Found:
    """The instance that is meant: that one, or the first of the layer that runs. Raises `NotFound`, or `Conflict`
    if it does not run."""
    found = list_layer(client, Address(target.environment, target.layer))
    if target.instance:
        found = [one for one in found if one.address.instance == target.instance]
    if not found:
        raise NotFound("run a command in", target, "there is no such instance", "`tuienv status` shows what there is.")
    ready = [one for one in found if one.state == "running" and not one.name.endswith(naming.NEXT)]
    running = ready or [one for one in found if one.state == "running"]
    if not running:
        raise Conflict("run a command in", target, f"it is {found[0].state}", "Start it first.")
    return running[0]
