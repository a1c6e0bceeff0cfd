"""What lines are made of: pieces of text with the names of their styles, measured, cut and spread by cells.

Nothing of Textual is needed for that: lines are shown before it has been imported (`tuienv.screens.outline`).
"""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import cell_len, set_cell_size

from tuienv.text import plain

Piece = tuple[str, str]
"""A text and its style names, separated by spaces: ``("3/3", "running")``."""

Line = tuple[Piece, ...]
"""Pieces from left to right. A last piece without text gives its style to the whole line: ``("", "cursor")``."""

_LONG = 4
"""Characters to a cell that no text has which can be read: more is marks upon marks."""


def width_of(line: Iterable[Piece]) -> int:
    """How many cells the pieces take."""
    return sum(cell_len(text) for text, _ in line)


def fit(text: str, width: int) -> str:
    """A text cleaned, and cut with an ellipsis or filled up to exactly `width` cells."""
    text = plain(text)
    if is_wider(text, width):
        return first_cells(text, max(0, width - 1)) + ("…" if width > 0 else "")
    return set_cell_size(text, width)


def cut(text: str, width: int) -> str:
    """A text cleaned, and cut with an ellipsis where it is wider than `width` cells."""
    text = plain(text)
    return fit(text, width) if is_wider(text, width) else text


def is_wider(text: str, width: int) -> bool:
    """Whether a cleaned text takes more than `width` cells."""
    return len(text) > _LONG * max(1, width) or cell_len(text) > width


def first_cells(text: str, width: int) -> str:
    """The start of a text, exactly `width` cells. Counting cells is slow, so of a long text little is looked at."""
    return set_cell_size(text[: _LONG * width], width)


def spread(left: Line, right: Line, width: int) -> Line:
    """A line with pieces at both ends; the left end gives way where there is no room."""
    room = width - width_of(right)
    kept: list[Piece] = []
    for text, style in left:
        space = room - width_of(kept) - 1
        if space <= 0:
            break
        kept.append((cut(text, space), style))
    gap = max(0, room - width_of(kept))
    return (*kept, (" " * gap, ""), *right)


def clip(line: Line, width: int) -> Line:
    """A line as it is, or cut with an ellipsis where it is wider than `width` cells."""
    kept: list[Piece] = []
    for text, style in line if width_of(line) > width else ():
        kept.append((cut(text, width - width_of(kept)), style))
    return tuple(kept) or line


def wrap(text: str, width: int) -> list[str]:
    """A cleaned text in lines of at most `width` cells, broken between words where there are any."""
    lines, line = [], ""
    for word in plain(text).split(" "):
        while width > 0 and is_wider(word, width):
            if line:
                lines.append(line)
                line = ""
            head = first_cells(word, width)
            lines.append(head)
            word = word[len(head.rstrip()) or 1 :]
        joined = f"{line} {word}" if line else word
        if cell_len(joined) > width and line:
            lines.append(line)
            joined = word
        line = joined
    return [*lines, line] if line or not lines else lines


def marked(mark: Piece, text: str, style: str, width: int, *after: Piece) -> list[Line]:
    """A text after its mark, in as many lines as it takes: one that is cut may read as another."""
    indent = cell_len(mark[0])
    parts = wrap(text, max(10, width - indent - width_of(after)))
    lines: list[Line] = [((" " * indent, "") if index else mark, (part, style)) for index, part in enumerate(parts)]
    return [*lines[:-1], (*lines[-1], *after)]
