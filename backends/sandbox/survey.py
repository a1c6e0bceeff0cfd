"""What a listing of the sandbox means: its records as environments, layers and instances."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from tuienv.backends.base import ProviderError
from tuienv.backends.sandbox.records import Network, Record, Volume
from tuienv.model import Failure, Instance, Kind, Layer, Observation, Resource, Status


def survey(
    records: Iterable[Record],
    volumes: Iterable[Volume],
    networks: Iterable[Network],
    client: tuple[str, str],
    now: float,
    *,
    thorough: bool,
) -> list[Observation]:
    """Every environment that these belong to, by name. `client`: the backend's name and profile."""
    instances_of: defaultdict[str, defaultdict[str, list[Record]]] = defaultdict(lambda: defaultdict(list))
    volumes_of: defaultdict[str, dict[str, Volume]] = defaultdict(dict)
    for record in records:
        instances_of[record.address.environment][record.address.layer].append(record)
    for volume in volumes:
        volumes_of[volume.environment][volume.layer] = volume
    ground = {network.environment: (Resource("network", network.name),) for network in networks}
    return [
        Observation(
            name,
            *client,
            now,
            tuple(
                _layer(layer, instances_of[name][layer], volumes_of[name].get(layer), client, thorough)
                for layer in sorted(instances_of[name].keys() | volumes_of[name])
            ),
            ground.get(name, ()),
        )
        for name in sorted(instances_of.keys() | volumes_of.keys() | ground.keys())
    ]


def without(
    found: list[Observation], silent: Mapping[Kind, ProviderError], client: tuple[str, str], now: float
) -> list[Observation]:
    """The same, as far as it is told: these kinds are not, and one more observation says so of what is not named."""
    if not silent:
        return found
    told = [
        replace(
            seen,
            layers=tuple(layer for layer in seen.layers if layer.kind not in silent),
            unanswered=as_unanswered(silent),
        )
        for seen in found
    ]
    return [*told, Observation("", *client, now, unanswered=as_unanswered(silent))]


def as_unanswered(silent: Mapping[Kind, ProviderError]) -> Mapping[Kind, Failure]:
    return {kind: error.as_failure() for kind, error in silent.items()}


def _layer(name: str, records: list[Record], volume: Volume | None, client: tuple[str, str], thorough: bool) -> Layer:
    records.sort(key=lambda record: record.number)
    instances = tuple(_instance(record, thorough) for record in records)
    resources = [Resource("instance", record.label) for record in records]
    if volume is not None:
        resources.append(Resource("volume", volume.name, holds_data=True))
    made_from = records[0].blueprint if records else None
    ports = made_from.ports if made_from else ()
    return Layer(
        name=name,
        kind=made_from.kind if made_from else volume.kind if volume else Kind.APP,
        backend=client[0],
        profile=client[1],
        status=layer_status(instances),
        instances=instances,
        image=made_from.image if made_from else "",
        size=made_from.size if made_from else None,
        endpoints=tuple(f"http://{records[0].address.environment}.sandbox.invalid:{port}" for port in ports),
        resources=tuple(resources),
        needs=made_from.needs if made_from else (),
        ours=made_from.ours if made_from else volume is None or volume.ours,
    )


def _instance(record: Record, thorough: bool) -> Instance:
    seen = record.as_instance()
    return replace(seen, size=record.blueprint.size) if thorough else seen


def layer_status(instances: Sequence[Instance]) -> Status:
    """One word for a layer: that of its instances where they agree."""
    statuses = {instance.status for instance in instances}
    if not statuses:
        return Status.ABSENT
    if len(statuses) == 1:
        return statuses.pop()
    return Status.STARTING if statuses == {Status.RUNNING, Status.STARTING} else Status.DEGRADED
