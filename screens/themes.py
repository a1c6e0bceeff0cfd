"""Themes: one YAML file each, ours beside the code and a user's own in the config folder.

Every colour is parsed here, when the file is read: Textual itself would notice a wrong one much later, far from the
file that has it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from textual.color import Color, ColorParseError
from textual.theme import Theme

DEFAULT = "tuienv-dark"
FOLDER = Path(__file__).parent.parent / "themes"
"""Ours: `tuienv/themes` where tuienv is installed, `themes` in a checkout."""

COLORS = (
    "primary", "secondary", "accent", "foreground", "background", "surface", "panel", "success", "warning", "error",
)  # fmt: skip
"""What a theme may name below `colors`; `primary` and `background` it must."""

VARIABLES: Mapping[str, str] = {
    "status-running": "$text-success",
    "status-starting": "$text-accent",
    "status-degraded": "$text-warning",
    "status-stopped": "$text-muted",
    "status-failed": "$text-error",
    "status-deleting": "$text-secondary",
    "status-absent": "$text-muted",
    "status-unknown": "$text-warning",
    "text-dim": "$text-muted",
    "text-strong": "$text",
    "drift": "$text-warning",
    "cursor": "$primary-muted",
    "cursor-away": "$panel",
}
"""What a theme may name below `variables`, and what stands for it in themes that do not, Textual's own among them."""


@dataclass(frozen=True)
class Themes:
    """What was found, and one sentence for each file that could not be used."""

    themes: tuple[Theme, ...]
    mistakes: tuple[str, ...]


def load(folders: tuple[Path, ...]) -> Themes:
    """Read every theme file in some folders; a later one of the same name wins. Raises nothing."""
    themes: dict[str, Theme] = {}
    mistakes: list[str] = []
    for path in (path for folder in folders for path in sorted(folder.glob("*.yaml"))):
        try:
            theme = read(path)
        except ValueError as mistake:
            mistakes.append(f"{path.name}: {mistake}")
        else:
            themes[theme.name] = theme
    return Themes(tuple(themes.values()), tuple(mistakes))


def read(path: Path) -> Theme:
    """Read one theme file. Raises `ValueError` with what is wrong in it."""
    data = _data(path)
    if not isinstance(data, dict) or not isinstance(data.get("name"), str):
        raise ValueError("a theme needs a name and colors")
    colors = _colors(data.get("colors"), "colors", COLORS)
    variables = _colors(data.get("variables", {}), "variables", tuple(VARIABLES))
    if missing := {"primary", "background"} - colors.keys():
        raise ValueError(f"colors lacks {', '.join(sorted(missing))}")
    theme = Theme(data["name"], colors["primary"], dark=data.get("dark") is not False, variables=variables)
    for name, value in colors.items():
        setattr(theme, name, value)
    return theme


def _data(path: Path) -> object:
    """What is in the file, within the bounds of `tuienv.source`. Raises `ValueError`."""
    from tuienv.source import Source, data, read_bounded

    try:
        page = Source(path.name, read_bounded(path))
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"cannot be read: {getattr(error, 'strerror', None) or 'it is no UTF-8'}") from error
    documents = page.documents()
    if page.mistakes:
        raise ValueError(f"cannot be read: {page.mistakes[0].message}")
    return data(documents[0]) if documents else None


def stand_ins(theme: Theme) -> dict[str, str]:
    """Colours for those of `VARIABLES` that a theme does not name, made from those it has. "Whatever can be read"
    (``auto`` in Textual's style sheets) is the colour of its ordinary text here."""
    missing = VARIABLES.keys() - theme.variables.keys()
    if not missing:
        return {}
    made = theme.to_color_system().generate()
    found = {name: made[VARIABLES[name].removeprefix("$")] for name in missing}
    return {name: made["foreground"] if value.startswith("auto") else value for name, value in found.items()}


def _colors(found: object, where: str, known: tuple[str, ...]) -> dict[str, str]:
    if not isinstance(found, dict):
        raise ValueError(f"{where} must be names and colours")
    for name, value in found.items():
        if name not in known:
            raise ValueError(f"{where} has {name!r}, which is none of {', '.join(known)}")
        try:
            Color.parse(str(value))
        except ColorParseError as error:
            raise ValueError(f"{where}.{name}: {value!r} is no colour") from error
    return {str(name): str(value) for name, value in found.items()}
