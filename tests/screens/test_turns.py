"""What is typed at once goes where it would go if it were typed slowly."""

from __future__ import annotations

import asyncio

import pytest
from textual import events

from tests.screens.sitting import planned, sit
from tuienv.model import Address
from tuienv.screens.confirm import Confirm
from tuienv.screens.journal import JournalScreen
from tuienv.screens.logs import LogPane
from tuienv.screens.main import MainScreen
from tuienv.screens.plan import PlanScreen
from tuienv.worker.messages import Preview, Run


async def test_a_filter() -> None:
    async with sit(planner=planned) as sitting:
        await sitting.type_at_once("slash", *"sxRdb", "enter")
        assert isinstance(sitting.application.screen, MainScreen)
        await sitting.shows("sxRdb")
        assert not [one for one in sitting.worker.asked if isinstance(one, Preview | Run)]


async def test_a_filter_and_what_is_done_to_what_it_found() -> None:
    async with sit(planner=planned) as sitting:
        await sitting.type_at_once("slash", *"db", "enter", "j", "4")
        assert sitting.main.environments.cursor == Address("shop", "db")
        await sitting.shows("No variables were given")


async def test_a_command() -> None:
    async with sit(planner=planned) as sitting:
        await sitting.type_at_once("colon", *"journal", "enter")
        await sitting.until(lambda: isinstance(sitting.application.screen, JournalScreen))


async def test_the_filter_of_a_log() -> None:
    async with sit(planner=planned) as sitting:
        await sitting.type_at_once("j", "j", "l", "slash", *"why", "enter")
        pane = sitting.main.query_one(LogPane)
        assert pane.view.buffer.filter is not None
        assert pane.view.buffer.filter.text == "why"
        assert pane.view.following


async def test_the_filter_of_a_log_whose_pane_is_long_in_coming(monkeypatch: pytest.MonkeyPatch) -> None:
    compose, seen = LogPane._compose, 0

    async def slowly(pane: LogPane) -> None:
        nonlocal seen
        while seen < 3:  # until the screen was painted without it, again and again
            painted = asyncio.Event()
            pane.screen.call_after_refresh(painted.set)
            pane.screen.refresh()
            await painted.wait()
            seen += 1
        await compose(pane)

    monkeypatch.setattr(LogPane, "_compose", slowly)
    async with sit(planner=planned) as sitting:
        await sitting.type_at_once("j", "j", "l", "slash", *"why", "enter")
        assert seen == 3
        pane = sitting.main.query_one(LogPane)
        assert pane.view.buffer.filter is not None
        assert pane.view.buffer.filter.text == "why"


async def test_a_key_goes_on_where_the_one_before_took_its_widget_away() -> None:
    async with sit(planner=planned) as sitting:
        await sitting.type_at_once("slash", "escape", "slash", *"db", "escape", "question_mark")
        await sitting.shows("half a page up")


async def test_a_key_that_was_typed_before_a_plan_was_seen_does_not_run_it() -> None:
    async with sit(planner=planned) as sitting:
        early = events.Key("enter", None)
        await sitting.press("a")
        await sitting.until(lambda: isinstance(sitting.application.screen, PlanScreen))
        sitting.application.post_message(early)
        await sitting.pilot.pause()
        assert not [one for one in sitting.worker.asked if isinstance(one, Run)]
        await sitting.press("enter")
        await sitting.until(lambda: [one for one in sitting.worker.asked if isinstance(one, Run)])


async def test_a_key_that_was_typed_before_a_question_was_seen_does_not_answer_it() -> None:
    async with sit(planner=planned) as sitting:
        early = events.Key("y", "y")
        await sitting.press("j", "j", "R")
        await sitting.until(lambda: isinstance(sitting.application.screen, Confirm))
        sitting.application.post_message(early)
        await sitting.pilot.pause()
        assert isinstance(sitting.application.screen, Confirm)
        await sitting.press("y")
        await sitting.until(lambda: [one for one in sitting.worker.asked if isinstance(one, Run)])
