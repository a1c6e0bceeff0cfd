"""An environment on Heroku, and what is done with it through the engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from tests.contract.harness import Deed, no_secret, perform
from tests.contract.heroku_harness import IMAGES
from tests.heroku_platform import HerokuPlatform
from tests.heroku_platform.records import App
from tuienv.backends.base import Backends
from tuienv.backends.heroku.backend import HerokuBackend
from tuienv.engine import Engine
from tuienv.journal import Journal
from tuienv.model import (
    SIZES,
    Address,
    EnvironmentSpec,
    Kind,
    Layer,
    LayerSpec,
    Operation,
    Outcome,
    Plan,
    Route,
    Size,
    Verb,
)

NAME = "shop"


def app(**changes: object) -> LayerSpec:
    """The app: two dynos that know where the cache is."""
    layer = LayerSpec(
        "web",
        Kind.APP,
        "heroku",
        image=IMAGES.good,
        port=8000,
        replicas=2,
        size=SIZES["small"],
        environment={"LEVEL": "info", "REDIS_URL": "${layers.cache.url}"},
    )
    return replace(layer, **changes)  # type: ignore[arg-type]  # by keyword


def edge(**options: object) -> LayerSpec:
    return LayerSpec("edge", Kind.LOAD_BALANCER, "heroku", routes=(Route("web", 8000),), options={"heroku": options})


def cache(**options: object) -> LayerSpec:
    return LayerSpec("cache", Kind.CACHE, "heroku", engine="redis", options={"heroku": options} if options else {})


class Shop:
    """`spec`: what is wanted of it now."""

    def __init__(self, platform: HerokuPlatform, backend: HerokuBackend, journal: Path) -> None:
        self.platform, self.backend, self._journal = platform, backend, journal
        self.spec = EnvironmentSpec(NAME, (edge(), app(), cache()))

    def want(self, *layers: LayerSpec) -> None:
        """Want these in place of those of the same names."""
        named = {layer.name: layer for layer in layers}
        kept = [named.pop(layer.name, layer) for layer in self.spec.layers]
        self.spec = replace(self.spec, layers=(*kept, *named.values()))

    def apply(self) -> Outcome:
        outcome = self.try_to(Verb.APPLY)
        assert outcome.ok, outcome
        return outcome

    def destroy(self) -> None:
        outcome = self.try_to(Verb.DESTROY, delete_data=True)
        assert outcome.ok, outcome

    def try_to(
        self,
        verb: Verb,
        layer: str = "",
        *,
        replicas: int | None = None,
        size: Size | None = None,
        settings: Mapping[str, str | None] | None = None,
        delete_data: bool = False,
    ) -> Outcome:
        operation = Operation(verb, Address(NAME, layer), replicas, size, settings or {}, delete_data)
        return self.operate(operation)

    def operate(self, operation: Operation) -> Outcome:
        return perform(self.backend, Deed(operation, self.spec), self._journal)

    def plan(self, verb: Verb = Verb.APPLY) -> Plan:
        engine = Engine(
            Backends({"heroku": lambda profile="": self.backend}), Journal(self._journal), read_secret=no_secret
        )
        return engine.preview(Operation(verb, Address(NAME)), self.spec, [("heroku", "")])

    def layer(self, name: str) -> Layer:
        layers = self.backend.observe(NAME).layers
        return next(layer for layer in layers if layer.name == name)

    def app(self, layer: str = "web") -> App:
        """The app of a layer as the double has it; with an empty name the ground."""
        with self.platform.world.held() as world:
            start = f"{NAME}-{layer}-" if layer else f"{NAME}-"
            return min(
                (app for app in world.apps.values() if app.name.startswith(start)), key=lambda app: len(app.name)
            )
