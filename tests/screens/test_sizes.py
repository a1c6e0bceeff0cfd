"""The screen on terminals of every size: what counts stays in view, down to a few cells and back."""

from __future__ import annotations

import pytest

from tests.screens import worlds
from tests.screens.sitting import sit
from tuienv.model import Address
from tuienv.screens.known import Known
from tuienv.screens.widgets.bar_lines import PANES, header_line, tabs_line
from tuienv.screens.widgets.bars import Tabs


async def test_the_cursor_stays_in_view_in_a_smaller_window() -> None:
    last = Address("shop", "web", "3")
    async with sit(size=(80, 24)) as sitting:
        tree = sitting.main.environments
        assert sitting.main.go_to(last)
        for size in ((80, 12), (20, 5), (20, 1), (1, 1), (80, 12), (160, 50)):
            await sitting.pilot.resize_terminal(*size)
            await sitting.pilot.pause()
            if tree.size.height:
                assert last in tree.in_view(), size


async def test_the_selection_stays_in_view_when_a_pane_takes_the_room() -> None:
    async with sit(size=(80, 16)) as sitting:
        sitting.main.go_to(Address("shop", "web", "3"))
        await sitting.press("l")
        await sitting.pilot.pause()
        assert Address("shop", "web", "3") in sitting.main.environments.in_view()


async def test_whoever_scrolled_away_from_the_cursor_stays_there() -> None:
    async with sit(size=(80, 12)) as sitting:
        tree = sitting.main.environments
        sitting.main.go_to(Address("shop", "web", "3"))
        await sitting.press("g")
        tree.scroll_to(y=3, animate=False, immediate=True)
        await sitting.pilot.resize_terminal(80, 14)
        await sitting.pilot.pause()
        assert tree.scroll_offset.y == 3


@pytest.mark.parametrize("width", [200, 62, 40, 20, 12, 3])
def test_the_chosen_tab_is_seen_on_any_width(width: int) -> None:
    for number, chosen in enumerate(PANES, 1):
        said = "".join(text for text, _ in tabs_line(PANES, chosen, width))
        assert f" {number} {chosen} " in said[: max(width, len(chosen) + 4)]


async def test_a_click_on_a_tab_that_moved_chooses_it() -> None:
    async with sit(size=(30, 20)) as sitting:
        await sitting.press("6")
        assert "6 Events" in sitting.text()
        line = next(line for line in sitting.text().splitlines() if "6 Events" in line)
        await sitting.pilot.click(Tabs, offset=(line.index("5 Releases") + 2, 0))
        await sitting.pilot.pause()
        assert sitting.main.query_one(Tabs).chosen == "Releases"


def test_a_narrow_header_counts_no_failures_where_there_are_none() -> None:
    known = Known()
    known.take(worlds.connections()[0])
    assert "✗" not in "".join(text for text, _ in header_line(known, False, worlds.NOW, 14))
