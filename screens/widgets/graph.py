"""Small graphs made of characters: a sparkline of eighths, and a filled braille graph of several rows."""

from __future__ import annotations

from collections.abc import Sequence

_EIGHTHS = " ▁▂▃▄▅▆▇█"
_BRAILLE = 0x2800
_DOTS = ((0x40, 0x04, 0x02, 0x01), (0x80, 0x20, 0x10, 0x08))
"""The dots of a braille cell from the bottom up, left column and right column (Unicode 15, 15.1)."""


def spark(values: Sequence[float], width: int, top: float | None = None) -> str:
    """The last `width` values as one row of blocks, right-aligned; `top` is what fills a cell, else the greatest."""
    shown = values[-width:] if width > 0 else ()
    highest = top or max(shown, default=0.0)
    return "".join(_eighth(value, highest) for value in shown).rjust(width)


def _eighth(value: float, highest: float) -> str:
    if highest <= 0 or value <= 0:
        return _EIGHTHS[1]
    return _EIGHTHS[max(1, min(8, round(value / highest * 8)))]


def braille(values: Sequence[float], width: int, height: int, top: float | None = None) -> list[str]:
    """The last ``2 * width`` values as `height` rows of braille, filled from below, right-aligned."""
    shown = list(values[-2 * width :]) if width > 0 else []
    highest = top or max(shown, default=0.0) or 1.0
    levels = [0] * (2 * width - len(shown)) + [_level(value, highest, height) for value in shown]
    rows = []
    for row in range(height - 1, -1, -1):
        cells = [
            _BRAILLE + _column(0, levels[2 * x] - 4 * row) + _column(1, levels[2 * x + 1] - 4 * row)
            for x in range(width)
        ]
        rows.append("".join(map(chr, cells)))
    return rows


def _level(value: float, highest: float, height: int) -> int:
    """How many dots high a value stands; one at least, so that nothing reads as no measurement."""
    return max(1, min(4 * height, round(value / highest * 4 * height)))


def _column(side: int, dots: int) -> int:
    return sum(_DOTS[side][: max(0, min(4, dots))])
