"""A layer under work: its containers as they are now, and the gate in front of it."""

from __future__ import annotations

from dataclasses import dataclass

from tuienv.backends.docker import naming
from tuienv.backends.docker.balancing import Gate, gate_of
from tuienv.backends.docker.job import Job
from tuienv.backends.docker.listing import list_environment
from tuienv.backends.docker.reading import Found


@dataclass(frozen=True)
class LiveLayer:
    """`members` by number, those on their way in or out included; `gate`: the load balancers in front of it."""

    members: tuple[Found, ...]
    gate: Gate

    @property
    def current(self) -> list[Found]:
        return [one for one in self.members if not (is_next(one) or is_old(one))]

    @property
    def numbers(self) -> set[int]:
        return {one.number for one in self.current}


def is_next(one: Found) -> bool:
    return naming.is_on_its_way(one.labels, one.name)


def is_old(one: Found) -> bool:
    return naming.is_on_its_way_out(one.labels, one.name)


def look(job: Job) -> LiveLayer:
    """The layer as it is now."""
    found = list_environment(job.client, job.address.environment)
    members = tuple(one for one in found if one.address.layer == job.address.layer)
    return LiveLayer(members, gate_of(job.client, found, job.address.layer, job.steps))
