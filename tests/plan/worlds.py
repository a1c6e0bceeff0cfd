"""Small worlds to plan against, and a provider that does exactly what a plan says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tuienv.model import (
    Action,
    Change,
    EnvironmentSpec,
    Failure,
    Instance,
    Kind,
    Layer,
    LayerSpec,
    Observation,
    Operation,
    Resource,
    Route,
    Size,
    Status,
    Verb,
)
from tuienv.model import Address as At
from tuienv.plan import facets

DEAD = Failure("Unreachable", "list", "docker", "connection refused", "Start it")


def shop(**changes: LayerSpec) -> EnvironmentSpec:
    """edge → web → cache, db; a keyword replaces the layer of that name."""
    layers = [
        LayerSpec("edge", Kind.LOAD_BALANCER, "docker", routes=(Route("web", 8000),)),
        LayerSpec(
            "web",
            Kind.APP,
            "docker",
            image="shop:1",
            replicas=3,
            environment={"DATABASE_URL": "${layers.db.url}", "CACHE_URL": "${layers.cache.url}"},
        ),
        LayerSpec("cache", Kind.CACHE, "docker", engine="redis", version="7"),
        LayerSpec("db", Kind.DATABASE, "docker", engine="postgres", version="15"),
    ]
    return EnvironmentSpec("shop", tuple(changes.get(layer.name, layer) for layer in layers), source="tuienv.yaml")


def made(spec: LayerSpec, count: int | None = None, status: Status = Status.RUNNING) -> Layer:
    """The layer as it exists right after its spec was applied."""
    number = spec.replicas if count is None else count
    data = spec.kind in (Kind.CACHE, Kind.DATABASE)
    instances = tuple(
        Instance(str(at), f"id{at}", status, facets=facets(spec), size=spec.size) for at in range(1, number + 1)
    )
    resources = [Resource("container", f"shop-{spec.name}-{instance.name}") for instance in instances]
    if data:
        resources.append(Resource("volume", f"shop_{spec.name}-data", holds_data=True))
    return Layer(
        spec.name, spec.kind, spec.backend, spec.profile, status, instances, spec.image, needs=spec.needs,
        resources=tuple(resources),
    )  # fmt: skip


def seen(*layers: Layer, backend: str = "docker", failure: Failure | None = None, bare: bool = False) -> Observation:
    """What one provider answered."""
    ground = () if bare or failure else (Resource("network", "shop_default"),)
    return Observation("shop", backend, "", 0.0, layers, ground, failure)


def everything(spec: EnvironmentSpec) -> list[Observation]:
    return [seen(*(made(layer) for layer in spec.layers))]


def operation(verb: Verb, target: str = "shop", **rest: object) -> Operation:
    return replace(Operation(verb, At.parse(target)), **rest)  # type: ignore[arg-type]  # keywords of Operation


def carry_out(changes: Sequence[Change], observation: Observation) -> Observation:
    """The world after these changes, were they all to succeed."""
    layers = {layer.name: layer for layer in observation.layers}
    ground = observation.ground
    for change in changes:
        name = change.address.layer
        if not name:
            ground = (Resource("network", "shop_default"),) if change.action is Action.CREATE else ()
        elif change.action is Action.DELETE:
            _delete(layers, name, change)
        elif change.spec is not None:
            layers[name] = made(change.spec)
        else:
            layers[name] = _live(layers[name], change)
    return replace(observation, layers=tuple(layers.values()), ground=ground)


def _delete(layers: dict[str, Layer], name: str, change: Change) -> None:
    left = tuple(resource for resource in layers[name].resources if resource not in change.resources)
    if left:
        layers[name] = replace(layers[name], status=Status.ABSENT, instances=(), resources=left)
    else:
        del layers[name]


def _live(layer: Layer, change: Change) -> Layer:
    first = layer.instances[0]
    if change.action is Action.SCALE and change.replicas is not None:
        instances = tuple(
            layer.instances[at] if at < len(layer.instances) else replace(first, name=f"{at + 1}", id=f"new{at}")
            for at in range(change.replicas)
        )
        return replace(layer, instances=instances)
    size: Size | None = change.size
    status = {Action.STOP: Status.STOPPED, Action.START: Status.RUNNING}.get(change.action)
    return replace(
        layer,
        status=status or layer.status,
        instances=tuple(
            replace(instance, size=size or instance.size, status=status or instance.status)
            for instance in layer.instances
        ),
    )
