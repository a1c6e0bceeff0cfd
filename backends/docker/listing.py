"""One refresh: a listing of containers, one of networks, one of volumes, whatever their number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from tuienv.backends.base import NotFound
from tuienv.backends.docker import naming
from tuienv.backends.docker.reading import Found, Listing, Row, found_in, labels_of, name_of, with_details
from tuienv.backends.docker.uptime import Lifetimes
from tuienv.backends.docker_engine.client import Client
from tuienv.model import Address, Instance, Layer

PARALLEL = 8
"""Requests at once where one an instance is needed; the engine's locks make more of them no faster."""


def list_all(client: Client, environment: str = "") -> Listing:
    """What is on the engine, or only what belongs to one environment."""
    params = _labelled(environment)
    containers = _containers(client, environment, "list containers of", environment)
    networks = client.get("/networks", params, tried="list networks of", target=environment)
    volumes = client.get("/volumes", params, tried="list volumes of", target=environment)
    return Listing(containers, networks, volumes.get("Volumes") or ())


def list_layer(client: Client, address: Address) -> list[Found]:
    """The containers of one layer, by number."""
    return [one for one in list_environment(client, address.environment) if one.address.layer == address.layer]


def list_environment(client: Client, environment: str) -> list[Found]:
    """The containers of one environment, by layer and number."""
    return list_containers(client, environment, "list containers of", environment)


def list_containers(client: Client, environment: str, tried: str, target: object) -> list[Found]:
    """The same, for something else that was `tried` with a `target`."""
    rows = _containers(client, environment, tried, target)
    return [one for one in found_in(rows) if one.address.environment == environment]


def _containers(client: Client, environment: str, tried: str, target: object) -> list[Row]:
    """The rows of the containers of an environment, or of all. One request; one more where one has our labels and not
    its name, for those labels may be its image's."""
    params = {"all": True, **_labelled(environment)}
    rows: list[Row] = client.get("/containers/json", params, tried=tried, target=target)
    if not any(naming.is_stray(labels_of(row), name_of(row)) for row in rows):
        return rows
    images = client.get("/images/json", {"filters": {"label": [naming.FACETS]}}, tried=tried, target=target)
    labels = {str(image["Id"]): labels_of(image) for image in images}
    return [_without_inherited(row, labels.get(str(row.get("ImageID")), {})) for row in rows]


def _without_inherited(row: Row, image: Mapping[str, str]) -> Row:
    labels = labels_of(row)
    if not naming.is_stray(labels, name_of(row)):
        return row
    return {**row, "Labels": naming.without_inherited(labels, image)}


def _labelled(environment: str) -> Mapping[str, Mapping[str, object]]:
    if not naming.is_project_name(environment):
        return {}
    return {"filters": {"label": [f"{naming.PROJECT}={environment}"]}}


def inspect_layers(client: Client, layers: tuple[Layer, ...], lives: Lifetimes) -> tuple[Layer, ...]:
    """The layers with what only an inspection of each container tells. One that is gone meanwhile is left out."""
    from concurrent.futures import ThreadPoolExecutor

    instances = [instance for layer in layers for instance in layer.instances]
    with ThreadPoolExecutor(PARALLEL, "inspect") as pool:
        inspected = dict(pool.map(lambda one: (one.id, _inspect(client, one, lives)), instances))
    return tuple(_with_sizes(layer, inspected) for layer in layers)


def _inspect(client: Client, instance: Instance, lives: Lifetimes) -> Instance | None:
    try:
        found = client.get(f"/containers/{instance.id}/json", tried="inspect", target=instance.name)
    except NotFound:
        return None
    return with_details(instance, found, lives)


def _with_sizes(layer: Layer, inspected: Mapping[str, Instance | None]) -> Layer:
    instances = tuple(found for instance in layer.instances if (found := inspected[instance.id]) is not None)
    sizes = {instance.size for instance in instances}
    return replace(layer, instances=instances, size=sizes.pop() if len(sizes) == 1 else None)


def host_of(endpoint: str) -> str:
    """The machine on which ports that are published on every address are reached."""
    url = urlsplit(endpoint)
    return url.hostname or "localhost" if url.scheme in ("tcp", "http", "https", "ssh") else "localhost"
