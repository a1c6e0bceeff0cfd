"""A teardown: what it lists, and what has to be typed before anything goes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.screens.sitting import WEB, Sitting, asked_for, planned, sit
from tuienv.model import (
    Operation,
    Plan,
    Resource,
    Verb,
)
from tuienv.screens.main import MainScreen
from tuienv.screens.plan import PlanScreen
from tuienv.screens.typed_name import TypedName
from tuienv.worker.messages import Run


async def destroy_screen(sitting: Sitting, *, data: bool) -> None:
    """The teardown of `shop`, up to its typed name."""
    await sitting.press("colon", *"destroy", "space", *"shop", "enter")
    await sitting.shows("Data that is kept")
    if data:
        await sitting.press("D")
        await sitting.shows("loses data")
    await sitting.press("enter")
    await sitting.until(lambda: isinstance(sitting.application.screen, TypedName))


async def test_a_teardown_lists_everything_and_wants_the_name() -> None:
    async with sit(planner=planned) as sitting:
        await destroy_screen(sitting, data=False)
        await sitting.shows("container shop-db-1")
        await sitting.press("enter", "enter", "enter")
        assert isinstance(sitting.application.screen, TypedName), "enter alone never destroys"
        await sitting.press(*"shop", "enter")
        assert not sitting.worker.all_asked(Run), "enter in the field only goes to the button"
        await sitting.press("enter")
        await sitting.until(lambda: sitting.worker.running)
        assert not sitting.worker.all_asked(Run)[0].plan.operation.delete_data


async def test_data_has_a_confirmation_of_its_own() -> None:
    async with sit(planner=planned) as sitting:
        await destroy_screen(sitting, data=True)
        await sitting.shows("volume shop_db-data")
        await sitting.press(*"shop", "enter", "enter", "enter", "tab", "tab", "enter")
        assert not sitting.worker.all_asked(Run), "the name alone does not delete data"


async def test_both_typed_deletes_data() -> None:
    async with sit(planner=planned) as sitting:
        await destroy_screen(sitting, data=True)
        await sitting.press(*"shop", "enter", *"delete", "space", *"data", "enter", "enter")
        await sitting.until(lambda: sitting.worker.running)
        assert sitting.worker.all_asked(Run)[0].plan.loses_data


async def test_what_was_typed_wrong_is_said() -> None:
    async with sit(planner=planned) as sitting:
        await destroy_screen(sitting, data=True)
        await sitting.press(*"shap", "enter")
        await sitting.shows("That is not it. Type shop to go on")
        await sitting.press("backspace", "backspace", *"op")
        await sitting.until(lambda: "That is not it" not in sitting.text())
        await sitting.press("enter", *"data", "enter")
        await sitting.shows("That is not it. Data will be lost for good.")


@pytest.mark.parametrize("typed", ["", " ", "Shop", "shop ", "shop-production"])
async def test_a_wrong_name_destroys_nothing(typed: str) -> None:
    async with sit(planner=planned) as sitting:
        await destroy_screen(sitting, data=False)
        screen = sitting.application.screen
        screen.query_one("#name").value = typed  # type: ignore[attr-defined]  # an Input
        await sitting.press("enter", "enter", "tab", "enter")
        assert not sitting.worker.all_asked(Run)


async def test_no_single_key_destroys() -> None:
    """All but `q`, which leaves, and `s`, which hands over the terminal."""
    keys = [
        *"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
        "delete",
        "backspace",
        "ctrl+d",
        "ctrl+x",
    ]
    async with sit(planner=planned) as sitting:
        for key in keys:
            await sitting.press(key)
            destroying = [each for each in asked_for(sitting) if each.verb is Verb.DESTROY]
            assert not destroying, f"{key} begins a teardown"
            assert not sitting.worker.all_asked(Run), f"{key} changes the world at once"
            while not isinstance(sitting.application.screen, MainScreen):
                await sitting.application.pop_screen()
            sitting.main.environments.focus()


async def test_what_a_teardown_leaves_is_said_where_its_name_is_typed() -> None:
    def planner(operation: Operation) -> Plan:
        made = planned(operation)
        left = ("final snapshot of shop/db",)
        return replace(made, changes=tuple(replace(each, leaves=left) for each in made.changes))

    async with sit(planner=planner) as sitting:
        sitting.main.go_to(WEB)
        await sitting.press("colon", *"destroy", "enter")
        await sitting.until(lambda: isinstance(sitting.application.screen, PlanScreen))
        await sitting.press("D")
        await sitting.shows("leaves a final snapshot of shop/db")
        await sitting.press("enter")
        await sitting.until(lambda: isinstance(sitting.application.screen, TypedName))
        await sitting.shows("a final snapshot of shop/db stays")


async def test_resources_with_long_names_are_told_apart_where_the_name_is_typed() -> None:
    def planner(operation: Operation) -> Plan:
        volumes = tuple(Resource("volume", f"shop_{'x' * 70}_{end}", True) for end in ("one", "two"))
        made = planned(operation)
        return replace(made, changes=tuple(replace(each, resources=volumes) for each in made.changes))

    async with sit(planner=planner, size=(80, 24)) as sitting:
        await destroy_screen(sitting, data=False)
        await sitting.shows("_one")
        await sitting.shows("_two")
