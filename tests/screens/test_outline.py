"""The outline that is painted before Textual is there: what it says, that it is at its place, and what gets through."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from rich.cells import cell_len

from tests.screens import worlds
from tests.screens.sitting import sit
from tests.screens.test_hostile import HOSTILE, hostile
from tuienv.model import Failure, Identity
from tuienv.model.state import ConnectionChanged, EnvironmentsChanged, FilesRefused, Samples
from tuienv.screens.outline import Outline
from tuienv.settings import Rules, Settings
from tuienv.worker.messages import Update

ATTRIBUTES = re.compile(r"\x1b\[[0-9;]+m")
SIZES = [(80, 24), (99, 25), (100, 30), (121, 41), (160, 50), (240, 60), (40, 10)]
WORLD: tuple[Update, ...] = (
    EnvironmentsChanged((worlds.shop(), worlds.drifted(), worlds.found())),
    *worlds.connections(),
)


def outline(*updates: Update, read_only: bool = False) -> Outline:
    made = Outline(read_only=read_only, clock=lambda: worlds.NOW)
    made.take(updates)
    return made


def drawn(made: Outline, columns: int, rows: int) -> list[str]:
    """The lines without their attributes."""
    return [ATTRIBUTES.sub("", line) for line in made.lines(columns, rows)]


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("read_only", [False, True])
async def test_textual_paints_the_same_at_the_same_places(size: tuple[int, int], read_only: bool) -> None:
    lines = drawn(outline(*WORLD, read_only=read_only), *size)
    async with sit(read_only=read_only, size=size) as sitting:
        painted = sitting.text().split("\n")
        tree = sitting.main.environments.scrollable_content_region
    assert lines[0] == painted[0], "the header"
    for row in range(tree.y, tree.bottom):
        assert lines[row][: tree.right].rstrip() == painted[row][: tree.right].rstrip(), "the tree"
    for line, beside in zip(lines, painted, strict=True):
        moved = [column for column, shown in enumerate(line) if shown not in (" ", beside[column])]
        assert not moved, f"{line!r} is not {beside!r}"


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:12]))
def test_nothing_of_strangers_gets_through(text: str, size: tuple[int, int]) -> None:
    failure = Failure("Unreachable", text, text, text, text)
    made = outline(
        EnvironmentsChanged((hostile(text),)),
        ConnectionChanged("docker", text, Identity("docker", text, text, text), None, worlds.NOW),
        ConnectionChanged("aws", text, None, failure, worlds.NOW),
        FilesRefused((text,)),
    )
    lines = drawn(made, *size)
    assert len(lines) == size[1]
    for line in lines:
        assert line.isprintable(), ascii(line)
        assert not any(character in "\u202e\u2066\ud800" for character in line), ascii(line)
        assert cell_len(line) == size[0], ascii(line)


async def test_what_is_read_only_is_marked_as_textual_marks_it() -> None:
    rules = Rules(environments=("shop*",))
    made = Outline(rules=rules, clock=lambda: worlds.NOW)
    made.take(WORLD)
    async with sit(settings=Settings(rules=rules), size=(160, 50)) as sitting:
        painted = sitting.text().split("\n")
    assert "read-only" in (lines := drawn(made, 160, 50))[1]
    assert lines[1][:60].rstrip() == painted[1][:60].rstrip()


def test_there_is_nothing_to_draw_before_there_is_an_environment() -> None:
    failure = Failure("Unreachable", "list", "docker", "nobody listens", "start it")
    made = Outline()
    assert not made.take([ConnectionChanged("docker", "", None, failure, worlds.NOW), FilesRefused(), Samples(())])
    assert not made.take([EnvironmentsChanged(gone=("shop",))])
    assert made.take([EnvironmentsChanged((worlds.shop(),))])


def test_it_needs_no_textual() -> None:
    code = "import sys, tuienv.screens.outline, tuienv.worker.ahead; print(*sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(ended.stdout.split()) & {"textual", "asyncio", "tuienv.backends", "tuienv.live", "tuienv.plan"}
