"""The colours that tell the sources of a merged log apart, the same on the screen and on the command line."""

from __future__ import annotations

from zlib import crc32

COLOURS = ("cyan", "yellow", "green", "magenta", "blue", "bright_cyan", "bright_yellow", "bright_magenta")
"""Names that Rich and click share; red is left to errors."""


def colour_of(source: str) -> str:
    """A source's colour: always the same one. Neighbours (``web/1``, ``web/2``) get different ones."""
    name, _, number = source.rpartition("/")
    place = int(number) if number.isdecimal() and len(number) < 9 else crc32(number.encode())
    return COLOURS[(crc32(name.encode()) + place) % len(COLOURS)]
