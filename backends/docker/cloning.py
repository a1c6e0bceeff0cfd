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
"""What is carried over of a container's configuration; its host name is the old one's own."""

_NUMBERED = re.compile(r"(?P<stem>.*[-_])\d+")


def recipe_of(job: Job, one: Found) -> Recipe:
    """What a live container was made from. Raises `Conflict` if its name leaves no room for a second one."""
    inspected = job.inspect(one.id, one.name)
    stem = _NUMBERED.fullmatch(one.name.removesuffix(naming.NEXT))
    if stem is None:
        remedy = "Take `container_name` out of the Compose file."
        raise Conflict("copy", one.name, "its name was chosen for one container alone", remedy)
    config, host = inspected["Config"], inspected["HostConfig"]
    networks = _networks(inspected)
    first = next(iter(networks), "")
    labels = labels_of(config)
    body = {key: config[key] for key in _CONFIG if config.get(key)}
    body |= {"Image": _image(job, inspected), "Labels": labels, "HostConfig": host}
    if first:
        body["NetworkingConfig"] = {"EndpointsConfig": {first: {"Aliases": networks.pop(first)}}}
    return Recipe(
        body,
        stem["stem"],
        health_of(labels.get(naming.HEALTH, "")),
        read_size(host),
        surge=not publishes(inspected) and not has_volume(inspected),
        files=_files(job, one),
        more_networks=networks,
    )


def publishes(inspected: Row) -> bool:
    """Whether it has a port of the host to itself."""
    bindings = (inspected["HostConfig"].get("PortBindings") or {}).values()
    return any(binding.get("HostPort") not in (None, "", "0") for bound in bindings for binding in bound or ())


def has_volume(inspected: Row) -> bool:
    """Whether it writes files that outlast it."""
    return any(mount.get("Type") == "volume" and mount.get("RW") for mount in inspected.get("Mounts") or ())


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
