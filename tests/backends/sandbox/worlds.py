"""A cloud whose time only moves when somebody waits, and small things to put on it."""

from __future__ import annotations

from dataclasses import dataclass, field

from tuienv.backends.base import Inputs
from tuienv.backends.sandbox import Cloud, ManualClock, SandboxBackend
from tuienv.model import Action, Address, Change, Kind, LayerSpec


@dataclass
class Said:
    """`Steps` that keeps what was said."""

    lines: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        self.lines.append(text)

    def pause(self, seconds: float) -> None:
        """The clock moves on by itself."""


def quiet() -> tuple[Cloud, ManualClock, SandboxBackend]:
    clock = ManualClock()
    cloud = Cloud(clock)
    return cloud, clock, SandboxBackend(cloud)


def web(image: str = "shop:1", replicas: int = 1) -> LayerSpec:
    return LayerSpec("web", Kind.APP, "sandbox", image=image, port=8000, replicas=replicas)


def create(backend: SandboxBackend, spec: LayerSpec, environment: str = "shop") -> list[str]:
    """Make a layer, and its ground; returns the steps."""
    said = Said()
    ground = Change(Action.CREATE, Address(environment), "sandbox", "", "new")
    backend.apply(ground, Inputs(), said)
    layer = Change(
        Action.CREATE, Address(environment, spec.name), "sandbox", "", "new", spec=spec, facets={"image": spec.image}
    )
    backend.apply(layer, Inputs({"LEVEL": "info"}), said)
    return said.lines
