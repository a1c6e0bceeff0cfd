"""The AWS backend: the contract's calls, each handed to the room where it is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tuienv.backends.aws import keeping
from tuienv.backends.aws.applying import make_change
from tuienv.backends.aws.asking import Asker
from tuienv.backends.aws.capable import capabilities_of
from tuienv.backends.aws.connecting import config_of, connection_of
from tuienv.backends.aws.events import events_of
from tuienv.backends.aws.expiring import expires_at
from tuienv.backends.aws.job import Job
from tuienv.backends.aws.logs import LogStream
from tuienv.backends.aws.looking.atlas import Atlas
from tuienv.backends.aws.metrics import MetricsStream
from tuienv.backends.aws.protecting import protect_environment
from tuienv.backends.aws.regions import judged
from tuienv.backends.aws.releases import releases_of
from tuienv.backends.aws.running import EcsExecution
from tuienv.backends.aws.session import Session
from tuienv.backends.aws.streams import Streams
from tuienv.backends.base import Execution, Inputs, Steps, Stream
from tuienv.backends.docker_engine.client import Client
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


class AwsBackend:
    """One account in one region. `profile` is one of AWS's own tools, with ``@region`` behind it where another region
    than the profile's is meant; empty, what the `aws` command would use."""

    name = "aws"

    def __init__(self, profile: str = "", session: Session | None = None) -> None:
        """`session` takes the place of the profile's own, for tests."""
        self.profile = profile
        self.session = session or Session(profile)
        self.engine = Client()
        self._asker = Asker(self.session)
        self._atlas = Atlas(self._asker, profile)
        self._streams = Streams()

    def identity(self) -> Identity:
        """The account's number; as its name, who acts there and in which region; and until when, where that is told."""
        region, caller = self.session.region, self.session.caller()
        who = plain(str(caller.get("Arn", ""))).rpartition(":")[2]
        shown = f"{who} · {region}"
        return Identity(self.name, self.profile, self.session.account, shown, expires_at(self.session.name))

    def budget(self) -> Budget | None:
        """What is left of the calls that tuienv allows itself with this profile in this region: AWS tells of none."""
        return self._asker.told()

    # --- looking ------------------------------------------------------------------------------------------------

    def discover(self) -> list[Observation]:
        """Every environment in the region: ours, and what others made, by its tags."""
        return self._atlas.discover()

    def observe(self, environment: str, *, thorough: bool = False) -> Observation:
        """One environment, in a call a page of each service that it was seen in; `thorough` asks all of them, and
        believes nothing that was noted before."""
        return self._atlas.observe(environment, thorough=thorough)

    def capabilities(self, layer: Layer) -> Capabilities:
        """What can be done with this layer. Contacts nobody."""
        return capabilities_of(layer, self._atlas, self.session)

    def objections(self, spec: EnvironmentSpec, profile: str) -> Mapping[str, str]:
        """What a file names that is in another region; see `Judges`."""
        return judged(spec, self._asker, profile)

    # --- changing -----------------------------------------------------------------------------------------------

    def apply(self, change: Change, inputs: Inputs, steps: Steps) -> None:
        """Make one change; see `Backend.apply`."""
        try:
            make_change(Job(self.session, change, inputs, steps, self.engine), self._atlas)
        finally:
            self._atlas.notes.changed(change.address.environment)

    def take_lock(self, environment: str, lock: Lock) -> Lock:
        """Put this lock on, if there is none; gives the one that is on then. See `Keeps`."""
        return keeping.take_lock(self.session, environment, lock)

    def drop_lock(self, environment: str, token: str) -> None:
        """Take the lock with this token off."""
        keeping.drop_lock(self.session, environment, token)

    def protect(self, environment: str, protected: bool) -> None:
        """Put the protection on or take it off; AWS itself then refuses to delete its data, or no longer."""
        protect_environment(self.session, environment, protected)

    # --- reading ------------------------------------------------------------------------------------------------

    def logs(
        self, target: Address, *, tail: int | None = None, since: float | None = None, follow: bool = False
    ) -> Stream[list[LogLine]]:
        """The lines of every instance of the target out of CloudWatch Logs, merged by time; see `Reads`."""
        return self._streams.kept(LogStream(self._atlas, target, tail=tail, since=since, follow=follow))

    def metrics(self, targets: Sequence[Address]) -> Stream[list[Sample]]:
        """Samples of these instances, one a minute each, as CloudWatch has them."""
        return self._streams.kept(MetricsStream(self._atlas, targets))

    def run(self, target: Address, argv: Sequence[str], *, tty: bool = False, stdin: bool = False) -> Execution:
        """Start a command in a task, or in the first of a layer that runs, by ECS Exec."""
        return EcsExecution(self._atlas, target, argv, tty=tty, stdin=stdin)

    def connection(self, address: Address) -> Mapping[str, str]:
        """What a layer answers to; see `Connects`."""
        return connection_of(self._atlas, address)

    def config(self, address: Address) -> Mapping[str, str]:
        """The variables of a service, those that are kept as secrets included."""
        return config_of(self._atlas, address)

    def releases(self, address: Address) -> list[Release]:
        """The revisions of a service's task definition, newest first."""
        return releases_of(self._atlas, address)

    def events(self, address: Address) -> list[Event]:
        """What the services of AWS say happened to a layer, newest first."""
        return events_of(self._atlas, address)

    def close(self) -> None:
        """End every stream and let go of every connection."""
        self._streams.close()
        self._asker.close()
        self.session.close()
        self.engine.close()
