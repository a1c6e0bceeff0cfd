"""The styles that lines are written in, from the colours of the theme.

Not component classes of Textual's style sheets: those make a node a name a widget, all of which are matched against
every rule whenever anything is styled, and that was more than half of the time until the first paint.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rich.style import Style
from textual.color import Color, ColorParseError


@dataclass(frozen=True, slots=True)
class Look:
    """A colour and a ground, as names of theme variables, and how the letters are."""

    color: str = ""
    ground: str = ""
    bold: bool | None = None
    italic: bool | None = None


LOOKS: Mapping[str, Look] = {
    "dim": Look("text-dim"),
    "strong": Look("text-strong", bold=True),
    "title": Look("primary", bold=True),
    "accent": Look("accent"),
    "graph": Look("primary"),
    "tab": Look("text-strong", "cursor", bold=True),
    "key": Look("accent", bold=True),
    "good": Look("status-running"),
    "warning": Look("warning"),
    "error": Look("status-failed"),
    "running": Look("status-running"),
    "starting": Look("status-starting"),
    "degraded": Look("status-degraded"),
    "stopped": Look("status-stopped"),
    "failed": Look("status-failed"),
    "deleting": Look("status-deleting"),
    "absent": Look("status-absent"),
    "unknown": Look("status-unknown"),
    "stale": Look("text-dim", italic=True),
    "drift": Look("drift"),
    "staged": Look("accent", bold=True),
    "cursor": Look(ground="cursor"),
    "cursor-away": Look(ground="cursor-away"),
}
"""Every style name that a piece may have."""

_TERMINALS_OWN = -1
"""What `textual.color.Color.ansi` is for the terminal's default colour."""


def style(name: str, variables: Mapping[str, str], *, no_color: bool) -> Style:
    """The style of one name in a theme. Raises `KeyError` for a name that is none.

    Without colour, or where the theme has none for them, the cursor and the chosen tab are reversed: shades of grey
    alone are too little.
    """
    look = LOOKS[name]
    color, ground = _color(look.color, variables), _color(look.ground, variables)
    reverse = True if look.ground and (no_color or ground is None or ground.ansi == _TERMINALS_OWN) else None
    return Style(
        color=color.rich_color if color else None,
        bgcolor=ground.rich_color if ground else None,
        bold=look.bold,
        italic=look.italic,
        reverse=reverse,
    )


def _color(name: str, variables: Mapping[str, str]) -> Color | None:
    """The colour of a variable; none where a theme leaves it to the terminal."""
    value = variables.get(name, "")
    try:
        return Color.parse(value) if value else None
    except ColorParseError:
        return None
