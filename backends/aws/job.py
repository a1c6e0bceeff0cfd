"""One change while it is being made: how it asks, tells and waits."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from tuienv.backends.aws import naming
from tuienv.backends.aws.failures import code_of
from tuienv.backends.aws.session import Row, Session
from tuienv.backends.base import Conflict, Inputs, NotFound, ProviderError, Steps
from tuienv.backends.docker_engine.client import Client
from tuienv.model import Address, Change, Kind

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 5.0
"""Seconds between two looks: short at first, then longer."""

SETTLES = 120.0
"""Seconds until what was just made, or is just going, is known everywhere (IAM's own word is "within minutes")."""


@dataclass(frozen=True)
class Job:
    """What a change needs to be made, handed from room to room."""

    session: Session
    change: Change
    inputs: Inputs
    steps: Steps
    engine: Client
    """The Docker Engine that images are built with; nobody asks it where none are."""
    others: tuple[str, str] | None = None
    """The cluster and the service, where others made it: what is ours is called after its address."""

    @property
    def cluster(self) -> str:
        return self.others[0] if self.others is not None else naming.cluster_name(self.environment)

    @property
    def service(self) -> str:
        return self.others[1] if self.others is not None else self.address.layer

    @property
    def address(self) -> Address:
        """The layer (an instance's), or the environment."""
        return replace(self.change.address, instance="")

    @property
    def environment(self) -> str:
        return self.change.address.environment

    def beside(self, layer: str) -> Address:
        """Another layer of the same environment."""
        return Address(self.environment, layer)

    def tags(self, kind: Kind | None = None) -> dict[str, str]:
        """What is written on everything that this change makes."""
        needs = self.change.needs or (self.change.spec.needs if self.change.spec is not None else ())
        return naming.tags_of(self.address, kind, needs, self.session.account)

    # --- asking -------------------------------------------------------------------------------------------------

    def call(self, service: str, operation: str, /, *, tried: str, target: object = "", **parameters: Any) -> Row:
        return self.session.call(service, operation, tried=tried, target=target or self.address, **parameters)

    def items(
        self, service: str, operation: str, key: str, /, *, tried: str, target: object = "", **parameters: Any
    ) -> list[Any]:
        return self.session.items(service, operation, key, tried=tried, target=target or self.address, **parameters)

    def find(
        self, service: str, operation: str, key: str, /, *, tried: str, target: object = "", **parameters: Any
    ) -> Any:
        """What the answer has under `key`, the first of it where that is a list; None if there is none."""
        try:
            found = self.call(service, operation, tried=tried, target=target, **parameters).get(key)
        except NotFound:
            return None
        if isinstance(found, list):
            return found[0] if found else None
        return found

    def drop(self, service: str, operation: str, /, *, tried: str, target: object = "", **parameters: Any) -> bool:
        """Remove something; False if it was gone already."""
        try:
            self.call(service, operation, tried=tried, target=target, **parameters)
        except NotFound:
            return False
        return True

    # --- telling and waiting ------------------------------------------------------------------------------------

    def say(self, text: str) -> None:
        self.steps.say(text)

    def wait(self, look: Callable[[], str], seconds: float, *, tried: str, target: object = "") -> None:
        """Look until there is no reason left to wait; say each new reason.

        Raises `Conflict` with the last reason when that takes longer than `seconds`.
        """
        deadline, told = time.monotonic() + seconds, ""
        for pause in pauses():
            reason = look()
            if not reason:
                return
            if reason != told:
                self.say(reason)
                told = reason
            if time.monotonic() + pause > deadline:
                said = f"it takes longer than {seconds / 60:.0f} minutes: {reason}"
                raise Conflict(
                    tried, target or self.address, said, "AWS goes on with it. Run it again to go on waiting."
                )
            self.steps.pause(pause)

    def settled(self, do: Callable[[], Row], passing: Callable[[ProviderError], bool], waiting: str) -> Row:
        """Do what may fail because AWS does not know everywhere yet what it was told, until it does.

        `passing` says whether a failure is one that goes by; `waiting` is said while it is waited for.
        """
        deadline, told = time.monotonic() + SETTLES, False
        for pause in pauses():
            try:
                return do()
            except ProviderError as error:
                if not passing(error) or time.monotonic() + pause > deadline:
                    raise
            if not told:
                self.say(waiting)
                told = True
            self.steps.pause(pause)
        raise AssertionError("pauses do not end")


def pauses() -> Iterator[float]:
    """Seconds to pause, longer each time, without end."""
    pause = FIRST_PAUSE
    while True:
        yield pause
        pause = min(pause * 1.6, LONGEST_PAUSE)


def having(*codes: str) -> Callable[[ProviderError], bool]:
    """Whether AWS refused with one of these codes."""
    return lambda error: code_of(error) in codes
