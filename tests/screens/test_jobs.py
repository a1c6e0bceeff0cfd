"""A plan that runs outlives the screen that it was begun on; whoever looks is told how it went."""

from __future__ import annotations

from tests.screens.sitting import WEB, Sitting, planned, sit
from tests.screens.test_operations import select
from tuienv.model import Address, Failure, Operation, Outcome, Plan, Verb
from tuienv.screens.main import MainScreen
from tuienv.screens.plan import PlanScreen
from tuienv.screens.widgets.status import StatusBar
from tuienv.worker.messages import Describe, Preview

CONFLICT = Failure("Conflict", "start", "shop-db-1", "port 5432 is taken", "Stop what uses it and apply again")


async def run(sitting: Sitting) -> int:
    """Run the plan of the environment from its screen; the number of the run."""
    await sitting.press("a")
    await sitting.shows("to create")
    await sitting.press("enter")
    await sitting.until(lambda: sitting.worker.running)
    return sitting.worker.running[0]


async def leave(sitting: Sitting) -> None:
    await sitting.press("escape")
    await sitting.until(lambda: isinstance(sitting.application.screen, MainScreen))


async def test_a_plan_whose_screen_was_left_ends_as_it_does() -> None:
    async with sit(planner=planned) as sitting:
        number = await run(sitting)
        await leave(sitting)
        assert sitting.session.jobs[number].running
        sitting.worker.end(number, Outcome(("any",)))
        await sitting.until(lambda: not sitting.session.jobs[number].running)
        await sitting.shows("shop applied")
        await sitting.press("J")
        await sitting.shows("✓ done")


async def test_a_plan_whose_screen_was_left_shows_itself_when_it_fails() -> None:
    async with sit(planner=planned) as sitting:
        number = await run(sitting)
        await leave(sitting)
        sitting.worker.end(number, Outcome((), (("any", CONFLICT),)))
        await sitting.shows("1 failed")
        assert isinstance(sitting.application.screen, PlanScreen)


async def test_a_plan_that_ended_stands_in_no_bar_and_leaves_nothing_old() -> None:
    async with sit(planner=planned) as sitting:
        await select(sitting, WEB)
        number = await run(sitting)
        asked = len(sitting.worker.all_asked(Describe))
        sitting.worker.end(number, Outcome(("any",)))
        await sitting.shows("✓ done")
        await leave(sitting)
        assert not sitting.main.query_one(StatusBar).has_class("-shown")
        await sitting.until(lambda: len(sitting.worker.all_asked(Describe)) > asked)


async def test_no_plan_is_called_fresh_that_could_not_be_made_anew() -> None:
    first = True

    def planner(operation: Operation) -> Plan | Failure:
        nonlocal first
        made, first = (planned(operation) if first else CONFLICT), False
        return made

    async with sit(planner=planner) as sitting:
        number = await run(sitting)
        sitting.worker.end(number, Failure("PlanOutdated", "run", "shop", "the world moved on", "Plan again"))
        await sitting.until(lambda: len(sitting.worker.all_asked(Preview)) == 2)
        await sitting.shows("port 5432 is taken")
        assert "this is the plan for how it is now" not in sitting.text()
        assert "the world moved on" in sitting.text()


async def test_that_a_plan_was_made_anew_is_said_in_full() -> None:
    async with sit(planner=planned, size=(50, 24)) as sitting:
        number = await run(sitting)
        sitting.worker.end(number, Failure("PlanOutdated", "run", "shop", "the world moved on", "Plan again"))
        await sitting.shows("has changed meanwhile")
        said = " ".join(sitting.text().split())
        assert "What exists has changed meanwhile: this is the plan for how it is now." in said


async def test_enter_runs_what_the_bar_says_it_does() -> None:
    edge = Address("shop", "edge")
    async with sit(planner=planned) as sitting:
        await select(sitting, WEB)
        await sitting.press("plus", "plus")
        await select(sitting, edge)
        await sitting.press("plus")
        assert "shop/edge 1 → 2" in sitting.text()
        await select(sitting, WEB)
        await sitting.pilot.pause()
        assert "shop/web 3 → 5" in sitting.text()
        await sitting.press("enter")
        await sitting.until(lambda: sitting.worker.running)
        assert [each.operation for each in sitting.worker.all_asked(Preview)] == [
            Operation(Verb.SCALE, WEB, replicas=5)
        ]


async def test_what_is_staged_elsewhere_is_not_said_to_be_run_by_enter() -> None:
    async with sit(planner=planned) as sitting:
        await select(sitting, WEB)
        await sitting.press("plus")
        assert "enter runs it" in sitting.text()
        await select(sitting, Address("shop", "edge"))
        await sitting.pilot.pause()
        assert "shop/web 3 → 4" in sitting.text()
        assert "enter runs it" not in sitting.text()
