"""What strangers put into names, labels and errors neither breaks the screen nor reaches the terminal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.screens import worlds
from tests.screens.sitting import WEB, Sitting, change, plan, planned, sit
from tuienv.model import Action, Address, Failure, Identity, Kind, Operation, Plan, Resource
from tuienv.model.state import ConnectionChanged, EnvironmentState, FilesRefused
from tuienv.screens.widgets.config import Config
from tuienv.worker.messages import Preview

HOSTILE = [
    "\x1b]52;c;cm0gLXJmIC8=\x07copied",
    "\x1b[2J\x1b[Hcleared",
    "\x9b31mc1\x9d0;title\x9c",
    "[@click=app.quit]quit[/]",
    "[/x]broken [b",
    "\u202eright to left\u2066",
    "e" + "\u0301" * 500,
    "\ud800 lone",
    "宽" * 200,
    "x" * 1_000_000,
    "a\nb\rc\td\x00e\x7f",
]


def hostile(text: str) -> EnvironmentState:
    """The sample, with that text wherever a provider or a file may put one."""
    failure = Failure("Unreachable", f"list {text}", text, text, text)
    web = worlds.layer(
        text, Kind.APP, image=text, drift=(text,), endpoints=(text,), needs=(text,), failure=failure,
        instances=(replace(worlds.instance("1"), name=text, detail=text, id=text, host=text),),
    )  # fmt: skip
    return EnvironmentState(text, web.status, (web,), source=text)


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:12]))
async def test_nothing_of_it_reaches_the_terminal(text: str) -> None:
    def planner(operation: Operation) -> Plan:
        deleted = change(
            Action.DELETE, Address(text, text), text, resources=(Resource(text, text, True),), loses_data=True
        )
        return replace(plan(operation, deleted), left_alone=(text,), kept=(Resource(text, text),))

    async with sit(hostile(text), planner=planner) as sitting:
        failed = ConnectionChanged("docker", text, Identity("docker", text, text, text), None, worlds.NOW)
        sitting.worker.tell(failed, FilesRefused((text,)))
        seen = []
        for keys in (["j"], ["right"], ["j"], ["4"], ["3"], ["1"], ["d"], ["escape"], ["a"], ["enter"], ["escape"]):
            await sitting.press(*keys)
            strips = sitting.application.screen._compositor.render_strips()
            seen += [segment.text for strip in strips for segment in strip]
        assert sitting.application.is_running
        for shown in seen:
            assert not any(ord(character) < 0x20 or 0x7F <= ord(character) <= 0x9F for character in shown), ascii(shown)
            assert not any(character in "\u202e\u2066\ud800" for character in shown), ascii(shown)


@pytest.mark.parametrize("text", [*HOSTILE, "one\ntwo"], ids=lambda text: ascii(text[:12]))
async def test_a_value_that_is_set_anew_is_shown_and_kept_as_it_is(text: str) -> None:
    async with sit(planner=planned) as sitting:
        sitting.worker.config = {"X": text}
        sitting.main.go_to(WEB)
        await sitting.until(lambda: sitting.session.capabilities(WEB) is not None)
        await sitting.press("4")
        sitting.main.query_one(Config).focus()
        await sitting.press("home", "e")
        await sitting.until(lambda: sitting.application.screen.query("#value"))
        await sitting.pilot.pause()
        await sitting.pilot.pause()
        nothing_is_obeyed(sitting)
        await sitting.press("home", "end", "enter")
        await sitting.until(lambda: sitting.worker.all_asked(Preview))
        assert sitting.worker.all_asked(Preview)[0].operation.settings == {"X": text}


async def test_what_a_typed_line_may_become_is_nothing_that_is_obeyed() -> None:
    async with sit(worlds.shop("shop\x1b[2J")) as sitting:
        await sitting.press("colon", *"shop")
        await sitting.pilot.pause()
        nothing_is_obeyed(sitting)


def nothing_is_obeyed(sitting: Sitting) -> None:
    for strip in sitting.application.screen._compositor.render_strips():
        for segment in strip:
            assert not any(ord(each) < 0x20 or 0x7F <= ord(each) <= 0x9F for each in segment.text), ascii(segment.text)
            assert not any(each in "\u202e\u2066\ud800" for each in segment.text), ascii(segment.text)
