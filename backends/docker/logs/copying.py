"""One finished log as its container wrote it, for whoever needs neither times nor an order among several."""

from __future__ import annotations

import time
from collections.abc import Generator

from tuienv.backends.docker.logs.containers import READ, REST, containers_of, nothing_of, open_log
from tuienv.backends.docker.logs.frames import Copier
from tuienv.backends.docker.logs.kept import open_kept
from tuienv.backends.docker.logs.parts import Parts
from tuienv.backends.docker.starting import Container
from tuienv.backends.docker_engine.client import ByteStream, Client
from tuienv.model import Address


class LogCopy(Parts):
    """From what the engine sends."""

    def __init__(self, client: Client, container: Container, stream: ByteStream) -> None:
        self._client, self._container, self._stream = client, container, stream
        super().__init__()

    def close(self) -> None:
        self._stream.close()

    def _read(self) -> Generator[bytes, None, None]:
        copier, stream = Copier(str(self._container.address)), self._stream
        try:
            while copier.failure is None and (data := stream.read(READ)):
                if part := copier.feed(data):
                    yield part
                if len(data) < READ:
                    time.sleep(REST)
            if copier.failure is not None:
                raise copier.failure
            if stream.closed:
                return
            if part := copier.finish():
                yield part
            # Whether the end that was read was the log's, or the engine's.
            self._client.send("GET", "/_ping", tried="read the log of", target=self._container.address)
        finally:
            stream.close()


def copy_log(client: Client, target: Address, *, tail: int | None, since: float | None) -> Parts | None:
    """What a container wrote. None where there are several, whose lines are merged by their times, or where it has a
    terminal: without timestamps nothing would tell how a long line of that was cut. Raises as `LogStream` does."""
    containers = containers_of(client, target)
    if not containers:
        raise nothing_of(target)
    if len(containers) > 1:
        return None
    container = containers[0]
    found = client.get(f"/containers/{container.id}/json", tried="read the log of", target=container.address)
    if found["Config"]["Tty"]:
        return None
    if tail is None and since is None and (kept := open_kept(client.endpoint.url, container, found)):
        return kept
    return LogCopy(client, container, open_log(client, container, tail=tail, since=since, timestamps=False))
