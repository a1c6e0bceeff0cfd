"""What is read from inside a layer: log lines and measurements; and what can be done with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from tuienv.model.wanted import Difference, Size
from tuienv.model.words import Action


class LogLine(NamedTuple):
    """One line as the provider kept it. `raw` has no line end and is not cleaned: `tuienv.text` does that where it
    is shown, and a copy gives the bytes themselves. `source`: the instance's address."""

    time: float
    source: str
    raw: bytes


class Sample(NamedTuple):
    """One measurement of one instance: CPU in cores, memory in bytes, rates in bytes or requests a second. `failed`:
    requests that were answered with a status of 500 or more; `service`: seconds that an answer took, on average."""

    address: str
    time: float
    cpu: float | None = None
    memory: int | None = None
    memory_limit: int | None = None
    received: float | None = None
    sent: float | None = None
    requests: float | None = None
    failed: float | None = None
    service: float | None = None


class Event(NamedTuple):
    """Something that the provider says happened to a layer: a deployment, a scaling, a failed health check."""

    time: float
    source: str
    text: str


@dataclass(frozen=True, slots=True)
class Release:
    """One version of a layer as it was released. `by`: who did it, empty where nobody tells; `status`:
    ``succeeded``, ``failed``, ``pending`` or the provider's own word; `differences`: against the release before."""

    name: str
    at: float | None
    by: str
    description: str
    status: str = "succeeded"
    current: bool = False
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class Budget:
    """Requests that a profile may still make: how many are left of how many, and how many come back a second.

    `spent`: how many this client has made, where it counts them. `own`: it is a limit that the backend keeps to by
    itself; the provider has not told any, so that there is nothing to show.
    """

    remaining: int
    limit: int
    refill: float = 0.0
    spent: int | None = None
    own: bool = False


@dataclass(frozen=True, slots=True)
class SizeOffer:
    """A size that a backend sells for a layer; the price in US dollars a month, None where there is none or
    nobody tells it."""

    size: Size
    monthly_cost: float | None = None


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What can be done with one layer. `replicas`: the least and the most, None where it cannot be scaled;
    `final_snapshot`: whether deleting its data leaves a last snapshot, unless a change says that none is wanted."""

    actions: frozenset[Action]
    replicas: tuple[int, int] | None = None
    sizes: tuple[SizeOffer, ...] = ()
    resizes_in_place: bool = False
    logs: bool = False
    metrics: bool = False
    runs: bool = False
    config: bool = False
    releases: bool = False
    events: bool = False
    final_snapshot: bool = False
