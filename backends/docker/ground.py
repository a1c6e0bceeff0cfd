"""What goes beside the instances: an environment's network, and the end of layers."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from tuienv.backends.base import Conflict, Forbidden, NotFound
from tuienv.backends.docker import naming
from tuienv.backends.docker.job import Job
from tuienv.backends.docker.layer import look
from tuienv.backends.docker.reading import Found, labels_of
from tuienv.backends.docker.recipes.recipe import anonymous_volumes

UNLINKS_WITHIN = 900.0
"""Seconds for the files of a volume: those of a big database take minutes, and the engine answers after the last."""


def create_network(job: Job) -> None:
    """Make the environment's network, if there is none of its name."""
    name = naming.network_name(job.address.environment)
    if _networks(job, name):
        return
    job.say(f"create network {name}")
    labels = {**naming.environment_labels(job.address.environment), naming.NETWORK: "default", **job.account_labels}
    body = {"Name": name, "Driver": "bridge", "CheckDuplicate": True, "Labels": labels}
    job.client.call("POST", "/networks/create", body=body, tried="create network", target=name)


def delete_network(job: Job) -> None:
    """Remove the environment's network, if we made it. Raises `Conflict` while something is on it."""
    name = naming.network_name(job.address.environment)
    for network in _networks(job, name):
        if labels_of(network).get(naming.ENVIRONMENT) != job.address.environment:
            continue
        job.say(f"remove network {name}")
        try:
            job.client.call("DELETE", f"/networks/{network['Id']}", tried="remove network", target=name)
        except NotFound:
            continue
        except Forbidden as error:  # the engine's answer while containers are on it
            raise Conflict("remove network", name, error.said, "Remove or disconnect what is on it.") from error


def _networks(job: Job, name: str) -> list[dict[str, Any]]:
    """The networks of exactly this name: the engine's own filter takes parts of names as well."""
    params = {"filters": {"name": [name]}}
    found = job.client.get("/networks", params, tried="look for network", target=name)
    return [network for network in found if network["Name"] == name]


def delete_layer(job: Job) -> None:
    """Remove every container of a layer; its volumes, those without a name as well, only if that was asked for."""
    members = look(job).members
    unnamed = _unnamed(job, members) if job.change.delete_data else []
    job.stop_all(members)
    job.remove_all(members, data=job.change.delete_data)
    if not job.change.delete_data:
        return
    for name in unnamed:
        delete_volume(job, name)
    params = {"filters": {"label": [f"{naming.ENVIRONMENT}={job.address.environment}"]}}
    answer = job.client.get("/volumes", params, tried="list volumes of", target=job.address)
    for volume in answer.get("Volumes") or ():
        if labels_of(volume).get(naming.LAYER) == job.address.layer:
            delete_volume(job, str(volume["Name"]))


def _unnamed(job: Job, members: Sequence[Found]) -> list[str]:
    """The volumes without a name that came from one container to the next; the engine takes them for named ones."""
    found: list[str] = []
    for one in members:
        with suppress(NotFound):
            found += anonymous_volumes(job.inspect(one.id, one.name)).values()
    return found


def delete_volume(job: Job, name: str) -> None:
    job.say(f"remove volume {name}")
    with suppress(NotFound):
        job.client.call("DELETE", f"/volumes/{name}", tried="remove volume", target=name, timeout=UNLINKS_WITHIN)
