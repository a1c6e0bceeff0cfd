"""What stands in the tree while there is nothing to stand there."""

from __future__ import annotations

from tests.screens.sitting import sit
from tuienv.model import Address, Failure
from tuienv.model.state import ConnectionChanged, EnvironmentsChanged
from tuienv.screens.known import Known
from tuienv.screens.widgets.tree import NOT_FOUND, NOTHING, SILENT, EnvironmentTree

DEAD = Failure("Unreachable", "connect to", "Docker Engine", "connection refused", "Is it running?")


def said(known: Known) -> str:
    return EnvironmentTree(known, {}).make_line(0, 80)[0][0].strip()


def test_an_empty_tree_says_whether_anybody_looked() -> None:
    known = Known()
    assert said(known) == "Looking…"
    known.take(ConnectionChanged("docker", "", failure=DEAD, since=0.0))
    assert said(known) == SILENT
    known.take(ConnectionChanged("heroku", "work"))
    assert said(known) == "Looking…", "one of two may still answer"
    known.take(EnvironmentsChanged(()))
    assert said(known) == NOTHING


async def test_a_filter_that_finds_nothing_does_not_say_that_there_is_nothing() -> None:
    async with sit() as sitting:
        await sitting.press("slash", *"nosuch")
        await sitting.shows(NOT_FOUND)
        await sitting.shows("Nothing is selected.")
        assert NOTHING not in sitting.text()
        await sitting.press("escape")
        await sitting.until(lambda: NOT_FOUND not in sitting.text())


async def test_what_a_filter_hides_is_found_by_its_address() -> None:
    async with sit() as sitting:
        await sitting.press("slash", *"cache", "enter")
        await sitting.press("colon", *"nosuch/web", "enter")
        await sitting.shows("nosuch/web is not here")
        assert sitting.main.environments.rows.filter is not None, "kept where it hides nothing that was asked for"
        await sitting.press("colon", *"shop/web/2", "enter")
        await sitting.until(lambda: sitting.main.selected == Address("shop", "web", "2"))
        assert sitting.main.environments.rows.filter is None
