"""Somebody sits at the screen: the whole application on a fake worker, with the sample world told to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from textual import events
from textual.pilot import Pilot

from tests.screens import worlds
from tests.screens.fake import FakeWorker, Planner, no_plan
from tuienv.model import Action, Address, Change, Operation, Plan, Resource, Verb
from tuienv.model.state import EnvironmentsChanged, EnvironmentState, Samples
from tuienv.screens.application import Application
from tuienv.screens.known import Known
from tuienv.screens.main import MainScreen
from tuienv.screens.session import Session
from tuienv.settings import Settings
from tuienv.worker.messages import Preview

WEB = Address("shop", "web")
DATA = Resource("volume", "shop_db-data", holds_data=True)
CONTAINER = Resource("container", "shop-db-1")


class Sitting:
    """The application, its worker, and what a test does with both."""

    def __init__(self, application: Application, worker: FakeWorker, pilot: Pilot[int], session: Session) -> None:
        self.application, self.worker, self.pilot, self.session = application, worker, pilot, session

    @property
    def main(self) -> MainScreen:
        screen = self.application.screen_stack[0]
        assert isinstance(screen, MainScreen)
        return screen

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def type_at_once(self, *keys: str) -> None:
        """Keys that come in one read, as from a fast hand or over a slow line."""
        for key in keys:
            self.application.post_message(events.Key(key, key if len(key) == 1 else None))
        taken = asyncio.Event()
        self.application.call_later(taken.set)
        await taken.wait()
        await self.until(lambda: not self.application.turns.busy)

    async def until(self, so: Callable[[], object], tries: int = 200) -> None:
        """Wait for something to become so."""
        for _ in range(tries):
            if so():
                return
            await self.pilot.pause(0.01)
        raise AssertionError(f"it did not become so; the screen shows:\n{self.text()}")

    async def shows(self, text: str) -> None:
        """Wait for a text to stand on the screen."""
        for _ in range(200):
            if text in self.text():
                return
            await self.pilot.pause(0.01)
        raise AssertionError(f"{text!r} is not on the screen:\n{self.text()}")

    def text(self) -> str:
        """What stands on the screen."""
        strips = self.application.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip) for strip in strips)


def application(
    worker: FakeWorker, *environments: EnvironmentState, read_only: bool = False, settings: Settings | None = None
) -> tuple[Application, Session]:
    """An application that will be told these environments by its worker."""
    session = Session(worker, Known((), (settings or Settings()).rules), read_only=read_only, clock=lambda: worlds.NOW)
    made = Application(session, settings)
    told = environments or (worlds.shop(), worlds.drifted(), worlds.found())
    worker.tell(EnvironmentsChanged(told), *worlds.connections())
    for name in "123":
        worker.tell(Samples(tuple(worlds.samples(Address("shop", "web", name)))))
    return made, session


@asynccontextmanager
async def sit(
    *environments: EnvironmentState,
    planner: Planner = no_plan,
    read_only: bool = False,
    settings: Settings | None = None,
    size: tuple[int, int] = (120, 40),
) -> AsyncIterator[Sitting]:
    worker = FakeWorker(planner)
    made, session = application(worker, *environments, read_only=read_only, settings=settings)
    async with made.run_test(size=size, notifications=True) as pilot:
        await pilot.pause()
        yield Sitting(made, worker, pilot, session)


def plan(operation: Operation, *changes: Change) -> Plan:
    return Plan(operation.target.environment, operation, changes, "f1")


def change(action: Action, address: Address = WEB, reason: str = "", **more: object) -> Change:
    return replace(Change(action, address, "docker", "", reason), **more)  # type: ignore[arg-type]  # a test's shorthand


def planned(operation: Operation) -> Plan:
    """A plan as the engine would make it for each verb, roughly."""
    match operation.verb:
        case Verb.SCALE:
            return plan(operation, change(Action.SCALE, operation.target, "asked for", replicas=operation.replicas))
        case Verb.DESTROY:
            return destroyed(operation)
        case Verb.APPLY:
            ground = Address(operation.target.environment)
            return plan(
                operation,
                change(Action.CREATE, ground, "does not exist"),
                change(Action.CREATE, Address("shop", "db"), "does not exist"),
                change(Action.UPDATE, WEB, "is not as its file says", monthly_cost=4.0),
            )
        case Verb.CONFIGURE:
            return plan(operation, change(Action.UPDATE, operation.target, "asked for", settings=operation.settings))
        case _:
            return plan(operation, change(Action.RESTART, operation.target, "asked for", interrupts=True))


def destroyed(operation: Operation) -> Plan:
    db = Address("shop", "db")
    if operation.delete_data:
        gone = change(
            Action.DELETE, db, "data and all", resources=(CONTAINER, DATA), loses_data=True, interrupts=True,
            reversible=False, delete_data=True,
        )  # fmt: skip
        return plan(operation, gone)
    gone = change(Action.DELETE, db, "no longer wanted", resources=(CONTAINER,), interrupts=True)
    return replace(plan(operation, gone), kept=(DATA,))


def asked_for(sitting: Sitting) -> list[Operation]:
    """What was to be planned, one after the other."""
    return [request.operation for request in sitting.worker.all_asked(Preview)]
