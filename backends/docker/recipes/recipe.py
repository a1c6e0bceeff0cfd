"""A recipe: everything about a container but its name and number."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from posixpath import normpath
from typing import Any

from tuienv.backends.docker import naming
from tuienv.backends.docker.haproxy import health_of
from tuienv.backends.docker.job import STOP_SECONDS, Job
from tuienv.backends.docker.reading import Found, Row
from tuienv.model import Health, LayerSpec, Size

NO_LIMITS = Size()


@dataclass(frozen=True)
class Recipe:
    """`body`: what the engine is asked to create, without number; `stem`: the name up to the number; `health`: how it
    says it is ready, `size` its limits; `surge`: whether a new one may run beside the one it replaces; `files`: a tar
    archive to unpack into it before it starts; `more_networks`: those to connect beyond the first, with its names
    there; `answers`: a further reason why a running one, as inspected, is not ready, empty once it is."""

    body: Row = field(repr=False)
    stem: str
    health: Health
    size: Size = NO_LIMITS
    surge: bool = True
    files: bytes = field(default=b"", repr=False)
    more_networks: Mapping[str, Sequence[str]] = field(default_factory=dict)
    answers: Callable[[Row], str] | None = None

    @property
    def labels(self) -> Mapping[str, str]:
        labels: Mapping[str, str] = self.body["Labels"]
        return labels

    def numbered(self, number: int) -> dict[str, Any]:
        """The body of one instance."""
        return {**self.body, "Labels": {**self.labels, naming.NUMBER: str(number)}}

    def made(self, one: Found) -> bool:
        """Whether a container was made from this, by what is written on it."""
        told = (naming.FACETS, naming.IMAGE, naming.CHECKS)
        return all(one.labels.get(key) == self.labels.get(key) for key in told)

    def name(self, number: int) -> str:
        return f"{self.stem}{number}"


def keeping_data(job: Job, recipe: Recipe, old: Found) -> Recipe:
    """The recipe of what takes the place of `old`: on the volumes without a name that its image declares, as Compose
    has it. Two cannot write there at once, so that it does not run beside the old one."""
    there = anonymous_volumes(job.inspect(old.id, old.name))
    host: Row = recipe.body["HostConfig"]
    # What names no volume would be given an empty one.
    named = [
        one for one in host.get("Mounts") or () if one.get("Source") or normpath(str(one.get("Target"))) not in there
    ]
    taken = {normpath(str(mount.get("Target"))) for mount in named}
    kept = [
        {"Type": "volume", "Source": name, "Target": folder} for folder, name in there.items() if folder not in taken
    ]
    if not kept:
        return recipe
    body = {**recipe.body, "HostConfig": {**host, "Mounts": [*named, *kept]}}
    return replace(recipe, body=body, surge=False)


def anonymous_volumes(inspected: Row) -> dict[str, str]:
    """The volumes of a container that nobody named, by where they are mounted."""
    mounts = inspected.get("Mounts") or ()
    named = {str(one["Destination"]): str(one.get("Name")) for one in mounts if one.get("Type") == "volume"}
    return {folder: name for folder, name in named.items() if naming.is_anonymous(name)}


def as_it_is(one: Found) -> Recipe:
    """Just enough of a recipe to wait for a container that is not made anew."""
    number = str(one.number)
    stem = one.name.removesuffix(naming.NEXT).removesuffix(number)
    return Recipe({"Labels": one.labels}, stem, health_of(one.labels.get(naming.HEALTH, "")))


def limits_of(size: Size) -> dict[str, int]:
    """The engine's words for a size. Swap is not added to memory: a limit that swaps is none."""
    limits = {"NanoCpus": round(size.cpu * 1e9)} if size.cpu else {}
    return {**limits, "Memory": size.memory, "MemorySwap": size.memory} if size.memory else limits


KNOWS_START_INTERVAL = (1, 44)
"""The Engine API that tells how often is checked while a container starts apart from how often later. Those before it
know one interval for both (Engine API version history)."""


def seconds(value: float) -> int:
    """Nanoseconds, as the engine counts."""
    return round(value * 1e9)


def body_of(
    job: Job,
    spec: LayerSpec,
    image: str,
    *,
    environment: Mapping[str, str],
    command: Sequence[str] = (),
    labels: Mapping[str, str] | None = None,
    ports: Mapping[str, Sequence[tuple[str, int]]] | None = None,
    exposed: int | None = None,
    health: Row | None = None,
    volume: tuple[str, str] | None = None,
    stop_seconds: int = STOP_SECONDS,
) -> dict[str, Any]:
    """The part of a body that every kind has. `ports`: host addresses by container port (``8080/tcp``); `volume`:
    its name and where it is mounted."""
    network = naming.network_name(job.address.environment)
    bindings = {port: [{"HostIp": ip, "HostPort": str(n)} for ip, n in at] for port, at in (ports or {}).items()}
    exposes = [*bindings, *([f"{exposed}/tcp"] if exposed else [])]
    limits = limits_of(spec.size)
    if limits and not job.client.limits:
        job.say(f"this engine cannot hold it to the size {spec.size}: it runs without limits")
    return {
        "Image": image,
        "Env": [f"{key}={value}" for key, value in sorted(environment.items())],
        **({"Cmd": list(command)} if command else {}),
        **({"Healthcheck": health} if health else {}),
        "Labels": {**_labels(job, spec, image), **({naming.CHECKED: "yes"} if health else {}), **(labels or {})},
        "ExposedPorts": {port: {} for port in exposes},
        "StopTimeout": stop_seconds,
        "HostConfig": {
            "NetworkMode": network,
            "RestartPolicy": {"Name": "unless-stopped"},
            "PortBindings": bindings,
            "Mounts": [{"Type": "volume", "Source": volume[0], "Target": volume[1]}] if volume else [],
            **limits,
        },
        "NetworkingConfig": {"EndpointsConfig": {network: {"Aliases": [spec.name]}}},
    }


def _labels(job: Job, spec: LayerSpec, image: str) -> dict[str, str]:
    return {
        **naming.layer_labels(job.address, spec.kind),
        **naming.facet_labels(job.change.facets),
        naming.SERVICE: spec.name,
        naming.ONE_OFF: "False",
        naming.NEEDS: ",".join(job.change.needs or spec.needs),
        naming.IMAGE: image,
        **job.account_labels,
    }
