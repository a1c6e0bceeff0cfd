"""Theme files: ours are whole, others' mistakes are said and cost nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style
from textual.color import Color
from textual.theme import Theme

from tests.screens.sitting import sit
from tuienv.model import Status
from tuienv.screens import themes
from tuienv.screens.widgets import looks

GOOD = 'name: mine\ncolors: {primary: "#123456", background: black}\n'


def test_ours_are_whole() -> None:
    found = themes.load((themes.FOLDER,))
    assert found.mistakes == ()
    assert {theme.name for theme in found.themes} == {"tuienv-dark", "tuienv-light", "tuienv-contrast"}
    for theme in found.themes:
        assert {f"status-{status}" for status in Status} <= set(theme.variables)


@pytest.mark.parametrize("theme", themes.load((themes.FOLDER,)).themes, ids=lambda theme: theme.name)
def test_every_text_can_be_read_on_every_ground(theme: Theme) -> None:
    """WCAG 2.2, 1.4.3: at least 4.5 to 1 for text, the row under the cursor and the bars included."""
    colors = {name: value for name in themes.COLORS if (value := getattr(theme, name)) is not None}
    grounds = {name: colors.pop(name) for name in ("background", "surface", "panel")}
    texts = colors | theme.variables
    grounds |= {name: texts.pop(name) for name in ("cursor", "cursor-away")}
    for name, value in texts.items():
        for where, ground in grounds.items():
            assert _contrast(Color.parse(value), Color.parse(ground)) >= 4.5, f"{name} on {where}"


def _contrast(one: Color, other: Color) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: Color) -> float:
    parts = [value / 255 for value in color.rgb]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: [", "cannot be read"),
        ("colors: {primary: red}", "needs a name"),
        ("name: x\ncolors: {primary: red}", "lacks background"),
        ("name: x\ncolors: {primary: nocolour, background: black}", "'nocolour' is no colour"),
        ("name: x\ncolors: {primry: red}", "'primry'"),
        ("name: x\ncolors: 3", "names and colours"),
    ],
)
def test_a_mistake_is_said_and_the_rest_is_used(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "bad.yaml").write_text(text)
    (tmp_path / "good.yaml").write_text(GOOD)
    found = themes.load((tmp_path,))
    assert [theme.name for theme in found.themes] == ["mine"]
    assert len(found.mistakes) == 1
    assert said in found.mistakes[0]
    assert "bad.yaml" in found.mistakes[0]


@given(st.binary(max_size=200))
def test_no_file_breaks_the_start(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    folder = tmp_path_factory.mktemp("themes")
    (folder / "any.yaml").write_bytes(content)
    themes.load((folder,))


@pytest.mark.parametrize("name", ["tuienv-light", "nord", "ansi-dark", "textual-light"])
async def test_another_theme_colours_everything_at_once(name: str) -> None:
    """Textual's own themes have none of our variables: what stands for them must be colours too."""
    async with sit() as sitting:
        row = sitting.main.environments.render_line(1)
        sitting.application.theme = name
        await sitting.pilot.pause()
        now = sitting.main.environments.render_line(1)
        assert [segment.text for segment in now] == [segment.text for segment in row]
        assert now != row
        variables = sitting.application.theme_variables
        # A theme in the terminal's own colours may leave plain and dim text to it.
        for look in ("cursor", "failed", "running") if name == "ansi-dark" else looks.LOOKS:
            assert looks.style(look, variables, no_color=False) != Style(), look
