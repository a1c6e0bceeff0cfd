"""What a layer answers to, for the layers beside it, and the variables that it was given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from tuienv.backends.base import NotFound
from tuienv.backends.docker import naming
from tuienv.backends.docker.haproxy import routing_of
from tuienv.backends.docker.listing import list_layer
from tuienv.backends.docker.reading import Found, image_of, kind_of
from tuienv.backends.docker.recipes.data import CACHES, DATABASE, DATABASES, USER
from tuienv.backends.docker_engine.client import Client
from tuienv.model import Address, Kind
from tuienv.redaction import learn_settings

HTTP_PORT = 80


def connection_of(client: Client, address: Address) -> dict[str, str]:
    """``url``, ``host``, ``port`` and, for a database, ``user``, ``password``, ``name``. Raises `NotFound`."""
    one = _first(client, address)
    inspected = _inspected(client, one)
    match kind_of(one.labels, image_of(one)):
        case Kind.DATABASE:
            return database_connection(address.layer, variables_in(inspected))
        case Kind.CACHE:
            return _at("redis", address.layer, CACHES["redis"].port, "/0")
        case _:
            return _at("http", address.layer, _port(one, inspected))


def config_of(client: Client, address: Address) -> dict[str, str]:
    """The variables a layer was given, without those of its image. Raises `NotFound`."""
    inspected = _inspected(client, _first(client, address))
    image = str(inspected["Image"])
    try:
        found = client.get(f"/images/{image}/json", tried="look at image", target=image)
    except NotFound:
        found = {}  # removed by force from under its container: nothing can be told apart any more
    theirs = set((found.get("Config") or {}).get("Env") or ())
    given = [line for line in inspected["Config"].get("Env") or () if line not in theirs]
    return dict(sorted(_split(line) for line in given))


def variables_in(inspected: Mapping[str, Any]) -> dict[str, str]:
    variables = dict(_split(line) for line in inspected["Config"].get("Env") or ())
    learn_settings(variables)
    return variables


def _split(line: str) -> tuple[str, str]:
    key, _, value = line.partition("=")
    return key, value


def database_connection(host: str, variables: Mapping[str, str]) -> dict[str, str]:
    user = variables.get("POSTGRES_USER", USER)
    password, name = variables.get("POSTGRES_PASSWORD", ""), variables.get("POSTGRES_DB", user or DATABASE)
    engine = DATABASES["postgres"]
    url = f"{engine.scheme}://{_quoted(user)}:{_quoted(password)}@{host}:{engine.port}/{_quoted(name)}"
    return {"url": url, "host": host, "port": str(engine.port), "user": user, "password": password, "name": name}


def _quoted(text: str) -> str:
    return quote(text, safe="")


def _at(scheme: str, host: str, port: int, path: str = "") -> dict[str, str]:
    return {"url": f"{scheme}://{host}:{port}{path}", "host": host, "port": str(port)}


def _port(one: Found, inspected: Mapping[str, Any]) -> int:
    """The port inside: a load balancer's first, else the first that the container was made with."""
    published = routing_of(one.labels.get(naming.ROUTES, "")).ports
    if published:
        return published[0].number
    exposed = sorted(int(port.partition("/")[0]) for port in inspected["Config"].get("ExposedPorts") or ())
    return exposed[0] if exposed else HTTP_PORT


def _first(client: Client, address: Address) -> Found:
    found = list_layer(client, Address(address.environment, address.layer))
    if address.instance:
        found = [one for one in found if one.address.instance == address.instance]
    if not found:
        raise NotFound("look at", address, "it does not exist yet", "Apply the environment first.")
    return next((one for one in found if one.state == "running"), found[0])


def _inspected(client: Client, one: Found) -> dict[str, Any]:
    inspected: dict[str, Any] = client.get(f"/containers/{one.id}/json", tried="inspect", target=one.name)
    return inspected
