"""A recipe from a live instance: for what is changed without a file, and for what other tools made."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tuienv.backends.base import Conflict, NotFound
from tuienv.backends.docker import naming
from tuienv.backends.docker.haproxy import CONFIG_PATH, health_of
from tuienv.backends.docker.job import Job
from tuienv.backends.docker.reading import Found, Row, labels_of, read_size
from tuienv.backends.docker.recipes.recipe import Recipe

_CONFIG = (
    "Cmd",
    "Entrypoint",
    "Env",
    "ExposedPorts",
    "Healthcheck",
    "OpenStdin",
    "StopSignal",
    "StopTimeout",
    "Tty",
    "User",
    "WorkingDir",
)
"""What is carried over of a container's configuration."""

_HOST_NAME = ("Hostname", "Domainname")
"""The same, where somebody chose it: what keeps its data under its host's name (RabbitMQ) would not find it again."""

_NUMBERED = re.compile(r"(?P<stem>.*[-_])(?P<number>\d+)")


def recipe_of(job: Job, one: Found) -> Recipe:
    """What a live container was made from. Raises `Conflict` if its name leaves no room for a second one."""
    stem = _stem(one)
    inspected = job.inspect(one.id, one.name)
    config, host = inspected["Config"], inspected["HostConfig"]
    networks = _networks(inspected)
    first = next(iter(networks), "")
    labels = labels_of(config)
    if not naming.is_made_here(labels):
        labels[naming.COPIED] = "yes"
    kept = (*_CONFIG, *_HOST_NAME) if _chose_host_name(inspected) else _CONFIG
    body = {key: config[key] for key in kept if config.get(key)}
    body |= {"Image": _image(job, inspected), "Labels": labels, "HostConfig": _own_volumes(host)}
    if first:
        body["NetworkingConfig"] = {"EndpointsConfig": {first: {"Aliases": networks.pop(first)}}}
    return Recipe(
        body,
        stem,
        health_of(labels.get(naming.HEALTH, "")),
        read_size(host),
        surge=not publishes(inspected) and not writes_outside(inspected),
        files=_files(job, one),
        more_networks=networks,
    )


def _stem(one: Found) -> str:
    """The name up to its number. Raises `Conflict` for one that does not end in it: a copy would have another name."""
    found = _NUMBERED.fullmatch(one.name.removesuffix(naming.NEXT))
    if found is None or int(found["number"]) != one.number:
        project = one.address.environment != naming.LOOSE
        remedy = "Take `container_name` out of the Compose file." if project else "Run it with Compose or from a file."
        raise Conflict("copy", one.name, "its name was chosen for one container alone", remedy)
    return found["stem"]


def _chose_host_name(inspected: Row) -> bool:
    """Whether its host name is not the one that the engine gives, nor that of the host or of another container."""
    mode, name = str(inspected["HostConfig"].get("NetworkMode")), inspected["Config"].get("Hostname")
    return name != inspected["Id"][:12] and mode != "host" and not mode.startswith("container:")


def _own_volumes(host: Row) -> Row:
    """The same without the volumes that nobody named: each copy has its own there, or that of the one it replaces."""
    mounts = [
        {**mount, "Source": ""} if naming.is_anonymous(str(mount.get("Source"))) else mount
        for mount in host.get("Mounts") or ()
    ]
    return {**host, "Mounts": mounts}


def publishes(inspected: Row) -> bool:
    """Whether it has a port of the host to itself; or all that it listens on, in the host's own network."""
    host = inspected["HostConfig"]
    bindings = (host.get("PortBindings") or {}).values()
    return host.get("NetworkMode") == "host" or any(
        binding.get("HostPort") not in (None, "", "0") for bound in bindings for binding in bound or ()
    )


def writes_outside(inspected: Row) -> bool:
    """Whether it writes files that outlast it, in a volume or in a folder of the host."""
    mounts = inspected.get("Mounts") or ()
    return any(mount.get("Type") in ("volume", "bind") and mount.get("RW") for mount in mounts)


def _networks(inspected: Row) -> dict[str, list[str]]:
    """Its networks and the names it has there, without those that are its alone."""
    own = {inspected["Id"][:12], str(inspected["Name"]).lstrip("/")}
    networks: Mapping[str, Any] = inspected["NetworkSettings"]["Networks"] or {}
    return {name: [a for a in (at.get("Aliases") or ()) if a not in own] for name, at in networks.items()}


def _image(job: Job, inspected: Row) -> str:
    """The image's name while it still means the same image, else its ID: a copy runs what the original runs."""
    name, image = str(inspected["Config"]["Image"]), str(inspected["Image"])
    try:
        found = job.client.get(f"/images/{name}/json", tried="look for image", target=name)
    except NotFound:
        return image
    return name if found["Id"] == image else image


def _files(job: Job, one: Found) -> bytes:
    """A load balancer's configuration, which was put into it and is not in its image."""
    if naming.ROUTES not in one.labels:
        return b""
    return job.get_archive(one, CONFIG_PATH)
