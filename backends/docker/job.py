"""One change while it is being made, and the verbs on containers that it is made of."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from tuienv.backends.base import Conflict, Inputs, Invalid, NotFound, Steps
from tuienv.backends.docker import naming
from tuienv.backends.docker.archives import rerooted
from tuienv.backends.docker.listing import PARALLEL
from tuienv.backends.docker.reading import UP, Found, Row
from tuienv.backends.docker_engine.client import Client
from tuienv.model import Address, Change

T = TypeVar("T")

STOP_SECONDS = 10
"""How long an instance has to end by itself before it is killed, unless it was made with a time of its own."""

PATIENCE = 60.0
"""Seconds that the engine may take over one order beyond what it waits for itself."""


FOREVER = 24 * 3600.0
"""Seconds for a container that was made to have no such time: it is never killed, and nobody waits longer."""


class _Quiet:
    """Steps that nobody watches and nobody can cancel."""

    def say(self, text: str) -> None:
        """Nobody listens."""

    def pause(self, seconds: float) -> None:
        time.sleep(seconds)


@dataclass(frozen=True)
class Job:
    """What a change needs to be made, handed from room to room."""

    client: Client
    change: Change
    inputs: Inputs
    steps: Steps

    @property
    def address(self) -> Address:
        return self.change.address

    @property
    def account_labels(self) -> dict[str, str]:
        """The note of who makes it, for what is made; nothing on an engine without an ID."""
        return {naming.ACCOUNT: self.client.account} if self.client.account else {}

    def quietly(self) -> Job:
        """The same without telling anyone: for undoing, which cancelling must not stop halfway."""
        return replace(self, steps=_Quiet())

    def say(self, text: str) -> None:
        self.steps.say(text)

    # --- verbs on one container ---------------------------------------------------------------------------------

    def create(self, name: str, body: Row) -> str:
        """Make a container and return its ID. Raises `Conflict` if the name is taken."""
        self.say(f"create {name}")
        made = self._post("/containers/create", {"name": name}, body, tried="create container", target=name)
        return str(made["Id"])

    def start(self, container: str, name: str) -> None:
        """Start it; nothing if it runs. What the engine says about a command that cannot run is a conflict."""
        self.say(f"start {name}")
        try:
            self._post(f"/containers/{container}/start", tried="start", target=name)
        except (NotFound, Invalid) as error:
            # The engine answers 400 or 404 when the program, not the container, is not there.
            if "No such container" in error.said:
                raise
            raise Conflict("start", name, error.said, "Mend the image or the command, then apply again.") from error

    def stop(self, one: Found) -> None:
        """Ask it to end, and wait; nothing if it does not run."""
        self.say(f"stop {one.name}")
        with suppress(NotFound):
            patience = PATIENCE + self._stop_seconds(one)
            self._post(f"/containers/{one.id}/stop", tried="stop", target=one.name, timeout=patience)

    def restart(self, one: Found) -> None:
        self.say(f"restart {one.name}")
        patience = PATIENCE + self._stop_seconds(one)
        self._post(f"/containers/{one.id}/restart", tried="restart", target=one.name, timeout=patience)

    def remove(self, container: str, name: str, *, data: bool = False) -> None:
        """Remove it, running or not; nothing if it is gone. `data`: with its anonymous volumes; else they stay."""
        self.say(f"remove {name}")
        path, params = f"/containers/{container}", {"force": True, "v": data}
        with suppress(NotFound):
            self.client.call("DELETE", path, params, tried="remove container", target=name, timeout=PATIENCE)

    def rename(self, container: str, name: str) -> None:
        self._post(f"/containers/{container}/rename", {"name": name}, tried="rename to", target=name)

    def unpause(self, one: Found) -> None:
        self.say(f"unpause {one.name}")
        self._post(f"/containers/{one.id}/unpause", tried="unpause", target=one.name)

    def connect(self, container: str, name: str, network: str, aliases: Sequence[str]) -> None:
        body = {"Container": container, "EndpointConfig": {"Aliases": list(aliases)}}
        self._post(f"/networks/{network}/connect", body=body, tried=f"connect {name} to network", target=network)

    def update(self, container: str, name: str, limits: Row) -> None:
        """Give it other limits while it runs."""
        self.say(f"resize {name}")
        self._post(f"/containers/{container}/update", body=limits, tried="resize", target=name)

    def inspect(self, container: str, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get(f"/containers/{container}/json", tried="inspect", target=name)
        return found

    def put(self, container: str, name: str, archive: bytes) -> None:
        """Unpack a tar archive inside it, from the root folder."""
        path, kind = f"/containers/{container}/archive", {"Content-Type": "application/x-tar"}
        self.client.send("PUT", path, {"path": "/"}, archive, tried="put files into", target=name, headers=kind)

    def get_archive(self, one: Found, path: str) -> bytes:
        """A file inside it as a tar archive for the root folder."""
        raw = self.client.send(
            "GET", f"/containers/{one.id}/archive", {"path": f"/{path}"}, tried=f"read /{path} in", target=one.name
        )
        return rerooted(raw, path)

    def _stop_seconds(self, one: Found) -> float:
        """How long it has to end by itself: the engine does not answer a stop before that."""
        seconds = self.inspect(one.id, one.name)["Config"].get("StopTimeout")
        return float(STOP_SECONDS if seconds is None else seconds) if (seconds or 0) >= 0 else FOREVER

    # --- several at once ----------------------------------------------------------------------------------------

    def each(self, do: Callable[[Found], T], members: Sequence[Found]) -> list[T]:
        """Do it to all of them at once; the first error is raised when all have ended."""
        if len(members) <= 1:
            return [do(one) for one in members]
        with ThreadPoolExecutor(PARALLEL, "containers") as pool:
            return list(pool.map(do, members))

    def stop_all(self, members: Sequence[Found]) -> None:
        self.each(self.stop, [one for one in members if one.state in UP])

    def remove_all(self, members: Sequence[Found], *, data: bool = False) -> None:
        self.each(lambda one: self.remove(one.id, one.name, data=data), members)

    def _post(
        self,
        path: str,
        params: Row | None = None,
        body: Row | None = None,
        *,
        tried: str,
        target: str,
        timeout: float = PATIENCE,
    ) -> Any:
        return self.client.call("POST", path, params, body, tried=tried, target=target, timeout=timeout)
