"""Commands inside a container: one that is waited for, and the frames in which the engine wraps their output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tuienv.backends.base import Conflict, Unreachable
from tuienv.backends.docker_engine.client import ByteStream, Client

_HEADER = 8
"""Bytes before each piece of output without a tty: its stream (1 or 2), three zeros, its length in four bytes.
Source: the Engine API, "Attach to a container", stream format."""


class Frames:
    """Takes the frames apart as bytes come in."""

    def __init__(self) -> None:
        self._held = b""

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """The whole frames so far, as (stream, payload)."""
        self._held += data
        found = []
        while len(self._held) >= _HEADER:
            end = _HEADER + int.from_bytes(self._held[4:_HEADER], "big")
            if len(self._held) < end:
                break
            found.append((self._held[0], self._held[_HEADER:end]))
            self._held = self._held[end:]
        return found


def start_exec(
    client: Client,
    container: str,
    name: str,
    argv: Sequence[str],
    *,
    tty: bool = False,
    stdin: bool = False,
    environment: Mapping[str, str] | None = None,
) -> tuple[str, ByteStream]:
    """Start a command in a container; returns the ID of the exec and its connection."""
    wanted = {"AttachStdout": True, "AttachStderr": True, "AttachStdin": stdin, "Tty": tty, "Cmd": list(argv)}
    wanted["Env"] = [f"{key}={value}" for key, value in (environment or {}).items()]
    path = f"/containers/{container}/exec"
    made = client.call("POST", path, body=wanted, tried="run a command in", target=name)
    start = {"Detach": False, "Tty": tty}
    return str(made["Id"]), client.hijack(f"/exec/{made['Id']}/start", start, tried="run a command in", target=name)


def exit_code_of(client: Client, exec_id: str, name: str) -> int | None:
    """How the command ended; None while it runs."""
    found = client.get(f"/exec/{exec_id}/json", tried="ask how the command ended in", target=name)
    return None if found.get("Running") else found.get("ExitCode")


def output_of(client: Client, container: str, name: str, argv: Sequence[str], timeout: float = 10.0) -> bytes:
    """What a short command in a container prints. Raises `Conflict` if it fails, `Unreachable` if it hangs."""
    code, printed = attempt(client, container, name, argv, timeout=timeout)
    if code:
        said = f"{argv[0]} exited with {code}"
        raise Conflict("run a command in", name, said, "The image may lack what the command needs.")
    return printed


def attempt(
    client: Client,
    container: str,
    name: str,
    argv: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    timeout: float = 10.0,
) -> tuple[int | None, bytes]:
    """How a short command in a container ended, and what it printed. Raises `Unreachable` if it hangs."""
    exec_id, stream = start_exec(client, container, name, argv, environment=environment)
    try:
        printed = _collect(stream, name, timeout)
    finally:
        stream.close()
    return exit_code_of(client, exec_id, name), printed


def _collect(stream: ByteStream, name: str, timeout: float) -> bytes:
    frames, printed = Frames(), b""
    while data := stream.read(timeout=timeout):
        printed += b"".join(payload for _, payload in frames.feed(data))
    if data is None:
        raise Unreachable("run a command in", name, f"it printed nothing for {timeout:g} seconds", "Try again.")
    return printed
