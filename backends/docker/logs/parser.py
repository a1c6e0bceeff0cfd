"""The engine's log stream taken apart into lines, however its bytes were cut on the way.

A container without a terminal gives frames (see `frames`), their payload a timestamp, a blank and the line with its
newline. A container with a terminal gives the payloads alone.
"""

from __future__ import annotations

import re
from datetime import datetime
from itertools import repeat
from struct import Struct

from tuienv.backends.docker.logs.frames import HEADER, LONGEST, NEWLINE, Frames
from tuienv.model import LogLine

PIECE = 16384
"""Bytes of one line that the engine keeps together; what is longer it stores in pieces of exactly this."""

_usual_at = Struct(">4xL19sx9s2s").unpack_from
"""A frame that begins as nearly all do: its length, the timestamp's second and nanoseconds, and ``b"Z "``."""
_USUAL = 39
_SHORTEST = 32  # a timestamp, a blank and the newline

# RFC 3339 as Go writes it: nine digits, or as many as there are; "Z", or an offset where the engine's log driver
# keeps local time.
_STAMP = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d) ")


class LogParser(Frames):
    """Turns what is read of one container's log into lines whose source is `source`.

    Whatever a container wrote is kept as it is.
    """

    def __init__(self, source: str) -> None:
        super().__init__(source)
        self._framed: bool | None = None
        self._second, self._base = b"", 0.0
        self._times: list[float] = []
        self._raws: list[bytes] = []
        self._last = 0.0

    def feed(self, data: bytes) -> list[LogLine]:
        """The lines that are whole with these bytes."""
        buffer = self._rest + data if self._rest else data
        if self._framed is None and buffer:
            self._framed = buffer[0] < ord(" ")  # without frames it begins with a digit of the first timestamp
        self._rest = self._take_frames(buffer) if self._framed else self._take_text(buffer)
        return self._taken()

    def finish(self) -> list[LogLine]:
        """What is left when the log ended in the middle of a line."""
        rest, self._rest = self._rest, b""
        if rest and not self._framed:
            self._take_text_line(rest)
        self._add_begun()
        return self._taken()

    def _taken(self) -> list[LogLine]:
        lines = list(map(LogLine, self._times, repeat(self.source), self._raws))
        self._times, self._raws = [], []
        return lines

    # --- with frames --------------------------------------------------------------------------------------------

    def _take_usual_frames(self, buffer: bytes, at: int) -> int:
        """All frames from `at` on that hold one whole line of the same second as the one before. Gives where it
        ended. This loop runs a hundred thousand times a second, the rest of this class hardly ever."""
        if self._begun:
            return at
        end, second, base = len(buffer), self._second, self._base
        add_time, add_raw = self._times.append, self._raws.append
        while at + _USUAL <= end:
            length, its_second, nanoseconds, mark = _usual_at(buffer, at)
            stop: int = at + HEADER + length
            if stop > end or its_second != second or mark != b"Z " or not nanoseconds.isdigit():
                break
            if buffer[stop - 1] != NEWLINE or length < _SHORTEST:
                break
            add_time(base + int(nanoseconds) / 1e9)
            add_raw(buffer[at + _USUAL : stop - 1])
            at = stop
        self._last = self._times[-1] if self._times else self._last
        return at

    # --- without frames -----------------------------------------------------------------------------------------

    def _take_text(self, buffer: bytes) -> bytes:
        *lines, rest = buffer.split(b"\n")
        for line in lines:
            self._take_text_line(line.removesuffix(b"\r"))  # a terminal ends its lines in both
        if len(rest) < LONGEST:
            return rest
        self._take_text_line(rest)
        return b""

    def _take_text_line(self, line: bytes) -> None:
        text = self._text_of(line)
        self._add(_rejoined(text) if len(text) > PIECE else text)

    # --- both ---------------------------------------------------------------------------------------------------

    def _add(self, raw: bytes) -> None:
        self._times.append(self._last)
        self._raws.append(raw)

    def _text_of(self, text: bytes) -> bytes:
        """The text after its timestamp, which becomes the time of what is added next; all of it if it has none."""
        stamp = _STAMP.match(text)
        if stamp is None:
            return text
        second, fraction, zone = stamp.groups(b"")
        try:
            self._base = datetime.fromisoformat((second + zone).decode("ascii")).timestamp()
        except ValueError:  # month 13: not the engine's, then
            return text
        self._second = second if zone == b"Z" else b""
        self._last = self._base + int(fraction[1:].ljust(9, b"0")) / 1e9
        return text[stamp.end() :]


def _rejoined(text: bytes) -> bytes:
    """A long line of a terminal: every piece but the first has a timestamp of its own before it."""
    pieces, at = [text[:PIECE]], PIECE
    while stamp := _STAMP.match(text, at):
        at = stamp.end() + PIECE
        pieces.append(text[stamp.end() : at])
    return b"".join([*pieces, text[at:]])
