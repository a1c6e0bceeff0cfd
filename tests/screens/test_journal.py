"""The journal on the screen, and what is asked for by u, :protect, :lock and the rest."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.screens import worlds
from tests.screens.fake import FakeWorker
from tests.screens.sitting import application, asked_for, plan, sit
from tuienv.model import Action, Address, Change, Entry, Inverse, Lock, Operation, Plan, Record, Verb
from tuienv.screens.journal import JournalScreen, lines_of
from tuienv.screens.plan import PlanScreen
from tuienv.screens.typed_name import TypedName
from tuienv.worker.messages import Run

SHOP = Address("shop")

SCALED = Entry(
    "shop", "shop/web", "scale", "docker", "", "laptop · Docker 27.3.1 (4c1b9a)", "3 → 5", "tuienv scale shop/web=5",
    "replicas: 3", "replicas: 5", "run-2", "", Inverse(Operation(Verb.SCALE, Address("shop", "web"), replicas=3)),
)  # fmt: skip
RECORDS = (
    Record(4, worlds.NOW - 30, None, "ada", "laptop", "started", "", replace(SCALED, action="update", run="run-3")),
    Record(3, worlds.NOW - 300, worlds.NOW - 291, "ada", "laptop", "done", "", SCALED),
    Record(
        2, worlds.NOW - 4000, worlds.NOW - 3999, "ada", "laptop", "failed",
        "Conflict: start shop-db-1: port 5432 is taken. Stop what uses it and apply again",
        replace(SCALED, action="create", address="shop/db", before="", after="", reason="does not exist",
                command="tuienv apply shop", inverse=Inverse(cannot="it may hold data by now")),
    ),
    Record(1, worlds.NOW - 90000, worlds.NOW - 89990, "ada", "laptop", "cancelled", "", replace(SCALED, action="stop")),
)  # fmt: skip


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Times on the screen are local ones."""
    before = os.environ.get("TZ")
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    assert os.environ.get("TZ") == before
    time.tzset()


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
def test_the_journal_looks_as_it_did(snap_compare: Any, size: tuple[int, int]) -> None:
    worker = FakeWorker()
    worker.records = RECORDS
    made, _ = application(worker)
    assert snap_compare(made, press=["H"], terminal_size=size)


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
def test_a_locked_and_protected_environment_looks_as_it_did(snap_compare: Any, size: tuple[int, int]) -> None:
    lock = Lock("token", "ada@laptop", worlds.NOW - 200, "migrating the orders to the new database")
    made, _ = application(FakeWorker(), replace(worlds.shop(), protected=True, lock=lock), worlds.drifted())
    assert snap_compare(made, terminal_size=size)


async def test_the_journal_opens_by_key_and_by_command_and_closes() -> None:
    async with sit() as sitting:
        sitting.worker.records = RECORDS
        await sitting.press("H")
        await sitting.until(lambda: isinstance(sitting.application.screen, JournalScreen))
        await sitting.shows("replicas: 3 → replicas: 5")
        await sitting.press("escape")
        await sitting.press(*":journal", "enter")
        await sitting.until(lambda: isinstance(sitting.application.screen, JournalScreen))


def test_an_interrupted_change_and_what_cannot_be_undone_are_said() -> None:
    said = "\n".join("".join(text for text, _ in line) for line in lines_of(RECORDS, "", 100))
    assert "interrupted" in said
    assert "cannot be undone: it may hold data by now" in said
    assert "ada@laptop as laptop · Docker 27.3.1 (4c1b9a)" in said


async def test_what_runs_now_was_not_interrupted() -> None:
    async with sit(planner=answers) as sitting:
        begun = replace(RECORDS[0], outcome="started", started_at=worlds.NOW, ended_at=None)
        before = replace(begun, started_at=worlds.NOW - 3600)
        sitting.worker.records = (begun, before)
        sitting.main.go_to(SHOP)
        await sitting.press("colon", *"protect", "enter")
        await sitting.until(lambda: sitting.worker.running)
        await sitting.press("H")
        await sitting.shows("running")
        said = [each for each in sitting.text().splitlines() if "◔" in each]
        assert ["running" in each for each in said] == [True, False]
        assert ["interrupted" in each for each in said] == [False, True]


def test_a_journal_without_records_and_one_that_cannot_be_read() -> None:
    assert "Nothing was done" in str(lines_of((), "", 80))
    assert "disk is full" in str(lines_of(RECORDS, "the disk is full", 80))


def answers(operation: Operation) -> Plan:
    actions = {Verb.UNDO: Action.SCALE, Verb.LOCK: Action.LOCK, Verb.UNLOCK: Action.UNLOCK}
    action = actions.get(operation.verb) or Action(str(operation.verb))
    return plan(operation, Change(action, SHOP, "docker", "", "asked for"))


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("protect", Operation(Verb.PROTECT, SHOP)),
        ("lock moving house", Operation(Verb.LOCK, SHOP, why="moving house")),
        ("lock", Operation(Verb.LOCK, SHOP)),
        ("unlock", Operation(Verb.UNLOCK, SHOP)),
        ("unlock break", Operation(Verb.UNLOCK, SHOP, others=True)),
    ],
)
async def test_a_command_runs_what_it_says(typed: str, asked: Operation) -> None:
    async with sit(planner=answers) as sitting:
        sitting.main.go_to(SHOP)
        await sitting.press("colon", *["space" if key == " " else key for key in typed], "enter")
        await sitting.until(lambda: sitting.worker.running)
        assert asked_for(sitting) == [asked]


async def test_lifting_a_protection_wants_the_name_typed() -> None:
    async with sit(planner=answers) as sitting:
        sitting.main.go_to(SHOP)
        await sitting.press("colon", *"unprotect", "enter")
        await sitting.until(lambda: isinstance(sitting.application.screen, PlanScreen))
        await sitting.press("enter")
        await sitting.until(lambda: isinstance(sitting.application.screen, TypedName))
        await sitting.press("enter")
        assert not sitting.worker.all_asked(Run)
        await sitting.press(*"shop", "enter", "enter")
        await sitting.until(lambda: sitting.worker.running)


async def test_u_shows_the_plan_that_undoes() -> None:
    async with sit(planner=answers) as sitting:
        sitting.main.go_to(SHOP)
        await sitting.press("u")
        await sitting.until(lambda: isinstance(sitting.application.screen, PlanScreen))
        assert asked_for(sitting) == [Operation(Verb.UNDO, SHOP)]
        assert not sitting.worker.all_asked(Run)


async def test_a_read_only_session_offers_no_undo() -> None:
    async with sit(planner=answers, read_only=True) as sitting:
        await sitting.press("u")
        assert asked_for(sitting) == []


async def test_undoing_a_protection_wants_the_name_typed_as_well() -> None:
    def lifts(operation: Operation) -> Plan:
        return plan(operation, Change(Action.UNPROTECT, SHOP, "docker", "", "asked for"))

    async with sit(planner=lifts) as sitting:
        sitting.main.go_to(SHOP)
        await sitting.press("u")
        await sitting.until(lambda: isinstance(sitting.application.screen, PlanScreen))
        assert "(network)" not in sitting.text()
        await sitting.press("enter")
        await sitting.until(lambda: isinstance(sitting.application.screen, TypedName))


async def test_a_colon_typed_twice_opens_one_command_line() -> None:
    from tuienv.screens.command_line import open_command_line
    from tuienv.screens.widgets.typing import CommandInput

    async with sit() as sitting:
        open_command_line(sitting.main)
        open_command_line(sitting.main)
        await sitting.pilot.pause()
        assert len(sitting.main.query(CommandInput)) == 1
