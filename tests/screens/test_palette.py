"""The palette: every command, environment and theme, found by some of its letters."""

from __future__ import annotations

import pytest

from tests.screens import worlds
from tests.screens.sitting import sit
from tests.screens.test_hostile import HOSTILE, hostile
from tuienv.model import Address


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:12]))
async def test_names_of_strangers_are_text_there_too(text: str) -> None:
    async with sit(hostile(text)) as sitting:
        await sitting.press("ctrl+p")
        await sitting.shows("apply")
        await sitting.press(*"go[")
        await sitting.press(*["backspace"] * 3, *(key for key in "[ebqx/" if key in text))
        await sitting.pilot.pause(0.2)
        assert sitting.application.is_running
        for strip in sitting.application.screen._compositor.render_strips():
            for segment in strip:
                assert not any(ord(letter) < 0x20 or 0x7F <= ord(letter) <= 0x9F for letter in segment.text)
                assert not (segment.style and "app.quit" in str(segment.style.meta))


async def test_a_name_in_which_letters_are_found_in_countless_ways_costs_nothing() -> None:
    async with sit(worlds.shop("a-" * 40)) as sitting:
        await sitting.press("ctrl+p")
        await sitting.shows("apply")
        await sitting.press(*"a" * 20)
        await sitting.shows("a-a-a-a-a-a")
        await sitting.press("enter")
        await sitting.until(lambda: sitting.main.selected == Address("a-" * 40))
