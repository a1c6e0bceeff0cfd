"""What was seen where: looks at AWS and remembers, for whoever needs to know what an address stands for there."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tuienv.backends.aws import naming
from tuienv.backends.aws.asking import Asker
from tuienv.backends.aws.looking.grouping import Placed
from tuienv.backends.aws.looking.notes import Notes
from tuienv.backends.aws.looking.parts import Form, Part, resource
from tuienv.backends.aws.looking.source import Scope
from tuienv.backends.aws.looking.survey import Survey
from tuienv.backends.aws.regions import check_region
from tuienv.backends.base import NotFound
from tuienv.model import Address, Layer, Observation

NAME = "aws"


class Atlas:
    """Everything that was seen with one profile in one region. Safe to use from several threads."""

    def __init__(self, asker: Asker, profile: str) -> None:
        self.asker, self.profile = asker, profile
        self.notes = Notes()
        self._lock = threading.Lock()
        self._seen: dict[str, list[Placed]] = {}

    def discover(self) -> list[Observation]:
        """Every environment; one more, of no name, stands for those that only a silent service could tell of."""
        at = time.time()
        with uncollected():
            survey = Survey(self.asker, Scope(self.notes))
            found = survey.environments()
        with self._lock:
            self._seen = {**self._seen, **found}
        told = [self._observation(name, members, survey, at) for name, members in sorted(found.items())]
        silent = survey.unanswered(())
        return [*told, Observation("", NAME, self.profile, at, unanswered=silent)] if silent else told

    def observe(self, environment: str, *, thorough: bool = False) -> Observation:
        """One environment: where it was seen before, else everywhere. Raises `Conflict` where a thorough look finds it
        in another region."""
        at, survey = time.time(), self._look(environment, thorough)
        if thorough and not self.members(environment) and environment not in survey.services.grounds():
            check_region(self.asker, environment)
        return self._observation(environment, self.members(environment), survey, at)

    def members(self, environment: str) -> list[Placed]:
        """What an environment had when it was looked at last."""
        with self._lock:
            return list(self._seen.get(environment, ()))

    def look_at(self, environment: str) -> list[Placed]:
        """What an environment has now."""
        self._look(environment, thorough=False)
        return self.members(environment)

    def find(self, address: Address, tried: str) -> Placed:
        """What a layer is at AWS, as it is now. Raises `NotFound`, which says what was tried."""
        self._look(address.environment, thorough=False)
        for one in self.members(address.environment):
            if one.address.layer == address.layer:
                return one
        raise NotFound(
            tried, address, "it does not exist at AWS", f"`tuienv status {address.environment}` shows what there is."
        )

    def part_of(self, layer: Layer) -> Part | None:
        """What a layer was when it was seen last; contacts nobody."""
        with self._lock:
            placed = [one for members in self._seen.values() for one in members if one.address.layer == layer.name]
        return next((one.part for one in placed if one.part.resources[:1] == layer.resources[:1]), None)

    def within(self, target: Address, tried: str) -> list[Placed]:
        """The layers that an address stands for, as they are now. Raises `NotFound` if there is none, or if it names an
        instance that is not there."""
        if target.layer:
            found = [self.find(target, tried)]
        else:
            self._look(target.environment, thorough=False)
            found = self.members(target.environment)
        if not found or (target.instance and target.instance not in found[0].part.members):
            remedy = f"`tuienv status {target.environment}` shows what there is."
            raise NotFound(tried, target, "there is no such instance" if found else "it does not exist at AWS", remedy)
        return found

    def _look(self, environment: str, thorough: bool) -> Survey:
        scope = Scope(self.notes, environment, None if thorough else self.notes.homes.get(environment), thorough)
        survey = Survey(self.asker, scope)
        found = survey.environments()
        with self._lock:
            self._seen[environment] = found.get(environment, [])
        return survey

    def _observation(self, environment: str, members: Sequence[Placed], survey: Survey, at: float) -> Observation:
        layers = [self._layer(one, members) for one in members]
        left = survey.remains.layers(layers, NAME, self.profile)
        return Observation(
            environment,
            NAME,
            self.profile,
            at,
            (*layers, *left),
            ground=tuple(
                resource("ECS cluster", naming.cluster_name(name))
                for name in survey.services.grounds()
                if name == environment
            ),
            unanswered=survey.unanswered(members),
            marks=survey.marked.of(environment, any(one.ours for one in members)),
        )

    def _layer(self, placed: Placed, members: Sequence[Placed]) -> Layer:
        part = placed.part
        return Layer(
            name=placed.address.layer,
            kind=part.kind,
            backend=NAME,
            profile=self.profile,
            status=part.status,
            instances=part.instances,
            image=part.image,
            size=part.size,
            storage=part.storage,
            endpoints=part.endpoints,
            resources=part.resources,
            needs=needs_of(placed, members),
            ours=placed.ours,
        )


def needs_of(placed: Placed, members: Sequence[Placed]) -> tuple[str, ...]:
    """The layers that it depends on: as is written on what is ours; else a load balancer on those that it sends to."""
    if placed.ours:
        return naming.needs_of(placed.part.tags)
    if placed.part.form is not Form.LOAD_BALANCER:
        return ()
    return tuple(
        one.address.layer for one in members if one is not placed and placed.part.target_groups & one.part.target_groups
    )


@contextmanager
def uncollected() -> Iterator[None]:
    """Without Python's search for circles of garbage. A big listing makes very many objects, none of them garbage, and
    going over them again and again takes a quarter of its time."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()
