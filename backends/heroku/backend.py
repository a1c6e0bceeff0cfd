"""The Heroku backend: the contract's calls, each handed to the room where it is done."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TypeVar

from tuienv.backends.base import Execution, Inputs, ProviderError, Secret, Steps, Stream, no_secret
from tuienv.backends.heroku.applying import make_change
from tuienv.backends.heroku.capable import capabilities_of
from tuienv.backends.heroku.client import Client
from tuienv.backends.heroku.connecting import config_of, connection_of
from tuienv.backends.heroku.history import events_of, releases_of
from tuienv.backends.heroku.job import Job, Waiting
from tuienv.backends.heroku.judging import objections_of
from tuienv.backends.heroku.keeping import drop_lock, protect, take_lock
from tuienv.backends.heroku.logs import LogStream
from tuienv.backends.heroku.looking import Looker
from tuienv.backends.heroku.metrics import MetricsStream
from tuienv.backends.heroku.prices import Prices
from tuienv.backends.heroku.running import OneOff, check_runs
from tuienv.backends.heroku.targets import find_target, find_targets, live_target
from tuienv.backends.heroku.thrift import Thrift
from tuienv.backends.heroku.watching import Survey
from tuienv.model import (
    Address,
    Budget,
    Capabilities,
    Change,
    EnvironmentSpec,
    Event,
    Identity,
    Layer,
    Lock,
    LogLine,
    Observation,
    Release,
    Sample,
)
from tuienv.text import plain

StreamT = TypeVar("StreamT", LogStream, MetricsStream, OneOff)


class HerokuBackend:
    """One Heroku account. Safe to call from several threads; opening one contacts nobody."""

    name = "heroku"

    def __init__(
        self,
        profile: str = "",
        secret: Secret = no_secret,
        *,
        waiting: Waiting | None = None,
        thrift: Thrift | None = None,
    ) -> None:
        """`waiting` and `thrift` take the place of the usual ones where the far end's clock runs faster."""
        self.profile = profile
        self.client = Client(profile, secret)
        self.waiting = waiting or Waiting()
        self._prices = Prices(self.client)
        self._looker = Looker(self.client, self._account)
        self._survey = Survey(self.client, self._looker, self._prices, thrift or Thrift())
        self._lock = threading.Lock()
        self._who: Identity | None = None
        self._streams: list[LogStream | MetricsStream | OneOff] = []

    # --- Backend ------------------------------------------------------------------------------------------------

    def identity(self) -> Identity:
        """The account's ID, and its e-mail address as its name."""
        found = self.client.get("/account", tried="identify", target=f"Heroku {self.profile}".strip())
        account, name = plain(str(found.get("id", ""))), plain(str(found.get("email", "")))
        self._who = Identity(self.name, self.profile, account, name)
        return self._who

    def discover(self) -> list[Observation]:
        """Every app and pipeline stage of the account and its teams; see `tuienv.backends.heroku.looking`."""
        return self._survey.discover()

    def pages(self) -> Iterator[list[Observation]]:
        """The same, as the pages come."""
        return self._survey.pages()

    def observe(self, environment: str, *, thorough: bool = False) -> Observation:
        """One environment, in a few requests for all and two for each of its apps."""
        return self._survey.observe(environment, thorough=thorough)

    def capabilities(self, layer: Layer) -> Capabilities:
        """What can be done with this layer. Contacts nobody: sizes and prices are those that were read last."""
        return capabilities_of(layer, self._prices)

    def apply(self, change: Change, inputs: Inputs, steps: Steps) -> None:
        """Make one change; see `tuienv.backends.base.Backend.apply`."""
        try:
            make_change(Job(self.client, self._looker, change, inputs, steps, self._account(), self.waiting))
        finally:
            self._survey.forget(change.address.environment)

    def close(self) -> None:
        """End every stream and let go of every connection."""
        with self._lock:
            streams, self._streams = self._streams, []
        for stream in streams:
            with suppress(ProviderError):
                stream.close()
        self.client.close()

    # --- what else it can ---------------------------------------------------------------------------------------

    def logs(
        self, target: Address, *, tail: int | None = None, since: float | None = None, follow: bool = False
    ) -> Stream[list[LogLine]]:
        """The lines of every dyno of the target, merged; of an add-on those that it writes into its app's log; of the
        router one for each request."""
        found = [live_target(self._looker, one) for one in find_targets(self._looker, target, "read the log of")]
        return self._kept(LogStream(self.client, target, found, tail, since, follow))

    def metrics(self, targets: Sequence[Address]) -> Stream[list[Sample]]:
        """Samples of these instances, as far as their apps write them into their logs."""
        layers = sorted({target.parent for target in targets})
        found = [one for layer in layers for one in find_targets(self._looker, layer, "measure")]
        return self._kept(MetricsStream(self.client, found, targets))

    def run(self, target: Address, argv: Sequence[str], *, tty: bool = False, stdin: bool = False) -> Execution:
        """Start a command in a dyno of its own beside those of the target."""
        found = find_target(self._looker, target.parent if target.instance else target, "run a command in")
        check_runs(live_target(self._looker, found), target)
        return self._kept(OneOff(self.client, found, argv, tty=tty, stdin=stdin))

    def authorize(self, resource: str, code: str) -> None:
        """Give a code of the second factor for an app; see `tuienv.backends.base.Authorizes`."""
        self.client.authorize(resource, code)

    def connection(self, address: Address) -> Mapping[str, str]:
        """What a layer answers to from anywhere; see `tuienv.backends.base.Connects`."""
        return connection_of(self.client, self._looker, address)

    def config(self, address: Address) -> Mapping[str, str]:
        """The config vars of a layer's app, those of its add-ons included."""
        return config_of(self.client, self._looker, address)

    def releases(self, address: Address) -> list[Release]:
        """The newest releases of an app, newest first; other layers have none."""
        return releases_of(self.client, self._looker, address)

    def events(self, address: Address) -> list[Event]:
        """Releases, and what Heroku wrote about a layer's dynos, newest first."""
        return events_of(self.client, self._looker, address)

    def take_lock(self, environment: str, lock: Lock) -> Lock:
        """See `tuienv.backends.heroku.keeping`; where nothing exists yet, there is no place for a lock."""
        return take_lock(self.client, self._looker, environment, lock)

    def drop_lock(self, environment: str, token: str) -> None:
        """Nothing if it is not on (any more)."""
        drop_lock(self.client, self._looker, environment, token)

    def protect(self, environment: str, protected: bool) -> None:
        """Nothing where nothing exists yet."""
        protect(self.client, self._looker, environment, protected=protected)
        self._survey.forget(environment)

    def objections(self, spec: EnvironmentSpec, profile: str) -> Mapping[str, str]:
        """What Heroku has no way to do, by layer, for all that was seen last. Contacts nobody."""
        return objections_of(spec, profile, self._survey.stands(spec.name), self._prices.regions())

    def budget(self) -> Budget | None:
        """Requests that the account has left, as the last answer told it."""
        return self.client.budget()

    # --- inside -------------------------------------------------------------------------------------------------

    def _account(self) -> str:
        """The account's ID; asked for once."""
        return (self._who or self.identity()).account

    def _kept(self, stream: StreamT) -> StreamT:
        with self._lock:
            self._streams.append(stream)
        return stream
