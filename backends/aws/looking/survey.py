"""One look at AWS: every service asked at once, each page of each answer read as it comes.

A service that will not answer costs nobody else theirs: its kinds are then unanswered, which is not the same as
missing. Only where no service answers there is no look.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tuienv.backends.aws.asking import Asker
from tuienv.backends.aws.looking.balancers import Balancers
from tuienv.backends.aws.looking.caches import Caches
from tuienv.backends.aws.looking.crew import Crew
from tuienv.backends.aws.looking.databases import Databases
from tuienv.backends.aws.looking.grouping import Placed, place
from tuienv.backends.aws.looking.machines import Machines
from tuienv.backends.aws.looking.marked import Marked
from tuienv.backends.aws.looking.notes import Home
from tuienv.backends.aws.looking.parts import Form, Part
from tuienv.backends.aws.looking.remains import Remains
from tuienv.backends.aws.looking.services import Services, with_checks, with_targets
from tuienv.backends.aws.looking.source import Scope
from tuienv.backends.aws.looking.stacks import Stacks
from tuienv.backends.base import Forbidden, NotAuthenticated, ProviderError
from tuienv.model import Failure, Kind


class Survey:
    """What was found, and what could not be. Made, it has been made: nothing is asked afterwards."""

    def __init__(self, asker: Asker, scope: Scope) -> None:
        """Ask. Raises `NotAuthenticated`, and what the services said where none of them answered."""
        self.scope = scope
        self.services = Services(asker, scope)
        self.balancers = Balancers(asker, scope)
        self.caches = Caches(asker, scope)
        self.databases = Databases(asker, scope)
        self.machines = Machines(asker, scope)
        self.stacks = Stacks(asker)
        self.marked = Marked(asker, scope)
        sources = (self.services, self.balancers, self.caches, self.databases, self.machines)
        self.sources = [source for source in sources if scope.includes(source.forms)]
        self.remains = Remains(asker, scope)
        beside = Crew(asker.pool)
        # ECS first: of all of them it is asked in most steps, each of which waits for the one before.
        for source in self.sources:
            source.crew.add(source.look)
        beside.add(self.marked.look)
        beside.add(self.remains.look)
        if scope.home is None:
            beside.add(self.stacks.look)
        self._finish()
        beside.finish()
        if scope.home is None and self.stacks.told:
            scope.notes.roots = self.stacks.roots()
        for source in self.sources:
            if source.failure is None:
                source.crew.add(source.look_closely)
        self._finish()

    def environments(self) -> dict[str, list[Placed]]:
        """Everything that was found, in its place."""
        placed = place(self._parts(), self.scope.notes.roots)
        for name in self.services.grounds():
            placed.setdefault(name, [])
        for name, members in placed.items():
            if self.scope.environment in (None, name) or self.scope.home is None:
                self._note(name, members)
        return placed

    def unanswered(self, members: Sequence[Placed]) -> dict[Kind, Failure]:
        """The kinds of an environment that nobody told of. Nothing of ours is an EC2 instance, and who may not list
        those never saw any: nothing is unknown for it."""
        silent = [source for source in self.sources if source.failure is not None]
        all_ours = bool(members) and all(one.ours for one in members)
        if all_ours or (isinstance(self.machines.failure, Forbidden) and not self._had_machines):
            silent = [source for source in silent if source is not self.machines]
        return {source.kind: source.failure.as_failure() for source in silent if source.failure is not None}

    @property
    def _had_machines(self) -> bool:
        return self.scope.home is not None and bool(self.machines.forms & self.scope.home.forms)

    def _finish(self) -> None:
        for source in self.sources:
            try:
                source.crew.finish()
            except NotAuthenticated:
                raise
            except ProviderError as error:
                source.failure = error
        failures = [source.failure for source in self.sources]
        if failures and failures[0] is not None and None not in failures:
            raise failures[0]

    def _parts(self) -> Iterable[Part]:
        targets = self.balancers.targets()
        groups = {str(row["TargetGroupArn"]): row for row in self.balancers.groups}
        for source in self.sources:
            for part in source.parts():
                yield with_checks(with_targets(part, targets), groups)

    def _note(self, environment: str, members: Sequence[Placed]) -> None:
        """For the next look at this environment. What did not answer stays as it was noted."""
        notes, parts = self.scope.notes, [one.part for one in members]
        forms = {part.form for part in parts}
        before = notes.homes.get(environment) or Home()
        kept = {form for source in self.sources if source.failure is not None for form in source.forms}
        clusters = frozenset(part.home for part in parts if part.form is Form.SERVICE)
        alone = frozenset(name for part in parts if part.form is Form.MACHINES for name in part.members)
        home = Home(clusters, alone, frozenset(forms))
        if kept:
            merged = (home.clusters | before.clusters, home.machines | before.machines, home.forms | kept)
            home = Home(*merged)
        notes.homes.put(environment, home)
        for part in parts:
            if part.form in (Form.SERVICE, Form.SCALING_GROUP):
                notes.places.put(part.arn, environment)
