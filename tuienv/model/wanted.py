"""What is wanted: an environment as its file describes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tuienv.model.words import REFERENCE, Kind

Options = Mapping[str, Mapping[str, object]]
"""What only one provider has, by provider, in its own words."""


@dataclass(frozen=True, slots=True)
class Size:
    """How big one instance is. A name without numbers is the provider's own (``standard-2x``, ``db.t4g.small``)."""

    name: str = ""
    cpu: float | None = None
    memory: int | None = None

    def __str__(self) -> str:
        if self.name:
            return self.name
        cpu = "" if self.cpu is None else f"{self.cpu:g} cpu"
        memory = "" if self.memory is None else f"{self.memory / 1024**2:g} MiB"
        return " ".join(part for part in (cpu, memory) if part) or "unlimited"

    def same_as(self, other: Size | None) -> bool:
        """Whether both ask for the same resources; names decide only where a side has no numbers."""
        if other is None:
            return self == Size()
        if Size() in (self, other):  # no limits at all are not those of a name
            return self == other
        if (self.cpu, self.memory) == (None, None) or (other.cpu, other.memory) == (None, None):
            return self.name == other.name
        return (self.cpu, self.memory) == (other.cpu, other.memory)


MIB = 1024**2
SIZES: Mapping[str, Size] = {
    size.name: size
    for size in (
        Size("micro", 0.25, 256 * MIB),
        Size("small", 0.5, 512 * MIB),
        Size("medium", 1.0, 1024 * MIB),
        Size("large", 2.0, 2048 * MIB),
        Size("xlarge", 4.0, 8192 * MIB),
    )
}
"""The sizes that mean the same on every backend. A backend may offer more under its own names."""


@dataclass(frozen=True, slots=True)
class Health:
    """How an app says it is ready: by an HTTP path (asked by the load balancer) or a command inside the instance.

    `interval` and `timeout` in seconds; `grace`: seconds a new instance has to get healthy before it has failed.
    """

    path: str = ""
    command: tuple[str, ...] = ()
    interval: float = 1.0
    timeout: float = 2.0
    grace: float = 60.0


@dataclass(frozen=True, slots=True)
class Route:
    """What a load balancer forwards: requests below `path` go to `port` of the app layer `layer`."""

    layer: str
    port: int
    path: str = "/"


@dataclass(frozen=True, slots=True)
class Port:
    """A port published by a load balancer (or by an app without one). Loopback unless an address is given."""

    number: int
    address: str = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class LayerSpec:
    """One layer as the environment file wants it. `backend` and `profile` are filled in from the environment's.

    `environment` holds values as written, references unresolved. `options` has each provider's own, by provider.
    `line` is where the layer starts in the file, for messages. `contents`: what the folder of `build` holds, as a
    digest; empty where nobody has looked.
    """

    name: str
    kind: Kind
    backend: str
    profile: str = ""
    image: str = ""
    build: str = ""
    command: tuple[str, ...] = ()
    port: int | None = None
    replicas: int = 1
    size: Size = Size()
    health: Health | None = None
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    routes: tuple[Route, ...] = ()
    ports: tuple[Port, ...] = ()
    engine: str = ""
    version: str = ""
    storage: int | None = None
    options: Options = field(default_factory=dict)
    line: int = 0
    contents: str = ""

    @property
    def needs(self) -> tuple[str, ...]:
        """The layers that must exist before this one: what its values and routes name, in order, once each."""
        found = [match["layer"] for value in self.environment.values() for match in REFERENCE.finditer(value)]
        return tuple(dict.fromkeys([name for name in found if name] + [route.layer for route in self.routes]))


@dataclass(frozen=True, slots=True)
class EnvironmentSpec:
    """One environment as its file wants it. `source`: the file's path as the user would type it. `options`: each
    provider's own, by provider, for all of the environment that is there; its layers have them too."""

    name: str
    layers: tuple[LayerSpec, ...]
    protected: bool = False
    source: str = ""
    options: Options = field(default_factory=dict)

    def layer(self, name: str) -> LayerSpec | None:
        return next((layer for layer in self.layers if layer.name == name), None)


@dataclass(frozen=True, slots=True)
class Difference:
    """One facet that is not as wanted: ``image: shop:1.4.1 → shop:1.4.2``. Empty: absent on that side, unless `empty`
    names it: a variable may be there with nothing in it, on one side of a difference."""

    facet: str
    before: str
    after: str
    empty: str = ""

    def __str__(self) -> str:
        return f"{self.facet}: {self.before or self._nothing('before')} → {self.after or self._nothing('after')}"

    def _nothing(self, side: str) -> str:
        return "(empty)" if self.empty == side else "(none)"
