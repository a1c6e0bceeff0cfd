"""Every way to change something: what is asked back, and what reaches the worker."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.screens import worlds
from tests.screens.sitting import WEB, Sitting, asked_for, planned, sit
from tuienv.model import (
    SIZES,
    Action,
    Address,
    Difference,
    Failure,
    Operation,
    Outcome,
    Plan,
    Progress,
    Resource,
    Size,
    Stage,
    Status,
    Verb,
)
from tuienv.model.state import LayersChanged
from tuienv.screens.confirm import Confirm
from tuienv.screens.main import MainScreen
from tuienv.screens.plan import PlanScreen
from tuienv.screens.plan_lines import plan_lines
from tuienv.screens.size import SizeChooser
from tuienv.screens.widgets.pieces import width_of
from tuienv.settings import Rules, Settings
from tuienv.worker.messages import Cancel, Describe, PlanProgress, Run


async def select(sitting: Sitting, address: Address) -> None:
    """Put the cursor there, and wait until the worker has said what can be done with it."""
    sitting.main.go_to(address)
    await sitting.until(lambda: sitting.session.capabilities(address) is not None or not address.layer)


async def test_scaling_out_is_staged_and_takes_one_key_to_run() -> None:
    async with sit(planner=planned) as sitting:
        await select(sitting, WEB)
        await sitting.press("plus", "plus")
        await sitting.shows("3 → 5")
        await sitting.shows("+1 cpu")
        assert asked_for(sitting) == [], "staging alone asks nothing"
        await sitting.press("enter")
        await sitting.until(lambda: sitting.worker.running)
        assert asked_for(sitting) == [Operation(Verb.SCALE, WEB, replicas=5)]
        assert isinstance(sitting.application.screen, MainScreen)


async def test_scaling_in_says_that_instances_are_drained() -> None:
    async with sit(planner=planned) as sitting:
        await select(sitting, WEB)
        await sitting.press("minus")
        await sitting.shows("1 instance drained")


async def test_escape_drops_what_is_staged() -> None:
    async with sit(planner=planned) as sitting:
        await select(sitting, WEB)
        await sitting.press("plus", "escape")
        assert not sitting.session.staged
        await sitting.press("enter")
        assert asked_for(sitting) == []
        assert "3 → 4" not in sitting.text()


async def test_staging_stops_at_the_bounds_of_the_layer() -> None:
    async with sit(planner=planned) as sitting:
        await select(sitting, WEB)
        await sitting.press(*["minus"] * 8)
        assert sitting.session.staged == {WEB: 0}


async def test_going_back_to_the_count_that_is_unstages() -> None:
    async with sit() as sitting:
        await select(sitting, WEB)
        await sitting.press("plus", "minus")
        assert not sitting.session.staged


@pytest.mark.parametrize("keys", [("enter",), ("escape",), ("n",)])
async def test_no_is_what_a_slip_answers_to_an_interruption(keys: tuple[str, ...]) -> None:
    async with sit(planner=planned) as sitting:
        await select(sitting, WEB)
        await sitting.press("R")
        await sitting.until(lambda: isinstance(sitting.application.screen, Confirm))
        await sitting.press(*keys)
        await sitting.until(lambda: isinstance(sitting.application.screen, MainScreen))
        assert not sitting.worker.all_asked(Run)


async def test_an_interruption_runs_after_yes() -> None:
    async with sit(planner=planned) as sitting:
        await select(sitting, WEB)
        await sitting.press("R")
        await sitting.until(lambda: isinstance(sitting.application.screen, Confirm))
        await sitting.press("y")
        await sitting.until(lambda: sitting.worker.running)


async def test_a_plan_is_shown_run_followed_and_ended() -> None:
    async with sit(planner=planned) as sitting:
        await sitting.press("a")
        await sitting.shows("2 to create, 1 to update")
        await sitting.shows("+4.00 $ a month")
        assert not sitting.worker.all_asked(Run)
        await sitting.press("enter")
        await sitting.until(lambda: sitting.worker.running)
        (run,) = sitting.worker.running
        first = planned(Operation(Verb.APPLY, Address("shop"))).changes[0]
        progress = Progress(first.key, first.address, Stage.STEP, "create network shop_default", worlds.NOW)
        sitting.worker.tell(PlanProgress(run, progress))
        await sitting.shows("create network shop_default")
        sitting.worker.end(run, Outcome((first.key,)))
        await sitting.shows("✓ done")


def many(operation: Operation) -> Plan:
    """More changes than any screen here has lines."""
    plan = planned(operation)
    changes = [replace(plan.changes[0], address=Address("shop", f"layer{number:03}")) for number in range(100)]
    return replace(plan, changes=tuple(changes))


async def test_what_goes_on_stays_in_view_until_somebody_looks_elsewhere() -> None:
    def tell(number: int, stage: Stage) -> None:
        change = changes[number]
        text = f"step of {number:03}" if stage is Stage.STEP else ""
        sitting.worker.tell(PlanProgress(run, Progress(change.key, change.address, stage, text, worlds.NOW)))

    async with sit(planner=many) as sitting:
        await sitting.press("a")
        await sitting.shows("100 to create")
        await sitting.press("enter")
        await sitting.until(lambda: sitting.worker.running)
        (run,) = sitting.worker.running
        changes = sitting.worker.all_asked(Run)[0].plan.changes
        for number in (50, 90):
            tell(number, Stage.STEP)
            await sitting.shows(f"step of {number:03}")
            tell(number, Stage.DONE)
        await sitting.press("g")
        await sitting.shows("layer000")
        tell(95, Stage.STEP)
        tell(0, Stage.DONE)
        await sitting.shows("✓ create")
        assert "step of 095" not in sitting.text()
        await sitting.press("G")
        await sitting.shows("step of 095")


async def test_a_failure_says_what_happened_and_what_to_do() -> None:
    async with sit(planner=planned) as sitting:
        await sitting.press("a")
        await sitting.shows("to create")
        await sitting.press("enter")
        await sitting.until(lambda: sitting.worker.running)
        keys = [change.key for change in planned(Operation(Verb.APPLY, Address("shop"))).changes]
        failure = Failure("Conflict", "start", "shop-db-1", "port 5432 is taken", "Stop what uses it and apply again")
        sitting.worker.end(sitting.worker.running[0], Outcome((keys[0],), ((keys[1], failure),), (keys[2],)))
        await sitting.shows("port 5432 is taken")
        await sitting.shows("Stop what uses it")
        await sitting.shows("1 done, 1 failed, 1 not tried")


async def test_a_run_can_be_cancelled() -> None:
    async with sit(planner=planned) as sitting:
        await sitting.press("a")
        await sitting.shows("to create")
        await sitting.press("enter")
        await sitting.until(lambda: sitting.worker.running)
        await sitting.press("ctrl+x")
        assert sitting.worker.all_asked(Cancel) == [Cancel(sitting.worker.running[0])]
        await sitting.shows("cancelling")


async def test_a_plan_that_is_outdated_is_shown_afresh() -> None:
    async with sit(planner=planned) as sitting:
        await sitting.press("a")
        await sitting.shows("to create")
        await sitting.press("enter")
        await sitting.until(lambda: sitting.worker.running)
        sitting.worker.end(sitting.worker.running[0], Failure("PlanOutdated", "", "", "the world moved on", ""))
        await sitting.shows("What exists has changed meanwhile")
        assert len(asked_for(sitting)) == 2


async def test_what_failed_in_place_is_shown_as_a_job() -> None:
    async with sit(planner=planned) as sitting:
        await select(sitting, WEB)
        await sitting.press("plus", "enter")
        await sitting.until(lambda: sitting.worker.running)
        sitting.worker.end(sitting.worker.running[0], Failure("Forbidden", "scale", "shop/web", "not allowed", "Ask"))
        await sitting.shows("not allowed")
        assert isinstance(sitting.application.screen, PlanScreen)


async def test_a_size_is_chosen_from_what_is_offered() -> None:
    async with sit(planner=planned) as sitting:
        await select(sitting, WEB)
        await sitting.press("z")
        await sitting.until(lambda: isinstance(sitting.application.screen, SizeChooser))
        await sitting.press("down", "enter")
        await sitting.until(lambda: asked_for(sitting))
        assert asked_for(sitting) == [Operation(Verb.RESIZE, WEB, size=SIZES["medium"])]


async def test_choosing_the_size_that_is_changes_nothing() -> None:
    async with sit(planner=planned) as sitting:
        await select(sitting, WEB)
        await sitting.press("z")
        await sitting.until(lambda: isinstance(sitting.application.screen, SizeChooser))
        await sitting.press("enter")
        await sitting.until(lambda: isinstance(sitting.application.screen, MainScreen))
        assert asked_for(sitting) == []


async def test_reading_only_offers_and_does_nothing_that_changes() -> None:
    async with sit(planner=planned, read_only=True) as sitting:
        await select(sitting, WEB)
        assert "READ-ONLY" in sitting.text()
        await sitting.press("plus", "enter", "R", "S", "z")
        assert asked_for(sitting) == []
        await sitting.press("escape", "a")
        await sitting.shows("2 to create")
        await sitting.press("enter")
        assert not sitting.worker.all_asked(Run)


@pytest.mark.parametrize("rules", [Rules(environments=("sho*",)), Rules(profiles=("docker",))], ids=["name", "place"])
async def test_what_the_settings_make_read_only_is_marked_and_not_offered(rules: Rules) -> None:
    async with sit(planner=planned, settings=Settings(rules=rules)) as sitting:
        await select(sitting, WEB)
        assert "shop read-only" in sitting.text()
        assert "read_only:" in sitting.text()
        await sitting.press("plus", "enter", "R", "S", "z", "u")
        assert asked_for(sitting) == []
        await sitting.press("a")
        await sitting.shows("2 to create")
        await sitting.press("enter")
        assert not sitting.worker.all_asked(Run)


async def test_a_rule_for_another_place_leaves_a_layer_free() -> None:
    async with sit(planner=planned, settings=Settings(rules=Rules(profiles=("aws",)))) as sitting:
        await select(sitting, WEB)
        assert "read-only" not in sitting.text()
        await sitting.press("R")
        await sitting.until(lambda: asked_for(sitting))


async def test_a_refusal_is_told_with_its_remedy() -> None:
    def refuse(operation: Operation) -> Plan | Failure:
        return Failure("PlanError", "plan", "shop", "the file is gone", "Write it again")

    async with sit(planner=refuse) as sitting:
        await sitting.press("a")
        await sitting.shows("Write it again")


async def test_nothing_to_do_is_said() -> None:
    async with sit(planner=lambda operation: Plan("shop", operation, (), "f")) as sitting:
        await select(sitting, WEB)
        await sitting.press("plus", "enter")
        await sitting.shows("Nothing to do")


async def test_keys_follow_what_the_backend_can_do() -> None:
    async with sit(planner=planned) as sitting:
        await select(sitting, WEB)
        description = sitting.session.descriptions[WEB]
        can = description.capabilities
        sitting.session.descriptions[WEB] = type(description)(WEB, type(can)(frozenset({Action.RESTART})))
        assert not sitting.main.check_action("stage", (1,))
        assert not sitting.main.check_action("size", ())
        assert not sitting.main.check_action("logs", ())
        assert sitting.main.check_action("restart", ())


LONG = "registry.example.com/a-team-with-a-long-name/a-shop-with-a-long-name:1.4."


async def test_nothing_of_a_plan_is_cut_that_may_then_read_as_something_else() -> None:
    def planner(operation: Operation) -> Plan:
        made = planned(operation)
        changes = tuple(
            replace(each, interrupts=True, reversible=False, monthly_cost=12345.67,
                    differences=(Difference("image", f"{LONG}2", f"{LONG}31"),))
            for each in made.changes
        )  # fmt: skip
        return replace(made, changes=changes, kept=(Resource("volume", f"shop_{'x' * 70}_db-1", True),))

    async with sit(planner=planner, size=(80, 24)) as sitting:
        await sitting.press("a")
        await sitting.shows("2 to create, 1 to update")
        await sitting.press("end")
        await sitting.pilot.pause()
        await sitting.press("home")
        await sitting.shows("+37,037.01 $ a month")
        await sitting.shows("interrupts service · cannot all be undone")
        lines = plan_lines(planner(Operation(Verb.APPLY, Address("shop"))), 78)
        assert all(width_of(each) <= 78 for each in lines)
        whole = "".join("".join(text for text, _ in each).strip() for each in lines)
        assert whole.count(f"{LONG}31") == 3
        assert "_db-1" in whole


async def test_what_is_staged_begins_at_what_there_is_everywhere() -> None:
    more = worlds.shop(instances=tuple(worlds.instance(str(at)) for at in range(1, 6)), wanted=3)
    async with sit(more, planner=planned) as sitting:
        await select(sitting, WEB)
        await sitting.press("plus")
        await sitting.until(lambda: sitting.text().count("5 → 6") == 2)
        assert "3 → 6" not in sitting.text()


async def test_what_others_change_of_the_selected_layer_is_asked_anew() -> None:
    async with sit() as sitting:
        await select(sitting, WEB)
        before = len(sitting.worker.all_asked(Describe))
        sitting.worker.tell(LayersChanged(worlds.shop(ours=True)))
        await sitting.pilot.pause(0.3)
        assert len(sitting.worker.all_asked(Describe)) == before, "nothing of it has changed"
        sitting.worker.config = {"GREETING": "other"}
        sitting.worker.tell(LayersChanged(worlds.shop(image="shop:1.4.3")))
        await sitting.until(lambda: sitting.session.descriptions[WEB].config == {"GREETING": "other"})


@pytest.mark.parametrize("size", [worlds.BIG, None], ids=["its own", "not told"])
async def test_a_size_that_is_not_offered_is_kept_by_enter(size: Size | None) -> None:
    async with sit(planner=planned) as sitting:
        await select(sitting, WEB)
        described = sitting.session.descriptions[WEB]
        sitting.session.descriptions[WEB] = replace(described, size=size)
        await sitting.press("z")
        await sitting.shows("Size of each instance")
        (now,) = [each for each in sitting.text().splitlines() if "now" in each and "unknown" not in each]
        assert ("● 2 cpu, 4.0 GB" if size else "as it is") in now
        await sitting.press("enter")
        await sitting.until(lambda: isinstance(sitting.application.screen, MainScreen))
        await sitting.press("z")
        await sitting.shows("Size of each instance")
        await sitting.press("down", "enter")
        await sitting.until(lambda: asked_for(sitting))
        assert asked_for(sitting) == [Operation(Verb.RESIZE, WEB, size=SIZES["micro"])]


async def test_what_is_on_its_way_out_is_not_scaled_back_in() -> None:
    leaving = tuple(worlds.instance(str(at), Status.DELETING) for at in (4, 5))
    world = worlds.shop(instances=(*(worlds.instance(str(at)) for at in (1, 2, 3)), *leaving), wanted=3)
    async with sit(world, planner=planned) as sitting:
        await select(sitting, WEB)
        await sitting.press("minus")
        await sitting.until(lambda: sitting.text().count("3 → 2") == 2)
        await sitting.press("enter")
        await sitting.until(lambda: asked_for(sitting))
        assert asked_for(sitting) == [Operation(Verb.SCALE, WEB, replicas=2)]
