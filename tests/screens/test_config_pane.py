"""The Config pane: the variables of a layer, and how they are changed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.screens import worlds
from tests.screens.panes import NARROW, WEB, PaneApp, busy, session, text_of
from tuienv.model import Address, Capabilities
from tuienv.screens.session import Session
from tuienv.screens.widgets.config import Config
from tuienv.worker.messages import Description


async def config(made: Session, address: Address | None, *keys: str) -> tuple[str, list[Any]]:
    """What the pane shows after some keys, and what it asked for."""
    app = PaneApp(Config(made), address)
    async with app.run_test(size=NARROW) as pilot:
        await pilot.press(*keys)
        await pilot.pause()
        return text_of(app.pane), app.told


async def test_config_shows_variables_in_columns_and_a_cut_one_in_full() -> None:
    shown, _ = await config(busy(worlds.shop()), WEB, "end", "up")
    assert "DATABASE_URL  postgres://shop:••••••••@db:5432/shop" in shown
    assert "EMPTY         (empty)" in shown
    assert shown.count("hello") >= 40


async def test_a_variable_is_set_from_the_value_that_it_has() -> None:
    _, told = await config(busy(worlds.shop()), WEB, "end", "up", "enter")
    assert told == [Config.Wanted(WEB, "GREETING", "hello " * 40)]


async def test_a_masked_value_is_never_offered_as_the_new_one() -> None:
    _, told = await config(busy(worlds.shop()), WEB, "e")
    assert told == [Config.Wanted(WEB, "DATABASE_URL", "")]


async def test_a_variable_is_unset() -> None:
    _, told = await config(busy(worlds.shop()), Address("shop", "web", "2"), "j", "x")
    assert told == [Config.Wanted(WEB, "EMPTY", None)]


async def test_the_last_line_adds_a_variable_and_cannot_be_unset() -> None:
    _, told = await config(busy(worlds.shop()), WEB, "G", "x", "enter")
    assert told == [Config.Wanted(WEB)]


async def test_a_read_only_session_changes_no_variable() -> None:
    made = busy(worlds.shop())
    made.read_only = True
    shown, told = await config(made, WEB, "e", "enter", "x")
    assert "DATABASE_URL" in shown
    assert "set another" not in shown
    assert told == []


@pytest.mark.parametrize(
    ("said", "address", "capabilities"),
    [
        ("Select a layer", Address("shop"), None),
        ("does not exist any more", Address("shop", "gone"), None),
        ("Not known yet", WEB, None),
        ("No variables were given to shop/web", WEB, Capabilities(frozenset(), config=True)),
        ("docker has no variables for shop/web", WEB, Capabilities(frozenset())),
    ],
)
async def test_config_says_why_there_is_no_variable(
    said: str, address: Address, capabilities: Capabilities | None
) -> None:
    made = session(worlds.shop())
    if capabilities is not None:
        made.descriptions[address] = Description(address, capabilities)
    shown, told = await config(made, address, "enter", "x")
    assert said in shown
    assert told == []


async def test_the_cursor_stays_on_its_variable_when_others_come() -> None:
    made = busy(worlds.shop())
    app = PaneApp(Config(made), WEB)
    async with app.run_test(size=NARROW) as pilot:
        await pilot.press("down", "down")
        made.descriptions[WEB] = worlds.description(WEB, AAA="1", GREETING="hello", BBB="2")
        app.pane.world_changed()  # type: ignore[attr-defined]  # a pane
        await pilot.press("x")
        await pilot.pause()
    assert app.told == [Config.Wanted(WEB, "GREETING", None)]
