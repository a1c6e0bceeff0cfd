"""One change while it is being made, and the requests that it is made of."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from tuienv.backends.base import (
    Conflict,
    Forbidden,
    Inputs,
    Invalid,
    NotFound,
    ProviderError,
    Steps,
    Throttled,
    Unreachable,
)
from tuienv.backends.heroku.client import Client, Row
from tuienv.backends.heroku.looking import Looker
from tuienv.backends.heroku.marks import LayerMark, read_mark
from tuienv.backends.heroku.naming import app_name, layer_variable
from tuienv.backends.heroku.state import AppState
from tuienv.model import Address, Change, LayerSpec

T = TypeVar("T")

POLL = 2.0
"""Seconds between two looks at something that takes time: each look is a request of the account's budget."""

SILENCE = 60.0
"""Seconds for which looks at something that is under way may go without an answer."""

PATIENCE = 120.0
"""Seconds for which one change waits, all in all, when the API wants to be left alone."""


@dataclass
class Waiting:
    """How this backend waits, so that a test on a fast clock need not wait as long. `poll`: seconds between looks."""

    poll: float = POLL
    clock: Callable[[], float] = time.monotonic
    speed: float = 1.0

    def now(self) -> float:
        return self.clock() * self.speed

    def pause(self, steps: Steps, seconds: float) -> None:
        steps.pause(seconds / self.speed)


@dataclass
class Job:
    """What a change needs to be made, handed from room to room."""

    client: Client
    looker: Looker
    change: Change
    inputs: Inputs
    steps: Steps
    account: str
    waiting: Waiting
    _patience: float = PATIENCE

    @property
    def address(self) -> Address:
        return self.change.address

    @property
    def spec(self) -> LayerSpec:
        """Raises `Invalid` where the change has none."""
        if self.change.spec is None:
            raise Invalid(str(self.change.action), self.address, "nobody said what it shall be", "Apply its file.")
        return self.change.spec

    def say(self, text: str) -> None:
        self.steps.say(text)

    def pause(self, seconds: float | None = None) -> None:
        self.waiting.pause(self.steps, self.waiting.poll if seconds is None else seconds)

    def until(self, done: Callable[[], T | None], seconds: float, late: Callable[[], ProviderError]) -> T:
        """Look until `done` gives something, for so many seconds at the most; raises what `late` gives then. A look
        without an answer tells nothing of what is waited for: only after `SILENCE` seconds of them it raises theirs."""
        answered = self.waiting.now()
        deadline = answered + seconds
        while True:
            try:
                found = done()
                answered = self.waiting.now()
            except Unreachable:
                if self.waiting.now() > min(deadline, answered + SILENCE):
                    raise
                found = None
            if found is not None:
                return found
            if answered > deadline:
                raise late()
            self.pause()

    # --- requests -----------------------------------------------------------------------------------------------

    def get(self, path: str, *, tried: str, target: object) -> Any:
        return self._patiently(lambda: self.client.get(path, tried=tried, target=target))

    def every(self, path: str, *, tried: str, target: object) -> list[Row]:
        return self._patiently(lambda: self.client.every(path, tried=tried, target=target))

    def find(self, path: str, *, tried: str, target: object) -> Row | None:
        """What is at `path`, or None if there is nothing."""
        try:
            found: Row = self.get(path, tried=tried, target=target)
        except NotFound:
            return None
        return found

    def send(
        self, method: str, path: str, body: object = None, *, tried: str, target: object, variant: str = ""
    ) -> Any:
        """A request that changes something."""
        return self._patiently(
            lambda: self.client.call(method, path, body, tried=tried, target=target, variant=variant)
        )

    def _patiently(self, ask: Callable[[], T]) -> T:
        """A request that was refused for there being too many was not carried out: wait, and send it again."""
        while True:
            try:
                return ask()
            except Throttled as error:
                wait = error.retry_after or 1.0
                if wait > self._patience:
                    raise
                self._patience -= wait
                self.pause(wait)

    # --- apps ---------------------------------------------------------------------------------------------------

    def app_of(self, layer: str) -> AppState | None:
        """The app of a layer of this environment, with what changes by releases; with an empty name, its ground."""
        address = Address(self.address.environment, layer)
        name = app_name(address, self.account)
        try:
            row = self.find(f"/apps/{name}", tried="look for", target=name)
        except Forbidden:
            row = None  # it is somebody else's
        app = self._ours(row, address) if row is not None else None
        return app or self._listed(address)

    def need_app(self, layer: str) -> AppState:
        """Raises `NotFound`."""
        app = self.app_of(layer)
        if app is None:
            said = "there is no app of ours for it"
            raise NotFound(str(self.change.action), Address(self.address.environment, layer), said, "Apply it first.")
        return app

    def live_app(self, app: AppState) -> AppState:
        """The app with its formation and dynos as they are now."""
        return self._patiently(lambda: self.looker.live([app])[0])

    # --- marks --------------------------------------------------------------------------------------------------

    def layer_mark(self, ground: AppState, layer: str = "") -> LayerMark | None:
        return read_mark(ground.settled.config.get(layer_variable(layer or self.address.layer)))

    def write_mark(self, ground: AppState, mark: LayerMark | None) -> None:
        """Note what this layer was made from, unless that is noted; None: it is no more."""
        key = layer_variable(self.address.layer)
        text = None if mark is None else mark.written()
        config = self.config(ground.id, ground.name)
        if config.get(key) != text:
            self.set_config(ground, {key: text})

    def config(self, app: str, name: str) -> dict[str, str]:
        return self.get(f"/apps/{app}/config-vars", tried="read the settings of", target=name) or {}

    def set_config(self, app: AppState, values: dict[str, str | None]) -> None:
        """Set config vars; None unsets."""
        self.send("PATCH", f"/apps/{app.id}/config-vars", values, tried="set the variables of", target=app.name)

    # --- inside ---------------------------------------------------------------------------------------------------

    def _ours(self, row: Row, address: Address) -> AppState | None:
        mark, settled = self._patiently(lambda: self.looker.settled(row))
        return AppState(row, mark, settled) if mark is not None and mark.address == address else None

    def _listed(self, address: Address) -> AppState | None:
        """Found by its mark: an app that was renamed or handed over bears another name than it was given."""
        for app in self._patiently(lambda: self.looker.marked(self.looker.apps(), address.environment)):
            if app.mark is not None and app.mark.address == address:
                return self._ours(app.row, address)
        return None


def foreign(tried: str, target: object, row: Row) -> Conflict:
    """The error for an app that is not ours and stands where ours would."""
    said = f"the name {row.get('name')} is taken by an app that tuienv did not make"
    return Conflict(tried, target, said, "Rename or delete that app, or give the layer another name.")
