"""Help on every screen, whole on any width; and what cannot be done is said, in keys as they are set."""

from __future__ import annotations

import pytest

from tests.screens.sitting import WEB, Sitting, asked_for, planned, sit
from tuienv.model import Address, Verb
from tuienv.screens.commands import COMMANDS
from tuienv.screens.help import HelpScreen
from tuienv.settings import Settings


async def helped(sitting: Sitting) -> str:
    """All that help says where it is asked for."""
    await sitting.press("question_mark")
    await sitting.until(lambda: isinstance(sitting.application.screen, HelpScreen))
    await sitting.shows("Keys")
    return sitting.text()


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("a", "run it"),
        ("H", "read again"),
        ("d", "back"),
        ("c", "add"),
        ("l", "wrap"),
    ],
)
async def test_every_screen_has_its_help(keys: str, said: str) -> None:
    async with sit(planner=planned, size=(120, 120)) as sitting:
        sitting.main.go_to(WEB)
        await sitting.press(*keys)
        await sitting.until(lambda: sitting.application.screen.is_active)
        await sitting.shows("? help")
        before = sitting.application.screen
        told = await helped(sitting)
        assert said in told
        assert ("Commands" in told) is (keys == "l"), "of : where it is typed"
        await sitting.press("escape")
        assert sitting.application.screen is before


async def test_help_tells_of_no_key_that_does_nothing_here() -> None:
    async with sit(size=(100, 120)) as sitting:
        sitting.main.go_to(WEB)
        await sitting.press("l")
        told = await helped(sitting)
        assert not [line for line in told.splitlines() if "Copy selected" in line or "Page Left" in line]


@pytest.mark.parametrize("width", [80, 40, 30])
async def test_help_is_whole_on_any_width(width: int) -> None:
    async with sit(size=(width, 400)) as sitting:
        lines = (await helped(sitting)).splitlines()
        assert "…" not in "".join(lines)
        words = " ".join(" ".join(lines).split())
        for command in COMMANDS:
            assert set(command.help.split()) <= set(words.split()), command.name
            assert command.usage in words, "with a space after it"


async def test_a_command_that_does_nothing_to_what_is_selected_says_so() -> None:
    async with sit(planner=planned) as sitting:
        sitting.session.demo = True
        await sitting.press("colon", *"shell shop/web", "enter")
        await sitting.shows("there is none in the demo")
        await sitting.press("colon", *"size shop", "enter")
        await sitting.shows("size does not apply to shop")


async def test_an_environment_is_restarted_as_the_help_says() -> None:
    async with sit(planner=planned) as sitting:
        await sitting.press("colon", *"restart shop", "enter")
        await sitting.until(lambda: asked_for(sitting))
        assert (asked_for(sitting)[0].verb, asked_for(sitting)[0].target) == (Verb.RESTART, Address("shop"))


async def test_texts_tell_the_keys_that_are_set() -> None:
    keys = {"staged.run": "f9", "back": "f8", "confirm.yes": "f7", "log.pause": "p"}
    async with sit(planner=planned, settings=Settings(keymap=keys)) as sitting:
        sitting.main.go_to(WEB)
        await sitting.press("plus")
        await sitting.shows("f9 runs it  f8 drops it")
        await sitting.press("f8", "l", "p")
        await sitting.shows("paused, p goes on")
        await sitting.press("f8", "R")
        await sitting.shows("restart (f7)")
