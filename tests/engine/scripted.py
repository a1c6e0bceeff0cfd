"""A backend that does what the test's script says, for what the engine does around any backend."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from tests.plan.worlds import carry_out, seen
from tuienv.backends.base import Inputs, Steps
from tuienv.model import Action, Address, Capabilities, Change, Identity, Layer, Observation, Size, SizeOffer

Script = Callable[[Change, Inputs, Steps], None]

PRICES = (SizeOffer(Size("small", 0.5, 512 * 1024**2), 5.0), SizeOffer(Size(), 3.0))


def nothing(change: Change, inputs: Inputs, steps: Steps) -> None:
    """The script of a provider that simply does it."""


class Scripted:
    """Keeps a world of one environment; each applied change goes through the script first."""

    name = "docker"

    def __init__(self, world: Observation | None = None, script: Script = nothing, profile: str = "") -> None:
        self.profile = profile
        self.world = world or seen(bare=True)
        self.applied: list[str] = []
        self.given: dict[str, Mapping[str, str]] = {}
        self.script = script
        self._lock = threading.Lock()

    def __call__(self, profile: str = "") -> Scripted:
        """Being its own opener keeps the world in the test's hand."""
        return self

    def identity(self) -> Identity:
        return Identity(self.name, self.profile, "engine-1", "scripted")

    def discover(self) -> list[Observation]:
        return [self.world]

    def observe(self, environment: str, *, thorough: bool = False) -> Observation:
        return self.world

    def capabilities(self, layer: Layer) -> Capabilities:
        return Capabilities(actions=frozenset(Action), replicas=(0, 9), sizes=PRICES)

    def connection(self, address: Address) -> Mapping[str, str]:
        return {"url": f"scheme://user:pass-of-{address.layer}@{address.layer}"}

    def apply(self, change: Change, inputs: Inputs, steps: Steps) -> None:
        self.script(change, inputs, steps)
        with self._lock:
            self.applied.append(f"{change.action} {change.address}")
            self.given[str(change.address)] = inputs.environment
            self.world = carry_out([change], self.world)

    def close(self) -> None:
        """Nothing is held."""
