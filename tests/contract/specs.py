"""The environments that the contract suite makes: small, with one layer of each kind."""

from __future__ import annotations

from dataclasses import replace

from tests.contract import planted
from tests.contract.harness import Harness
from tuienv.model import EnvironmentSpec, Health, Kind, LayerSpec, Port, Route

GRACE = 8.0
"""Seconds until a version that does not get healthy has failed."""


def app(harness: Harness, replicas: int = 2, **settings: str) -> LayerSpec:
    """The app: healthy when ``/healthz`` says so."""
    return LayerSpec(
        "web",
        Kind.APP,
        harness.name,
        image=harness.images.good,
        port=8000,
        replicas=replicas,
        size=harness.traits.small,
        health=Health(path="/healthz", interval=0.5, timeout=1.0, grace=GRACE),
        environment={"LEVEL": "info", **planted.SETTINGS, **settings},
    )


def edge(harness: Harness) -> LayerSpec:
    routes, ports = (Route("web", 8000),), (Port(harness.port()),)
    return LayerSpec("edge", Kind.LOAD_BALANCER, harness.name, version="2.6", routes=routes, ports=ports)


def cache(harness: Harness) -> LayerSpec:
    return LayerSpec("cache", Kind.CACHE, harness.name, engine="redis", version="7")


def database(harness: Harness) -> LayerSpec:
    return LayerSpec("db", Kind.DATABASE, harness.name, engine="postgres", version="15")


def full(harness: Harness, environment: str) -> EnvironmentSpec:
    """One layer of each kind; the app needs the data layers, the load balancer the app."""
    web = app(harness, DATABASE_URL="${layers.db.url}", CACHE_URL="${layers.cache.url}")
    return EnvironmentSpec(environment, (edge(harness), web, cache(harness), database(harness)))


def small(harness: Harness, environment: str, replicas: int = 1) -> EnvironmentSpec:
    """As little as has a network, a volume, an order and something to drain: it is made over and over again."""
    web = app(harness, replicas, CACHE_URL="${layers.cache.url}")
    return EnvironmentSpec(environment, (edge(harness), web, cache(harness)))


def with_layer(spec: EnvironmentSpec, name: str, **changes: object) -> EnvironmentSpec:
    """The same with one layer changed."""
    layers = tuple(replace(layer, **changes) if layer.name == name else layer for layer in spec.layers)  # type: ignore[arg-type]  # by keyword
    return replace(spec, layers=layers)
