"""The Releases and Events panes: what they say, when they ask, and the way back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.screens import worlds
from tests.screens.fake import FakeWorker
from tests.screens.panes import NARROW, WEB, WIDE, PaneApp, busy, session, text_of
from tests.screens.sitting import application, change, plan, planned, sit
from tuienv.model import Action, Address, Difference, Event, Failure, Operation, Outcome, Plan, Release, Verb
from tuienv.screens.plan import PlanScreen
from tuienv.screens.session import Session
from tuienv.screens.widgets.events import Events
from tuienv.screens.widgets.past import Past
from tuienv.screens.widgets.releases import Releases
from tuienv.worker.messages import Preview, ReadEvents, ReadReleases, Run

SILENT = Failure("Unreachable", "read the releases of", "shop/web", "timed out", "Check the network")


async def shown(pane: Past[Any], address: Address | None = WEB, size: tuple[int, int] = WIDE, *keys: str) -> str:
    app = PaneApp(pane, address)
    async with app.run_test(size=size) as pilot:
        if address is not None and address.layer and pane.kept():
            await app.settled(pilot)
        await pilot.press(*keys)
        await pilot.pause()
        return text_of(app.pane)


def asked(made: Session) -> list[object]:
    assert isinstance(made.link, FakeWorker)
    return [*made.link.all_asked(ReadReleases), *made.link.all_asked(ReadEvents)]


@pytest.mark.parametrize("size", [NARROW, WIDE, (40, 24)], ids=str)
async def test_releases_say_when_by_whom_and_what_they_changed(size: tuple[int, int]) -> None:
    text = await shown(Releases(busy(worlds.shop())), WEB, size, "down")
    assert "● v13" in text
    assert "✗ v14" in text
    assert "v13: what it changed" in text
    assert "environment.LOG_LEVEL: debug → info" in text
    assert size[0] < 60 or "4 h" in text


async def test_events_stand_newest_first_and_a_long_one_whole_below() -> None:
    text = await shown(Events(busy(worlds.shop())), WEB, NARROW, "down")
    lines = text.splitlines()
    assert "40 s" in lines[0]
    assert "web/3" in lines[0]
    assert "running: healthy" in lines[0]
    assert "insufficient memory available" in " ".join(text.split())


@pytest.mark.parametrize("make", [Releases, Events], ids=lambda make: make.__name__)
async def test_what_is_not_told_says_why(make: Any) -> None:
    made = busy(worlds.shop())
    assert isinstance(made.link, FakeWorker)
    made.link.no_past = SILENT
    text = await shown(make(made))
    assert "timed out" in text
    assert "Check the network" in text


@pytest.mark.parametrize("make", [Releases, Events], ids=lambda make: make.__name__)
async def test_nothing_is_asked_where_nothing_is_kept_or_selected(make: Any) -> None:
    made = busy(worlds.shop())
    able = made.descriptions[WEB]
    less = replace(able.capabilities, releases=False, events=False)
    made.descriptions[WEB] = replace(able, capabilities=less)
    assert "docker keeps no" in await shown(make(made))
    assert "Select a layer" in await shown(make(made), Address("shop"))
    assert asked(made) == []


async def test_the_same_layer_is_asked_about_once() -> None:
    made = session(worlds.shop())
    app = PaneApp(Events(made), WEB)
    async with app.run_test(size=WIDE) as pilot:
        await app.settled(pilot)
        for address in (Address("shop", "web", "1"), Address("shop", "web", "2"), WEB):
            app.about(address)
        await pilot.pause(0.3)
        assert len(asked(made)) == 1
        app.about(Address("shop", "db"))
        await app.settled(pilot)
        assert len(asked(made)) == 2


async def test_the_cursor_stays_on_its_release_when_newer_ones_come() -> None:
    made = busy(worlds.shop())
    worker = made.link
    assert isinstance(worker, FakeWorker)
    app = PaneApp(Releases(made), WEB)
    async with app.run_test(size=WIDE) as pilot:
        await app.settled(pilot)
        pane = app.query_one(Releases)
        await pilot.press("down", "down")
        assert pane.chosen == worlds.releases()[2]
        newer = Release("v15", worlds.NOW, "ada", "shop:1.5.1", current=True)
        worker.releases = (newer, *(replace(each, current=False) for each in worlds.releases()))
        pane.read_again()
        for _ in range(500):
            if pane._found and len(pane._found) == 5:
                break
            await pilot.pause(0.01)
        assert pane.chosen is not None
        assert pane.chosen.name == "v12"
        await pilot.press("enter")
        await pilot.pause()
        assert app.told == [Releases.Wanted(WEB, "v12")]


async def test_the_view_stays_too_when_newer_ones_come_above_it() -> None:
    made = busy(worlds.shop())
    worker = made.link
    assert isinstance(worker, FakeWorker)
    worker.events = tuple(Event(worlds.NOW - at, "shop/web", f"event {at}") for at in range(60))
    app = PaneApp(Events(made), WEB)
    async with app.run_test(size=NARROW) as pilot:
        await app.settled(pilot)
        pane = app.query_one(Events)
        await pilot.press(*["down"] * 40)
        before = text_of(pane)
        worker.events = (*(Event(worlds.NOW, "shop/web", f"new {at}") for at in range(3)), *worker.events)
        pane.read_again()
        for _ in range(500):
            if pane._found and len(pane._found) == 63:
                break
            await pilot.pause(0.01)
        assert text_of(pane) == before


async def test_who_released_it_leaves_room_for_what() -> None:
    made = busy(worlds.shop())
    worker = made.link
    assert isinstance(worker, FakeWorker)
    by = "arn:aws:sts::123456789012:assumed-role/deploy-production/a-very-long-session-name"
    worker.releases = tuple(replace(each, by=by) for each in worlds.releases())
    text = await shown(Releases(made), WEB, NARROW)
    assert "shop:1.4.2  arn:aws:sts::1234567890…" in text


def rolled_back(operation: Operation) -> Plan:
    back = Difference("image", "shop:1.4.2", "shop:1.4.1")
    return plan(operation, change(Action.ROLLBACK, operation.target, "back to v12", differences=(back,), release="v12"))


async def test_going_back_shows_the_plan_and_runs_it_when_told() -> None:
    async with sit(planner=rolled_back) as sitting:
        sitting.worker.outcome = Outcome(("rollback shop/web docker:",))
        sitting.main.go_to(WEB)
        await sitting.press("5")
        await sitting.shows("v12")
        await sitting.until(lambda: sitting.session.capabilities(WEB) is not None)
        sitting.main.query_one(Releases).focus()
        await sitting.press("down", "enter")
        assert sitting.worker.all_asked(Preview) == [], "the current release is nothing to go back to"
        await sitting.press("down", "enter")
        await sitting.until(lambda: isinstance(sitting.application.screen, PlanScreen))
        assert sitting.worker.all_asked(Preview)[0].operation == Operation(Verb.ROLLBACK, WEB, release="v12")
        await sitting.shows("image: shop:1.4.2 → shop:1.4.1")
        assert not sitting.worker.all_asked(Run)
        await sitting.press("enter")
        await sitting.until(lambda: sitting.worker.all_asked(Run))
        before = len(sitting.worker.all_asked(ReadReleases))
        await sitting.press("escape")
        await sitting.until(lambda: len(sitting.worker.all_asked(ReadReleases)) > before)


async def test_a_read_only_session_goes_nowhere() -> None:
    async with sit(planner=planned, read_only=True) as sitting:
        sitting.main.go_to(WEB)
        await sitting.press("5")
        await sitting.shows("v12")
        sitting.main.query_one(Releases).focus()
        await sitting.press("down", "down", "enter")
        assert sitting.worker.all_asked(Preview) == []


async def test_the_words_that_lead_there() -> None:
    async with sit(planner=rolled_back) as sitting:
        sitting.main.go_to(WEB)
        await sitting.press("colon", *"events", "enter")
        await sitting.shows("running: healthy")
        await sitting.press("colon", *"releases", "enter")
        await sitting.shows("v13")
        await sitting.press("escape", "colon", *"rollback", "enter")
        await sitting.until(lambda: isinstance(sitting.application.screen, PlanScreen))
        assert sitting.worker.all_asked(Preview)[-1].operation == Operation(Verb.ROLLBACK, WEB)


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=str)
def test_the_releases_of_the_main_screen_look_as_they_did(snap_compare: Any, size: tuple[int, int]) -> None:
    made, _ = application(FakeWorker(planned))

    async def settled(pilot: Any) -> None:
        await pilot.press("j", "j", "5", "tab", "j")
        pane = made._main.query_one(Releases)
        for _ in range(500):
            if pane.answered and made._main.query_one("#title"):
                break
            await pilot.pause(0.01)

    assert snap_compare(made, terminal_size=size, run_before=settled)
