"""What is told stays true while time goes by: what waits is not counted as well, and what gets old says so."""

from __future__ import annotations

from tests.screens import worlds
from tests.screens.sitting import sit
from tuienv.model import Address
from tuienv.model.state import ConnectionChanged
from tuienv.screens.known import Known
from tuienv.screens.widgets.bar_lines import header_line
from tuienv.screens.widgets.choices import Text
from tuienv.screens.widgets.pieces import width_of


def test_who_has_not_answered_yet_is_not_counted_as_well() -> None:
    known = Known()
    for connection in worlds.connections():
        known.take(connection)
    for name in ("one", "two", "three"):
        known.take(ConnectionChanged("heroku", name, None, None, worlds.NOW))
    said = "".join(text for text, _ in header_line(known, False, worlds.NOW, 50))
    assert said.split() == ["tuienv", "1", "✓", "3", "…", "1", "✗"]


async def test_a_description_grows_older_and_narrower_with_the_screen() -> None:
    async with sit(worlds.drifted()) as sitting:
        sitting.main.go_to(Address("shop-production", "db"))
        await sitting.press("d")
        await sitting.shows("unknown since 3 m")
        sitting.session.clock = lambda: worlds.NOW + 3600
        await sitting.shows("unknown since 1 h")
        await sitting.pilot.resize_terminal(50, 40)
        await sitting.shows("list RDS instances: timed out")
        text = sitting.application.screen.query_one(Text)
        await sitting.until(lambda: all(width_of(each) <= 50 for each in text._lines))
