"""Whatever a provider puts into its fields: panes show it as text, in their own cells, and never fail."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from typing import Any

import pytest

from tests.screens import worlds
from tests.screens.fake import FakeWorker
from tests.screens.panes import NARROW, PANES, WIDE, PaneApp, busy
from tuienv.model import Address, Difference, Event, Failure, Instance, Release, Size, Status
from tuienv.model.state import EnvironmentState, FilesRefused
from tuienv.screens.session import Session

HOSTILE = {
    "clipboard": "\x1b]52;c;cm0gLXJmIH4=\x07web",
    "clear": "\x1b[2J\x1b[Hgone\x9b31m\x90q\x9c",
    "controls": "a\x00b\rc\nd\te\x7ff\x85g",
    "markup": "[/x][prod] [@click=app.quit]quit[/] [b",
    "bidi": "\u202ebew\u202c \u2066x\u2069\u200f",
    "megabyte": "A" * 1_000_000,
    "words": "word " * 200_000,
    "wide": "漢字" * 20_000,
    "marks": "e" + "\u0301" * 20_000,
    "surrogate": "a\ud800b",
    "nothing": "",
}


def hostile(text: str) -> Session:
    """Every field of a world that a provider fills, filled with that."""
    instances = tuple(
        Instance(text + end, text, Status.FAILED, text, worlds.NOW, text, {text: text}) for end in ("", "2")
    )
    failure = Failure("Unreachable", text, text, text, text)
    layer = replace(
        worlds.drifted().layers[0], name=text, backend=text, profile=text, instances=instances, image=text,
        size=Size(text), endpoints=(text, text), needs=(text, text), drift=(text, text), failure=failure, ours=False,
    )  # fmt: skip
    environment = EnvironmentState(text, Status.DEGRADED, (layer,), source=text, protected=True)
    made = busy(environment)
    at = Address(text, text)
    described = worlds.description(at, **{text: text, "KEY": text})
    made.descriptions[at] = replace(described, facts={"resources": text, text: text})
    made.known.take(FilesRefused((text,)))
    assert isinstance(made.link, FakeWorker)
    made.link.releases = (Release(text, worlds.NOW, text, text, text, False, (Difference(text, text, text),)),)
    made.link.events = (Event(worlds.NOW, text, text),)
    return made


def assert_is_text(line: str, width: int, cells: int) -> None:
    assert cells == width
    bad = [character for character in line if unicodedata.category(character) in ("Cc", "Cs", "Co")]
    assert not bad, f"control characters {bad} in {line!r}"
    assert not set(line) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")


@pytest.mark.parametrize("make", PANES, ids=lambda make: make.__name__)
@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_text_stays_text(name: str, make: Any) -> None:
    text = HOSTILE[name]
    app = PaneApp(make(hostile(text)), Address(text))
    async with app.run_test(size=NARROW) as pilot:
        for size in (NARROW, WIDE, (24, 60)):
            await pilot.resize_terminal(*size)
            for address in (Address(text), Address(text, text), Address(text, text, text), None):
                app.about(address)
                if address is not None and address.layer:
                    await app.settled(pilot)
                await pilot.press("end")
                for y in range(app.pane.size.height):
                    strip = app.pane.render_line(y)
                    assert_is_text(strip.text, app.pane.size.width, strip.cell_length)
