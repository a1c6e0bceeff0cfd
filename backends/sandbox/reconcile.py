"""How one change is made at the sandbox: of many small calls, so that being stopped between two of them means
something. Each looks first at what is there, so that running it again goes on from wherever it was stopped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from tuienv.backends.base import Conflict, NotFound, Steps
from tuienv.backends.sandbox.api import Api
from tuienv.backends.sandbox.records import Blueprint, Phase, Record
from tuienv.backends.sandbox.streams import last_lines
from tuienv.model import Address, Kind, Size

POLL = 0.25
"""Seconds of the sandbox between two looks at something that takes time."""

GRACE = 60.0
"""Seconds that a new instance has to get healthy, if its layer does not say."""

SAID_LINES = 5
"""How many of the last log lines an error quotes."""

NOT_SERVING = frozenset({Phase.CREATED, Phase.STOPPED, Phase.FAILED})


class Reconcile:
    """Brings the instances of one layer to what is wanted."""

    def __init__(self, api: Api, address: Address, steps: Steps) -> None:
        self._api, self._address, self._steps = api, address, steps

    # --- what a change asks for ---------------------------------------------------------------------------------

    def make(self, blueprint: Blueprint, replicas: int) -> None:
        """The layer as its file wants it: what differs is replaced, what is missing made, what is too much taken."""
        self._remove_dead(blueprint)
        self._start([record for record in self._current(blueprint) if record.phase in NOT_SERVING])
        self._admit(self._current(blueprint))
        if blueprint.kind is Kind.APP:
            self._roll(blueprint, replicas)
        else:
            self._swap(blueprint)
        self._fill(blueprint, replicas)
        self._trim(replicas)
        self.resize(blueprint.size)

    def scale(self, replicas: int) -> None:
        """More copies of what runs, or fewer, or none; those that stay are not touched. Raises `NotFound` if nothing
        runs that could be copied."""
        if len(self._living()) > replicas:
            self._trim(replicas)
        self._start([record for record in self._living() if record.phase in (Phase.CREATED, Phase.STOPPED)])
        self._admit(self._living())
        if replicas:
            self._fill(self.template(), replicas)

    def resize(self, size: Size) -> None:
        """In place, one after the other."""
        for record in self._living():
            if not size.same_as(record.blueprint.size):
                self._steps.say(f"resize {record.label} to {size}")
                self._api.resize_instance(record, size)

    def restart(self, instance: str = "") -> None:
        """One at a time, each healthy before the next. Raises `Conflict` if one does not come back."""
        for record in self._meant(instance):
            self._drain(record)
            self._steps.say(f"restart {record.label}")
            self._api.restart_instance(record)
            self._await([record])

    def stop(self, instance: str = "") -> None:
        for record in self._meant(instance):
            if record.phase is not Phase.STOPPED:
                self._steps.say(f"stop {record.label}")
                self._api.stop_instance(record)

    def start(self, instance: str = "") -> None:
        """Raises `Conflict` if one does not get healthy."""
        self._start([record for record in self._meant(instance) if record.phase in NOT_SERVING])
        self._admit(self._meant(instance))

    def delete(self) -> None:
        """Every instance of the layer; returns when they are gone."""
        for record in self._living():
            self._steps.say(f"remove {record.label}")
            self._api.delete_instance(record)
        while self._api.list_instances(self._address.environment, self._address.layer):
            self._wait()

    def template(self, facets: object = None) -> Blueprint:
        """What the layer's live instances are made from, by preference one that has these facets already.

        Raises `NotFound` if there is none to take it from.
        """
        living = sorted(self._living(), key=lambda record: record.phase in NOT_SERVING)
        if not living:
            raise NotFound("copy an instance of", self._address, "none is there", "Apply its file instead")
        alike = [record for record in living if record.blueprint.facets == facets]
        return (alike or living)[0].blueprint

    def count(self) -> int:
        """How many instances there are, those on their way out left aside."""
        return len(self._living())

    # --- looking ------------------------------------------------------------------------------------------------

    def _meant(self, instance: str) -> list[Record]:
        """The one of that name, or all of them."""
        return [record for record in self._living() if instance in ("", record.address.instance)]

    def _living(self) -> list[Record]:
        found = self._api.list_instances(self._address.environment, self._address.layer)
        return sorted(
            (record for record in found if record.phase is not Phase.DELETING), key=lambda record: record.number
        )

    def _current(self, blueprint: Blueprint) -> list[Record]:
        return [record for record in self._living() if record.blueprint.facets == blueprint.facets]

    def _outdated(self, blueprint: Blueprint) -> list[Record]:
        return [record for record in self._living() if record.blueprint.facets != blueprint.facets]

    # --- steps --------------------------------------------------------------------------------------------------

    def _roll(self, blueprint: Blueprint, replicas: int) -> None:
        """Replace one at a time: a new one is healthy before an old one is drained and goes."""
        while old := self._outdated(blueprint):
            if self._current(blueprint) and len(self._living()) > replicas:
                self._retire(old[0])
                continue
            new = self._create(replace(blueprint, wanted=replicas))
            try:
                self._start([new])
            except Conflict:
                self._remove([new])
                raise

    def _swap(self, blueprint: Blueprint) -> None:
        """Take away what is outdated first: two of it could not share one volume or port."""
        for record in self._outdated(blueprint):
            self._steps.say(f"stop {record.label}")
            self._api.stop_instance(record)
            self._remove([record])

    def _fill(self, blueprint: Blueprint, replicas: int) -> None:
        missing = replicas - len(self._living())
        self._start([self._create(replace(blueprint, wanted=replicas)) for _ in range(missing)])

    def _trim(self, replicas: int) -> None:
        """The dead go first, then the highest numbers."""
        living = sorted(self._living(), key=lambda record: (record.phase not in NOT_SERVING, -record.number))
        for record in living[: max(0, len(living) - replicas)]:
            self._retire(record)

    def _remove_dead(self, blueprint: Blueprint) -> None:
        """What failed is made anew; what is outdated and does not serve need not be drained."""
        self._remove([record for record in self._current(blueprint) if record.phase is Phase.FAILED])
        self._remove([record for record in self._outdated(blueprint) if record.phase in NOT_SERVING])

    def _create(self, blueprint: Blueprint) -> Record:
        taken = {record.number for record in self._api.list_instances(self._address.environment, self._address.layer)}
        number = next(number for number in range(1, len(taken) + 2) if number not in taken)
        address = replace(self._address, instance=str(number))
        self._steps.say(f"create {address.environment}-{address.layer}-{number}")
        return self._api.create_instance(address, blueprint)

    def _start(self, records: Sequence[Record]) -> None:
        for record in records:
            self._steps.say(f"start {record.label}")
            self._api.start_instance(record)
        self._await(records)

    def _admit(self, records: Iterable[Record]) -> None:
        """An interrupted step may have left a good instance without requests."""
        for record in records:
            if record.phase in (Phase.DRAINING, Phase.DRAINED):
                self._steps.say(f"send requests to {record.label} again")
                self._api.undrain_instance(record)

    def _retire(self, record: Record) -> None:
        self._drain(record)
        self._remove([record])

    def _drain(self, record: Record) -> None:
        if record.blueprint.kind is not Kind.APP or record.phase is not Phase.RUNNING:
            return
        self._steps.say(f"drain {record.label}")
        self._api.drain_instance(record)
        while self._find(record).phase is Phase.DRAINING:
            self._wait()

    def _remove(self, records: Sequence[Record]) -> None:
        for record in records:
            self._steps.say(f"remove {record.label}")
            self._api.delete_instance(record)
        for record in records:
            self._until_gone(record)

    def _until_gone(self, record: Record) -> None:
        try:
            while self._find(record):
                self._wait()
        except NotFound:
            return

    def _await(self, records: Sequence[Record]) -> None:
        """Until all are healthy. Raises `Conflict` with what the first one that is not said last."""
        now = self._api.cloud.clock.now
        started = now()
        for record in records:
            health = record.blueprint.health
            deadline = started + (health.grace if health else GRACE)
            while (found := self._find(record)).phase is not Phase.RUNNING:
                if found.phase is Phase.FAILED or now() > deadline:
                    raise self._unhealthy(found)
                self._wait()

    def _unhealthy(self, record: Record) -> Conflict:
        self._api.read("read_logs", record.label)
        lines = " | ".join(last_lines(self._api.cloud, record, SAID_LINES))
        said = f"it does not get healthy ({record.detail}); its last lines: {lines}"
        return Conflict("start", record.label, said, "Mend the image or its settings, then apply again")

    def _find(self, record: Record) -> Record:
        return self._api.find_instance(record.address)

    def _wait(self) -> None:
        self._api.cloud.clock.spend(POLL, self._steps.pause)
