"""One sitting at the screen: the worker, what is known, what is staged, what is under way.

Screens and panes are given this and nothing else. It asks the worker and keeps the answers; it shows nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol, runtime_checkable

from tuienv.model import Action, Address, Capabilities, Failure, Operation, Outcome, Plan, Progress, Record, Stage
from tuienv.screens.known import Known
from tuienv.worker.client import Call, Handler, WorkerFailure
from tuienv.worker.messages import (
    Answer,
    Cancel,
    Describe,
    Description,
    Focus,
    Preview,
    ReadJournal,
    RecordList,
    Request,
    Run,
)


class Link(Protocol):
    """What screens need of `tuienv.worker.client.Worker`."""

    def begin(self, request: Request) -> Call: ...

    async def call(self, request: Request) -> Answer: ...

    def subscribe(self, handler: Handler) -> Callable[[], None]: ...

    def restart(self) -> None: ...


class Job:
    """A plan that runs, or ran: the newest progress of every change, and how it ended."""

    def __init__(self, plan: Plan, number: int, started: float) -> None:
        self.plan = plan
        self.number = number
        self.started = started
        self.ended: float | None = None
        self.progress: dict[str, Progress] = {}
        self.outcome: Outcome | None = None
        self.failure: Failure | None = None
        self.cancelling = False

    @property
    def running(self) -> bool:
        return self.outcome is None and self.failure is None

    @property
    def ok(self) -> bool:
        return self.outcome is not None and self.outcome.ok

    def take(self, progress: Progress) -> None:
        self.progress[progress.key] = progress

    def done(self) -> int:
        """How many changes are done."""
        return sum(each.stage is Stage.DONE for each in self.progress.values())

    def newest(self) -> Progress | None:
        """What happened last."""
        return max(self.progress.values(), key=lambda each: each.at, default=None)


@runtime_checkable
class ShowsJobs(Protocol):
    """A screen that shows how a plan goes."""

    def job_changed(self, job: Job) -> None:
        """A plan began, went on or ended."""


class Session:
    """What the screens work with."""

    def __init__(
        self,
        link: Link,
        known: Known,
        *,
        read_only: bool = False,
        files: tuple[str, ...] = (),
        demo: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.link = link
        self.known = known
        self.read_only = read_only
        self.files = files
        self.demo = demo
        self.clock = clock
        self.staged: dict[Address, int] = {}
        self.descriptions: dict[Address, Description] = {}
        self.undescribed: dict[Address, Failure] = {}
        self.jobs: dict[int, Job] = {}
        self._calls: dict[int, Call] = {}
        self._focus: tuple[Address, ...] = ()
        self._switches = 0

    # --- looking ------------------------------------------------------------------------------------------------

    def capabilities(self, address: Address) -> Capabilities | None:
        """What can be done with the layer of an address; None while nobody has said."""
        described = self.descriptions.get(layer_of(address))
        return described.capabilities if described else None

    def fixed(self, address: Address) -> bool:
        """Whether nothing may be changed there from here: by the session, or by a rule of the settings."""
        return self.read_only or bool(self.known.read_only(address))

    def can(self, address: Address | None, action: Action) -> bool:
        """Whether an action applies to an address. What is not known yet is offered: the plan will tell."""
        if address is None or self.fixed(address):
            return False
        capabilities = self.capabilities(address)
        return capabilities is None or action in capabilities.actions

    async def describe(self, address: Address) -> Description | None:
        """Ask for everything about a layer; kept for `capabilities`. None if the worker could not tell: why is kept in
        `undescribed`."""
        switches = self._switches
        try:
            answer = await self.link.call(Describe(address))
        except WorkerFailure as failed:
            self.undescribed[address] = failed.failure
            return None
        if not isinstance(answer, Description) or switches != self._switches:
            return None
        self.descriptions[address] = answer
        self.undescribed.pop(address, None)
        return answer

    def forget(self) -> None:
        """Other credentials are used from now on: forget what those before could see, but for what still runs."""
        self._switches += 1
        self.known.forget_samples()
        self.descriptions.clear()
        self.undescribed.clear()
        self.staged.clear()
        self.jobs = {number: job for number, job in self.jobs.items() if job.running}
        self._focus = ()

    async def journal(self) -> tuple[Record, ...]:
        """What was done from here, newest first. Raises `WorkerFailure`."""
        answer = await self.link.call(ReadJournal())
        assert isinstance(answer, RecordList)
        return answer.records

    def focus(self, addresses: tuple[Address, ...]) -> None:
        """Tell the worker what is on the screen, if that is not what it was told last."""
        if addresses != self._focus:
            self._focus = addresses
            self.link.begin(Focus(addresses))

    # --- changing -----------------------------------------------------------------------------------------------

    async def preview(self, operation: Operation) -> Plan:
        """What an operation would do. Raises `WorkerFailure`."""
        answer = await self.link.call(Preview(operation))
        assert isinstance(answer, Plan)
        return answer

    def run(self, plan: Plan) -> Job:
        """Begin to run a plan; `finish` waits for its end."""
        call = self.link.begin(Run(plan))
        job = Job(plan, call.number, self.clock())
        self.jobs[job.number] = job
        self._calls[job.number] = call
        return job

    async def finish(self, job: Job) -> Job:
        """Wait until a job has ended, whichever way."""
        call = self._calls.pop(job.number)
        try:
            outcome = await call
            assert isinstance(outcome, Outcome)
            job.outcome = outcome
        except WorkerFailure as failed:
            job.failure = failed.failure
        job.ended = self.clock()
        return job

    def cancel(self, job: Job) -> None:
        """Stop a job between two steps."""
        job.cancelling = True
        self.link.begin(Cancel(job.number))


def layer_of(address: Address) -> Address:
    """The layer that an address is in, or the environment itself."""
    return Address(address.environment, address.layer)
