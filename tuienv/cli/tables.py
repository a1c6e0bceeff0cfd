"""Tables for people: aligned, within the terminal's width, readable without colour and without a terminal."""

from __future__ import annotations

import os
import shutil
import sys
import unicodedata
from collections.abc import Sequence
from typing import TextIO

import click

from tuienv.model import Status
from tuienv.screens.words import GLYPHS
from tuienv.text import plain

NOTHING = "-"
"""Stands where there is nothing to say, so that columns can be counted by other programs."""

COLOURS = {
    Status.RUNNING: "green",
    Status.STARTING: "cyan",
    Status.DEGRADED: "yellow",
    Status.STOPPED: "bright_black",
    Status.FAILED: "red",
    Status.DELETING: "yellow",
    Status.ABSENT: "bright_black",
    Status.UNKNOWN: "magenta",
}

_GAP = "  "
_SHORTEST = 8
"""Columns of a cell that is cut: less would tell nothing."""


def status(one: Status) -> str:
    """A status as glyph, colour and word."""
    return click.style(f"{GLYPHS[one]} {one}", fg=COLOURS[one])


def width(text: str) -> int:
    """Columns that a clean text takes on a terminal, colours aside (Unicode's East Asian Width)."""
    text = click.unstyle(text)
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def cut(text: str, columns: int) -> str:
    """The text within so many columns, ended by "…" if something is missing. Colours go where it is cut."""
    if width(text) <= columns:
        return text
    kept, used = "", 1
    for character in click.unstyle(text):
        used += _columns(character)
        if used > columns:
            break
        kept += character
    return kept + "…"


def terminal_width() -> int | None:
    """Columns to keep to; None where the output is not a terminal, and nothing is cut. ``COLUMNS`` is honoured."""
    if "COLUMNS" not in os.environ and not sys.stdout.isatty():
        return None
    return shutil.get_terminal_size().columns


def terminal_of(stream: TextIO) -> os.terminal_size:
    """Columns and lines of the terminal that it is, also where stdout is none; ``COLUMNS`` and ``LINES`` go first."""
    try:
        own = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):
        return shutil.get_terminal_size()
    return shutil.get_terminal_size((own.columns or 80, own.lines or 24))  # some say 0: they do not know


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, indent: str = "") -> str:
    """Lines of aligned columns. On a terminal too narrow, the widest cells are cut until it fits, then the last ones;
    styled cells keep their colours. Cells are cleaned of anything but colours of ours by `cell`."""
    lines = [[click.style(name, bold=True) for name in head], *rows]
    widths = [max(width(line[at]) for line in lines) for at in range(len(head))]
    limit = terminal_width()
    if limit is not None:
        widths = _fit(widths, limit - len(indent) - len(_GAP) * (len(head) - 1))
    return "\n".join(indent + _line(line, widths) for line in lines)


def cell(text: object) -> str:
    """Provider text as a cell."""
    return plain(str(text)) or NOTHING


def _fit(widths: list[int], limit: int) -> list[int]:
    fitted = list(widths)
    while sum(fitted) > limit and max(fitted) > _SHORTEST:
        fitted[fitted.index(max(fitted))] -= 1
    for at in reversed(range(len(fitted))):
        fitted[at] = max(1, fitted[at] - max(0, sum(fitted) - limit))
    return fitted


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    shown = [cut(text, columns) for text, columns in zip(cells, widths, strict=True)]
    padded = [text + " " * (columns - width(text)) for text, columns in zip(shown, widths, strict=True)]
    return _GAP.join(padded).rstrip()
