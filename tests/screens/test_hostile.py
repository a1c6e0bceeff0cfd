"""What strangers put into names, labels and errors neither breaks the screen nor reaches the terminal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.screens import worlds
from tests.screens.sitting import change, plan, sit
from tuienv.model import Action, Address, Failure, Identity, Kind, Operation, Plan, Resource
from tuienv.model.state import ConnectionChanged, EnvironmentState, FilesRefused

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
