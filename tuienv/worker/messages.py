"""What crosses between the screen's process and the worker. All of it pickles, small and without secrets: one that a
person types (`AddProfile`) goes to the worker, and none comes from there.

A `Request` is answered by one `Reply` with the same number. What the worker sends by itself is an `Update`: changes
of the state (`tuienv.model.state`), log lines, samples, progress. The first thing that crosses is the `Options`
(`tuienv.worker.options`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import repeat
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from tuienv.model.state import (
    ConnectionChanged,
    EnvironmentsChanged,
    FilesRefused,
    InstancesChanged,
    LayersChanged,
    Samples,
)

if TYPE_CHECKING:
    from tuienv.model import (
        Address,
        Capabilities,
        Event,
        Failure,
        Identity,
        LogLine,
        Operation,
        Outcome,
        Plan,
        Progress,
        Record,
        Release,
        Size,
    )
    from tuienv.model.state import ProfileState

# --- from the worker --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LogBatch:
    """Lines of an open log, oldest first. `skipped`: lines left out just before these, to stay live; `gap`: seconds
    of output that could not be counted and were left out there too; `ended`: nothing more will come, `failure`: why.
    """

    stream: int
    lines: tuple[LogLine, ...] = ()
    skipped: int = 0
    gap: float = 0.0
    ended: bool = False
    failure: Failure | None = None

    def __reduce__(self) -> tuple[Callable[..., LogBatch], tuple[object, ...]]:
        # By columns: seven thousand lines a second are taken out of such messages, and pickle would build each by a
        # call of Python's.
        columns = tuple(zip(*self.lines, strict=True)) if self.lines else ((), (), ())
        return _batch, (columns, self.stream, self.skipped, self.gap, self.ended, self.failure)


def _batch(columns: tuple[tuple[object, ...], ...], stream: int, *more: Any) -> LogBatch:
    from tuienv.model import LogLine

    lines = map(tuple.__new__, repeat(LogLine), zip(*columns, strict=True))
    return LogBatch(stream, cast("tuple[LogLine, ...]", tuple(lines)), *more)


@dataclass(frozen=True, slots=True)
class PlanProgress:
    """Something happened in the plan that request `run` runs."""

    run: int
    progress: Progress


@dataclass(frozen=True, slots=True)
class Switched:
    """Other credentials are used from now on: what was shown with those before belongs to another account, and the
    logs that were open have ended."""

    backend: str
    profile: str


@dataclass(frozen=True, slots=True)
class WorkerLost:
    """Made by the client itself: the worker process died. Another is being started; open streams must be reopened,
    and what a plan was doing is in the journal."""

    exit_code: int | None = None


@dataclass(frozen=True, slots=True)
class WorkerSilent:
    """Made by the client itself: nothing has come from the worker process since then, though it was asked; `failure`
    says so, and what happens next."""

    since: float
    failure: Failure


@dataclass(frozen=True, slots=True)
class WorkerAnswers:
    """Made by the client itself: after `WorkerSilent` or `WorkerLost`, something comes again."""


Update = (
    EnvironmentsChanged
    | LayersChanged
    | InstancesChanged
    | ConnectionChanged
    | FilesRefused
    | Samples
    | LogBatch
    | PlanProgress
    | Switched
    | WorkerLost
    | WorkerSilent
    | WorkerAnswers
)

# --- from the screen --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Focus:
    """What is on the screen: instances in view are measured, environments in view kept fresh. Answer: None."""

    addresses: tuple[Address, ...] = ()


@dataclass(frozen=True, slots=True)
class Describe:
    """Everything about one layer that a listing lacks. Answer: `Description`."""

    address: Address


@dataclass(frozen=True, slots=True)
class Description:
    """`config`: the layer's variables; a value that may be secret is masked in the worker and never gets here."""

    address: Address
    capabilities: Capabilities
    config: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    size: Size | None = None


@dataclass(frozen=True, slots=True)
class ReadReleases:
    """What was released of one layer. Answer: `ReleaseList`."""

    address: Address


@dataclass(frozen=True, slots=True)
class ReleaseList:
    """Newest first."""

    releases: tuple[Release, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadEvents:
    """What happened to one layer. Answer: `EventList`."""

    address: Address


@dataclass(frozen=True, slots=True)
class EventList:
    """Newest first, a few hundred at the most."""

    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class Preview:
    """What would this operation do? Answer: `Plan`."""

    operation: Operation


@dataclass(frozen=True, slots=True)
class Run:
    """Run this plan. Answer: `Outcome`; until then `PlanProgress` with this request's number."""

    plan: Plan


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop the plan that request `run` runs, between two steps. Answer: None."""

    run: int


@dataclass(frozen=True, slots=True)
class OpenLog:
    """Open a log; lines come as `LogBatch` with this request's number as `stream`. Answer: None, once it is open.

    The worker sends at most `WINDOW` batches that were not acknowledged, and skips lines rather than fall behind.
    """

    target: Address
    tail: int | None = 1000
    since: float | None = None
    follow: bool = True


WINDOW = 4
"""How many `LogBatch` messages may be under way to a screen that has not said that it drew them."""


@dataclass(frozen=True, slots=True)
class LogSeen:
    """The screen has taken in one batch of that stream. Answer: none at all."""

    stream: int


@dataclass(frozen=True, slots=True)
class CloseLog:
    """End that log. Answer: None."""

    stream: int


@dataclass(frozen=True, slots=True)
class ReadJournal:
    """What was done from this machine? Answer: `RecordList`."""

    limit: int = 200


@dataclass(frozen=True, slots=True)
class RecordList:
    """The newest so many, newest first."""

    records: tuple[Record, ...] = ()


@dataclass(frozen=True, slots=True)
class Refresh:
    """Look at everything again now. Answer: None."""


@dataclass(frozen=True, slots=True)
class Ping:
    """Is anybody there? Answered at once, by the thread that takes requests. Answer: None."""


# --- about accounts


@dataclass(frozen=True, slots=True)
class ListProfiles:
    """Which profiles are there? Contacts nobody. Answer: `Profiles`."""


@dataclass(frozen=True, slots=True)
class Profiles:
    profiles: tuple[ProfileState, ...]


@dataclass(frozen=True, slots=True)
class IdentifyProfile:
    """Who is this profile? Answer: `Identity`."""

    backend: str
    profile: str


@dataclass(frozen=True, slots=True)
class UseProfile:
    """Use this profile from now on, for one environment or for all that name none. `account`: as it was shown; if it
    is another by now, nothing changes. Answer: `Identity`."""

    backend: str
    profile: str
    environment: str = ""
    account: str = ""


@dataclass(frozen=True, slots=True)
class AddProfile:
    """Keep a profile with this secret, once its provider says whose it is. Answer: `Identity`."""

    backend: str
    profile: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RemoveProfile:
    """Forget a profile that we keep. Answer: None."""

    backend: str
    profile: str


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to request `number`, or why there is none."""

    number: int
    answer: Answer = None
    failure: Failure | None = None


AccountRequest = ListProfiles | IdentifyProfile | UseProfile | AddProfile | RemoveProfile
Request = (
    Focus
    | Describe
    | ReadReleases
    | ReadEvents
    | ReadJournal
    | Preview
    | Run
    | Cancel
    | OpenLog
    | LogSeen
    | CloseLog
    | Refresh
    | Ping
    | AccountRequest
)
Answer: TypeAlias = "Description | ReleaseList | EventList | RecordList | Plan | Outcome | Profiles | Identity | None"
