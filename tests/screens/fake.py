"""A worker that is not there: answers as it was told to, and sends what a test tells it to send."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import Context
from itertools import count
from typing import TypeVar

from tests.screens import worlds
from tuienv.model import Failure, Identity, Operation, Outcome, Plan, Record
from tuienv.model.state import ProfileState
from tuienv.worker.client import Call, Handler, WorkerFailure
from tuienv.worker.messages import (
    AddProfile,
    Answer,
    Describe,
    EventList,
    IdentifyProfile,
    ListProfiles,
    Preview,
    Profiles,
    ReadEvents,
    ReadJournal,
    ReadReleases,
    RecordList,
    ReleaseList,
    Request,
    Run,
    Update,
    UseProfile,
)

R = TypeVar("R")

Planner = Callable[[Operation], Plan | Failure]


def no_plan(operation: Operation) -> Failure:
    return Failure("Invalid", "plan", str(operation.target), "no plan was given to the fake", "")


class FakeWorker:
    """Speaks `tuienv.worker.messages` in this process. `asked`: every request so far."""

    def __init__(self, planner: Planner = no_plan) -> None:
        self.asked: list[Request] = []
        self.planner = planner
        self.outcome: Outcome | Failure | None = None
        self.records: tuple[Record, ...] = ()
        self.config: dict[str, str] = {}
        self.profiles: tuple[ProfileState, ...] = ()
        self.identities: dict[tuple[str, str], Identity | Failure] = {}
        self.releases = worlds.releases()
        self.events = worlds.events()
        self.no_past: Failure | None = None
        self.no_description: Failure | None = None
        self.restarts = 0
        self._handlers: list[Handler] = []
        self._numbers = count(1)
        self._runs: dict[int, asyncio.Future[Answer]] = {}

    def subscribe(self, handler: Handler) -> Callable[[], None]:
        self._handlers.append(handler)
        return lambda: self._handlers.remove(handler)

    def restart(self) -> None:
        self.restarts += 1

    async def call(self, request: Request) -> Answer:
        return await self.begin(request)

    def begin(self, request: Request) -> Call:
        self.asked.append(request)
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        call = Call(next(self._numbers), future)
        if isinstance(request, Run) and self.outcome is None:
            self._runs[call.number] = future
            return call
        answer = self._answer(request)
        if isinstance(answer, Failure):
            future.set_exception(WorkerFailure(answer))
            future.exception()
        else:
            future.set_result(answer)
        return call

    def tell(self, *updates: Update) -> None:
        """Send updates, as the worker does by itself: from outside, where Textual has said nothing of its app."""
        for update in updates:
            for handler in tuple(self._handlers):
                Context().run(handler, update)

    @property
    def running(self) -> list[int]:
        """The numbers of the runs that have not ended."""
        return list(self._runs)

    def end(self, run: int, outcome: Outcome | Failure) -> None:
        """Let a run end."""
        future = self._runs.pop(run)
        if isinstance(outcome, Failure):
            future.set_exception(WorkerFailure(outcome))
        else:
            future.set_result(outcome)

    def all_asked(self, kind: type[R]) -> list[R]:
        """The requests of one kind so far."""
        return [request for request in self.asked if isinstance(request, kind)]

    def _answer(self, request: Request) -> Answer | Failure:
        if isinstance(request, Describe):
            return self.no_description or worlds.description(request.address, **self.config)
        if isinstance(request, ReadReleases):
            return self.no_past or ReleaseList(self.releases)
        if isinstance(request, ReadEvents):
            return self.no_past or EventList(self.events)
        if isinstance(request, ReadJournal):
            return RecordList(self.records)
        if isinstance(request, Preview):
            return self.planner(request.operation)
        if isinstance(request, Run):
            return self.outcome
        if isinstance(request, ListProfiles):
            return Profiles(self.profiles)
        if isinstance(request, IdentifyProfile | UseProfile | AddProfile):
            return self.identities[request.backend, request.profile]
        return None
