"""Observations: what is looked at, how thoroughly, and what that may cost."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from tuienv.backends.heroku.client import Client, Row
from tuienv.backends.heroku.foreign import foreign_layers, foreign_name
from tuienv.backends.heroku.keeping import KEPT, marks_of
from tuienv.backends.heroku.looking import Looker
from tuienv.backends.heroku.prices import Prices
from tuienv.backends.heroku.reading import NAME, read_layers
from tuienv.backends.heroku.state import AppState, EnvironmentState
from tuienv.backends.heroku.thrift import Thrift
from tuienv.model import Observation, Resource

PAGE = 200
"""Apps that are listed at a time."""

AT_ONCE = 60
"""Apps of others whose dynos a discovery reads, those read longest ago first: two requests each."""


class Survey:
    """Observes for one account; see `tuienv.backends.base.Backend`."""

    def __init__(self, client: Client, looker: Looker, prices: Prices, thrift: Thrift) -> None:
        self._client, self._looker, self._prices, self._thrift = client, looker, prices, thrift
        self._clock: Callable[[], float] = time.time
        self._lock = threading.Lock()
        self._discovered: list[Observation] | None = None
        self._observed: dict[str, Observation] = {}
        self._stands: dict[str, dict[str, Row]] = {}

    def discover(self) -> list[Observation]:
        """Every environment, with the dynos of as many apps as the allowance has room for: nobody looks at them one by
        one afterwards."""
        room = min(AT_ONCE, int(self._thrift.left() / 2))
        return [observation for page in self._told(room) for observation in page]

    def pages(self) -> Iterator[list[Observation]]:
        """The same, those of a page of apps at a time, and of the dynos of others only what is known: whoever shows
        them looks at what is in view."""
        return self._told(0)

    def _told(self, room: int) -> Iterator[list[Observation]]:
        """What is there now; what was found last time where the allowance is used up."""
        with self._lock:
            last = self._discovered
        if last is not None and self._thrift.left() <= 0:
            yield last
            return
        found: list[Observation] = []
        with self._spending():
            for page in self._discover(room):
                found += page
                yield page
        with self._lock:
            self._discovered = found

    def observe(self, environment: str, *, thorough: bool) -> Observation:
        """One environment; what was seen last time where the allowance is used up and no plan is made of it."""
        with self._lock:
            last = self._observed.get(environment)
        if last is not None and not thorough and self._thrift.left() <= 0:
            return last
        with self._spending():
            seen = self._observe(environment, thorough=thorough)
        with self._lock:
            self._observed[environment] = seen
        return seen

    def forget(self, environment: str) -> None:
        """It was changed by us: what is remembered of it is no answer any more."""
        self._looker.forget()
        with self._lock:
            self._observed.pop(environment, None)
            self._stands.pop(environment, None)
            self._discovered = None

    def stands(self, environment: str) -> Mapping[str, Row]:
        """The apps of an environment of ours as they were listed when it was observed last, by layer; the ground's
        name is empty."""
        with self._lock:
            return self._stands.get(environment, {})

    # --- inside -------------------------------------------------------------------------------------------------

    def _observe(self, environment: str, *, thorough: bool) -> Observation:
        at = self._clock()
        self._prices.load()
        if thorough:
            self._looker.forget_lists()
        rows = self._looker.apps()
        apps = self._looker.marked(rows, environment, thorough=thorough)
        with self._lock:
            self._stands[environment] = {app.mark.layer: app.row for app in apps if app.mark}
        if apps:
            ground = next((app for app in apps if app.mark and not app.mark.layer), None)
            addons = self._looker.addons_on(ground) if ground else []
            running = self._looker.live([app for app in apps if app.mark and app.mark.layer])
            state = self._looker.environment(environment, [*running, *([ground] if ground else [])], addons)
            return self._ours(state, at)
        theirs = self._foreign([row for row in rows if not self._looker.is_ours(str(row["id"]))]).get(environment)
        if theirs:
            return self._theirs(environment, self._looker.live(theirs), self._looker.addons(), at)
        return Observation(environment, NAME, self._client.profile, at)

    def _discover(self, room: int) -> Iterator[list[Observation]]:
        """Apps that stand alone come with their page; what several apps make up, when all pages were seen."""
        at = self._clock()
        self._prices.load()
        addons, couplings = self._looker.addons(), self._looker.couplings()
        pipelines = self._looker.pipelines() if couplings else {}
        ours: list[AppState] = []
        coupled: defaultdict[str, list[AppState]] = defaultdict(list)
        for rows in self._looker.pages_of_apps(PAGE):
            mine = self._looker.marked(rows)
            ours += mine
            theirs = [AppState(row) for row in rows if not self._looker.is_ours(str(row["id"]))]
            self._looker.glance(app for app in mine if app.mark and app.mark.layer)
            room -= self._looker.glance(self._looker.stalest(theirs, room))
            alone: list[Observation] = []
            for app in map(self._looker.last_live, theirs):
                coupling = couplings.get(app.id)
                name = foreign_name(app.row, coupling, pipelines)
                if coupling is None:
                    alone.append(self._theirs(name, [app], addons, at))
                else:
                    coupled[name].append(app)
            yield alone
        together = list(self._environments(ours, addons, at))
        yield [*together, *(self._theirs(name, apps, addons, at) for name, apps in coupled.items())]

    def _environments(self, apps: Sequence[AppState], addons: Sequence[Row], at: float) -> Iterator[Observation]:
        by_name: defaultdict[str, list[AppState]] = defaultdict(list)
        for app in apps:
            if app.mark:
                by_name[app.mark.environment].append(self._looker.last_live(app))
        for name, group in sorted(by_name.items()):
            refused = next((app.refused for app in group if app.refused is not None), None)
            if refused is not None:
                yield Observation(name, NAME, self._client.profile, at, failure=refused.as_failure())
            else:
                yield self._ours(self._looker.environment(name, group, addons), at)

    def _foreign(self, rows: Sequence[Row]) -> dict[str, list[AppState]]:
        """The apps of others by environment."""
        couplings = self._looker.couplings()
        pipelines = self._looker.pipelines() if couplings else {}
        found: defaultdict[str, list[AppState]] = defaultdict(list)
        for row in rows:
            found[foreign_name(row, couplings.get(str(row["id"])), pipelines)].append(AppState(row))
        return found

    def _ours(self, state: EnvironmentState, at: float) -> Observation:
        layers = read_layers(state, self._client.profile)
        ground: tuple[Resource, ...] = ()
        if state.ground is not None and KEPT not in state.ground.settled.config:
            ground = (Resource("app", state.ground.name),)
        return Observation(state.name, NAME, self._client.profile, at, layers, ground, marks=marks_of(state.ground))

    def _theirs(self, name: str, apps: Sequence[AppState], addons: Sequence[Row], at: float) -> Observation:
        layers = foreign_layers(apps, addons, self._client.profile)
        return Observation(name, NAME, self._client.profile, at, layers, None)

    @contextmanager
    def _spending(self) -> Iterator[None]:
        before = self._client.made
        try:
            yield
        finally:
            self._thrift.spend(self._client.made - before)
