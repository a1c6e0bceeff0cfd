"""What the engine says, as the model has it: containers, networks and volumes to layers and instances.

Status of a container, by the engine's own state:

=====================================  ==========  =====================================================
state                                  status      detail
=====================================  ==========  =====================================================
created                                starting    created (one of ours is no instance before it was started)
running                                running     healthy, if it has a health check
running (health: starting)             starting    health: starting
running (unhealthy)                    degraded    unhealthy
paused                                 stopped     paused
restarting                             failed      the engine restarts it after a crash
removing                               deleting
exited with 0, 130, 137 or 143         stopped     SIGINT, SIGKILL, SIGTERM: how a stop that was asked for ends
exited with anything else              failed      exited N
dead                                   failed
=====================================  ==========  =====================================================
"""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tuienv.backends.docker import naming
from tuienv.backends.docker.haproxy import health_of, outdated_checks, routing_of
from tuienv.backends.docker.uptime import Lifetimes
from tuienv.model import SIZES, Address, Health, Instance, Kind, Layer, Marks, Resource, Size, Status
from tuienv.text import plain

Row = Mapping[str, Any]
"""One object of the engine's JSON."""

STOPPED_CODES = frozenset({0, 130, 137, 143})

UP = frozenset({"running", "paused", "restarting"})
"""The engine's words for what a stop would end."""

_STATES: Mapping[str, tuple[Status, str]] = {
    "created": (Status.STARTING, "created"),
    "paused": (Status.STOPPED, "paused"),
    "restarting": (Status.FAILED, "restarting"),
    "removing": (Status.DELETING, ""),
    "dead": (Status.FAILED, "dead"),
}
_HEALTH: Mapping[str, tuple[Status, str]] = {
    "healthy": (Status.RUNNING, "healthy"),
    "unhealthy": (Status.DEGRADED, "unhealthy"),
    "health: starting": (Status.STARTING, "health: starting"),
    "starting": (Status.STARTING, "health: starting"),
}
_IN_PARENTHESES = re.compile(r"\(([^)]*)\)")

_KINDS: Sequence[tuple[Kind, re.Pattern[str]]] = (
    (Kind.DATABASE, re.compile(r"postg|pgvector|timescale|mysql|mariadb|mongo|cockroach|mssql")),
    (Kind.CACHE, re.compile(r"redis|valkey|memcached|keydb|dragonfly")),
    (Kind.LOAD_BALANCER, re.compile(r"haproxy|nginx|traefik|caddy|envoy")),
)


def status_of(state: str, status: str, *, starved: bool = False) -> tuple[Status, str]:
    """The status and its detail, from the engine's `state` and the text beside it (``Exited (1) 3 hours ago``)."""
    noted = _IN_PARENTHESES.search(status)
    if state == "running":
        return _HEALTH.get(noted[1] if noted else "", (Status.RUNNING, ""))
    if state == "exited":
        return exit_status(noted[1] if noted else "", starved=starved)
    known = _STATES.get(state, (Status.UNKNOWN, plain(state, 64)))
    if state == "restarting" and noted:
        return known[0], f"restarting, exited {plain(noted[1], 16)}"
    return known


def exit_status(code: str, *, starved: bool = False) -> tuple[Status, str]:
    """How a container that ended with `code` is; what is no number counts as a failure. `starved`: something in it was
    killed for lack of memory, perhaps a process that it did not need."""
    if starved and code not in ("0", "130", "143"):
        return Status.FAILED, "out of memory"
    stopped = code.isdecimal() and int(code) in STOPPED_CODES
    return Status.STOPPED if stopped else Status.FAILED, f"exited {plain(code, 16)}".strip()


def health_status(health: str) -> tuple[Status, str]:
    """How a running container with this health is."""
    return _HEALTH.get(health, (Status.RUNNING, ""))


def roll_up(statuses: Iterable[Status]) -> Status:
    """The status of a layer from those of its instances."""
    found = set(statuses)
    if len(found) <= 1:
        return next(iter(found), Status.ABSENT)
    if found == {Status.RUNNING, Status.STARTING}:
        return Status.STARTING
    if found & {Status.RUNNING, Status.STARTING, Status.DEGRADED}:
        return Status.DEGRADED
    return Status.FAILED if Status.FAILED in found else Status.STOPPED


def guess_kind(image: str) -> Kind:
    """The kind of a layer that does not say: by the last part of its image's name, else an app."""
    name = image.rsplit("/", 1)[-1].split(":")[0].lower()
    return next((kind for kind, pattern in _KINDS if pattern.search(name)), Kind.APP)


def labels_of(row: Row) -> dict[str, str]:
    return {str(key): str(value) for key, value in (row.get("Labels") or {}).items()}


def name_of(row: Row) -> str:
    """A container's own name. Old links give it more names, with a slash inside; the shortest is its own."""
    names = [str(name).lstrip("/") for name in row.get("Names") or ()]
    return min(names, key=lambda name: (name.count("/"), len(name)), default=str(row.get("Id", ""))[:12])


@dataclass(frozen=True, slots=True)
class Found:
    """One container of a listing: where it stands, and its row."""

    address: Address
    labels: Mapping[str, str]
    row: Row

    @property
    def id(self) -> str:
        return str(self.row["Id"])

    @property
    def name(self) -> str:
        return name_of(self.row)

    @property
    def state(self) -> str:
        return str(self.row.get("State", ""))

    @property
    def number(self) -> int:
        return naming.number_of(self.labels)

    @property
    def is_instance(self) -> bool:
        """Whether it counts. One that we made and that was not started, or is still on its way in, does not: if the
        change that made it was killed, the plan must see that something is missing."""
        unstarted = self.state == "created" and naming.is_made_here(self.labels)
        return not (unstarted or naming.is_on_its_way(self.labels, self.name))

    @property
    def facets(self) -> dict[str, str]:
        return naming.facets_of(self.labels)

    @property
    def ip(self) -> str:
        """Its address on the environment's network; empty if it is not on it."""
        networks = (self.row.get("NetworkSettings") or {}).get("Networks") or {}
        network = networks.get(naming.network_name(self.address.environment)) or {}
        return str(network.get("IPAddress") or "")


def found_in(rows: Iterable[Row]) -> list[Found]:
    """The containers of a listing with their places, in a steady order.

    What ran once beside a service (``docker compose run``) and has ended is left out, as ``docker compose ps`` does.
    """
    found = [_place(row) for row in rows]
    ours = {(one.address.environment, one.address.layer) for one in found if naming.LAYER in one.labels}
    apart = [_apart(one, ours) for one in found if one.state in UP or not naming.is_one_off(one.labels)]
    return sorted(apart, key=lambda one: (one.address.environment, one.address.layer, one.number, one.name))


def _place(row: Row) -> Found:
    labels = labels_of(row)
    return Found(naming.address_of(labels, name_of(row)), labels, row)


def _apart(one: Found, ours: Collection[tuple[str, str]]) -> Found:
    """What others made beside a layer of ours, under its name, is no part of it: what is done to it is not done to
    that."""
    if naming.LAYER in one.labels or (one.address.environment, one.address.layer) not in ours:
        return one
    return replace(one, address=naming.alone(one.labels, one.name))


def healths_of(found: Iterable[Found]) -> dict[str, Health]:
    """How the layers of an environment say they are ready, by layer."""
    told = [one for one in found if one.is_instance and naming.HEALTH in one.labels]
    return {one.address.layer: health_of(one.labels[naming.HEALTH]) for one in told}


def facets_of(found: Found, health: Mapping[str, Health]) -> dict[str, str]:
    """What a container was made from. A load balancer that asks its apps for something else than they say now has
    one facet more, so that the plan makes it anew."""
    asks = found.labels.get(naming.CHECKS, "")
    routed = {route.layer for route in routing_of(found.labels.get(naming.ROUTES, "")).routes}
    known = {layer: one for layer, one in health.items() if layer in routed}
    still = outdated_checks(asks, known)
    return {**found.facets, "still checks": plain(still, 256)} if still else found.facets


def read_instance(found: Found, lives: Lifetimes, now: float, health: Mapping[str, Health]) -> Instance:
    """One container of a listing as an instance. `health`: how the apps beside it say they are ready."""
    text = str(found.row.get("Status", ""))
    status, detail = status_of(found.state, text, starved=lives.has_starved(found.id))
    started = lives.estimate(found.id, float(found.row.get("Created") or 0), text, now)
    return Instance(found.address.instance, found.id, status, detail, started, facets=facets_of(found, health))


class Listing:
    """Everything that one refresh got: three answers, whatever the number of containers."""

    def __init__(self, containers: Iterable[Row], networks: Iterable[Row], volumes: Iterable[Row]) -> None:
        self.found = found_in(containers)
        self.networks = [(str(row["Name"]), labels_of(row)) for row in networks]
        self.volumes = [(str(row["Name"]), labels_of(row)) for row in volumes]

    def environments(self) -> list[str]:
        """Every environment that has a container, or a network or a volume of ours."""
        volumes = [row for row in self.volumes if not naming.is_mark(row[1])]
        owned = [labels for _, labels in [*self.networks, *volumes] if naming.ENVIRONMENT in labels]
        names = {one.address.environment for one in self.found} | {naming.environment_of(labels) for labels in owned}
        return sorted(names)

    def ground(self, environment: str) -> tuple[Resource, ...]:
        """The networks of an environment that tuienv made."""
        named = [(name, labels.get(naming.ENVIRONMENT)) for name, labels in self.networks]
        return tuple(Resource("network", plain(name)) for name, owner in sorted(named) if owner == environment)

    def layers(self, environment: str, profile: str, host: str, lives: Lifetimes) -> tuple[Layer, ...]:
        """The layers of an environment. One of which only data is left is there as well, absent."""
        members: dict[str, list[Found]] = {}
        for one in self.found:
            if one.address.environment == environment:
                members.setdefault(one.address.layer, []).append(one)
        data = self._data(environment)
        names = sorted({*members, *data})
        health = healths_of(one for ones in members.values() for one in ones)
        reader = _LayerReader(environment, profile, host, lives, time.time(), health)
        return tuple(reader.read(name, members.get(name, []), data.get(name, [])) for name in names)

    def marks(self, environment: str) -> Marks:
        """What is kept with an environment beside what it is made of."""
        networks, volumes = (
            [labels for _, labels in rows if labels.get(naming.ENVIRONMENT) == environment]
            for rows in (self.networks, self.volumes)
        )
        made = [one.labels for one in self.found if one.address.environment == environment]
        return naming.marks_of([*networks, *made], volumes)

    def _data(self, environment: str) -> dict[str, list[tuple[str, dict[str, str]]]]:
        data: dict[str, list[tuple[str, dict[str, str]]]] = {}
        for name, labels in sorted(self.volumes):
            if labels.get(naming.ENVIRONMENT) == environment and (layer := labels.get(naming.LAYER)):
                data.setdefault(layer, []).append((name, labels))
        return data


@dataclass(frozen=True, slots=True)
class _LayerReader:
    environment: str
    profile: str
    host: str
    lives: Lifetimes
    now: float
    health: Mapping[str, Health]

    def read(self, name: str, members: Sequence[Found], data: Sequence[tuple[str, dict[str, str]]]) -> Layer:
        labels = members[-1].labels if members else data[0][1]
        image = image_of(members[-1]) if members else ""
        kind = kind_of(labels, image)
        instances = tuple(read_instance(one, self.lives, self.now, self.health) for one in members if one.is_instance)
        named = dict.fromkeys([*(volume for volume, _ in data), *_unnamed(members)])
        volumes = [Resource("volume", plain(volume), holds_data=True) for volume in named]
        return Layer(
            name,
            kind,
            "docker",
            self.profile,
            roll_up(instance.status for instance in instances),
            instances,
            image,
            endpoints=endpoints_of(members, kind, self.host),
            resources=(*(Resource("container", plain(one.name)) for one in members), *volumes),
            needs=naming.needs_of(labels),
            ours=naming.LAYER in labels,
        )


def _unnamed(members: Iterable[Found]) -> Iterator[str]:
    """The volumes without a name that containers of ours write into: they go with the layer where data does, and no
    label says whose they are."""
    mounts = (mount for one in members if naming.LAYER in one.labels for mount in one.row.get("Mounts") or ())
    return (str(mount["Name"]) for mount in mounts if naming.is_anonymous(str(mount.get("Name"))))


def kind_of(labels: Mapping[str, str], image: str) -> Kind:
    try:
        return Kind(labels.get(naming.KIND, ""))
    except ValueError:
        return guess_kind(image)


def image_of(found: Found) -> str:
    return plain(found.labels.get(naming.IMAGE) or str(found.row.get("Image", "")))


def endpoints_of(members: Iterable[Found], kind: Kind, host: str) -> tuple[str, ...]:
    """Where the published ports of a layer are reached from outside, each once."""
    ports = {
        (str(port.get("IP") or "0.0.0.0"), int(port["PublicPort"]))  # noqa: S104 - read, not bound
        for one in members
        for port in one.row.get("Ports") or ()
        if port.get("PublicPort")
    }
    web = kind in (Kind.APP, Kind.LOAD_BALANCER)
    return tuple(dict.fromkeys(_endpoint(address, port, host, web) for address, port in sorted(ports)))


def _endpoint(address: str, port: int, host: str, web: bool) -> str:
    reached = host if address in ("0.0.0.0", "::") else address  # noqa: S104 - read, not bound
    bracketed = f"[{reached}]" if ":" in reached else reached
    if not web:
        return f"{bracketed}:{port}"
    return f"https://{bracketed}:{port}" if port == 443 else f"http://{bracketed}:{port}"


def read_size(host_config: Row) -> Size:
    """The limits that a container really has; named where they are those of a size that has a name."""
    quota, period = host_config.get("CpuQuota") or 0, host_config.get("CpuPeriod") or 100_000
    nano = host_config.get("NanoCpus") or (quota * 1e9 / period if quota > 0 else 0)
    size = Size(cpu=nano / 1e9 if nano else None, memory=host_config.get("Memory") or None)
    return next((known for known in SIZES.values() if known.same_as(size)), size)


def with_details(instance: Instance, inspected: Row, lives: Lifetimes) -> Instance:
    """An instance with what only an inspection tells: limits, the start to the second, a kill for lack of memory."""
    state = inspected.get("State") or {}
    started = parse_time(str(state.get("StartedAt", ""))) if state.get("Running") else None
    if started is not None:
        lives.know(instance.id, started)
    instance = replace(instance, size=read_size(inspected.get("HostConfig") or {}), started_at=started)
    if state.get("OOMKilled") and not state.get("Running"):
        status, detail = exit_status(str(state.get("ExitCode", "")), starved=True)
        return replace(instance, status=status, detail=detail)
    return instance


_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?Z")


def parse_time(text: str) -> float | None:
    """Unix seconds of the engine's ``2026-11-23T08:00:00.123456789Z``; None for its zero time or anything else."""
    match = _TIME.fullmatch(text)
    if match is None or text.startswith("0001"):
        return None
    from calendar import timegm

    return timegm(time.strptime(match[1], "%Y-%m-%dT%H:%M:%S")) + float(match[2] or 0)
