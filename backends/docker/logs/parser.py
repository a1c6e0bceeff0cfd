"""The engine's log stream taken apart into lines, however its bytes were cut on the way.

A container without a terminal gives frames: one byte for the stream (1 stdout, 2 stderr, 3 an error of the engine),
three of zero, four of length (big endian), then the payload: a timestamp, a blank and the line with its newline.
A line over 16 KiB comes in several frames, only the last of which ends in a newline. A container with a terminal
gives the payloads alone. Sources: Engine API, "Attach to a container"; the engine's `daemon/logger/copier.go`.
"""

from __future__ import annotations

import re
from datetime import datetime
from itertools import repeat
from struct import Struct

from tuienv.backends.base import Unreachable
from tuienv.model import LogLine
from tuienv.text import plain

PIECE = 16384
"""Bytes of one line that the engine keeps together; what is longer it stores in pieces of exactly this."""

LONGEST = 1 << 20
"""Bytes of one line that are joined again; what is longer comes as several lines, and nothing of it is lost."""

_LARGEST_FRAME = 1 << 24
_HEADER = 8
_SYSTEM_ERROR = 3
_NEWLINE = 10

_length_at = Struct(">4xL").unpack_from
_usual_at = Struct(">4xL19sx9s2s").unpack_from
"""A frame that begins as nearly all do: its length, the timestamp's second and nanoseconds, and ``b"Z "``."""
_USUAL = 39
_SHORTEST = 32  # a timestamp, a blank and the newline

# RFC 3339 as Go writes it: nine digits, or as many as there are; "Z", or an offset where the engine's log driver
# keeps local time.
_STAMP = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d) ")


class LogParser:
    """Turns what is read of one container's log into lines whose source is `source`.

    Whatever a container wrote is kept as it is. Once the engine itself sent an error, or something else than a log,
    `failure` is set and nothing more is taken.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self._rest = b""
        self._framed: bool | None = None
        self._begun: dict[int, bytes] = {}
        self._second, self._base = b"", 0.0
        self._times: list[float] = []
        self._raws: list[bytes] = []
        self._last = 0.0
        self.failure: Unreachable | None = None

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
        for stream in sorted(self._begun):
            self._add(self._begun[stream])
        self._begun.clear()
        return self._taken()

    def _fail(self, said: str) -> None:
        self.failure = Unreachable("read the log of", self.source, said, "Open it again.")

    def _taken(self) -> list[LogLine]:
        lines = list(map(LogLine, self._times, repeat(self.source), self._raws))
        self._times, self._raws = [], []
        return lines

    # --- with frames --------------------------------------------------------------------------------------------

    def _take_frames(self, buffer: bytes) -> bytes:
        at = 0
        while self.failure is None:
            at = self._take_usual_frames(buffer, at)
            size = self._frame_size(buffer, at)
            if size == 0:
                return buffer[at:]
            self._take_frame(buffer[at], buffer[at + _HEADER : at + size])
            at += size
        return b""

    def _take_usual_frames(self, buffer: bytes, at: int) -> int:
        """All frames from `at` on that hold one whole line of the same second as the one before. Gives where it
        ended. This loop runs a hundred thousand times a second, the rest of this class hardly ever."""
        if self._begun:
            return at
        end, second, base = len(buffer), self._second, self._base
        add_time, add_raw = self._times.append, self._raws.append
        while at + _USUAL <= end:
            length, its_second, nanoseconds, mark = _usual_at(buffer, at)
            stop: int = at + _HEADER + length
            if stop > end or its_second != second or mark != b"Z " or not nanoseconds.isdigit():
                break
            if buffer[stop - 1] != _NEWLINE or length < _SHORTEST:
                break
            add_time(base + int(nanoseconds) / 1e9)
            add_raw(buffer[at + _USUAL : stop - 1])
            at = stop
        self._last = self._times[-1] if self._times else self._last
        return at

    def _frame_size(self, buffer: bytes, at: int) -> int:
        """The size of the frame at `at`, header included; 0 if it is not all there yet."""
        if len(buffer) < at + _HEADER:
            return 0
        (length,) = _length_at(buffer, at)
        if length > _LARGEST_FRAME:
            self._fail("what came is not a log stream")
            return 0
        size: int = _HEADER + length
        return size if at + size <= len(buffer) else 0

    def _take_frame(self, stream: int, payload: bytes) -> None:
        text = self._without_stamp(payload)
        if stream == _SYSTEM_ERROR:
            self._fail(plain(text))
        elif not text.endswith(b"\n"):
            self._begin(stream, text)
        else:
            self._add(self._begun.pop(stream, b"") + text[:-1])

    def _begin(self, stream: int, piece: bytes) -> None:
        """A piece of a long line; given out when the line is whole, or as long as a line may be."""
        joined = self._begun.pop(stream, b"") + piece
        if len(joined) >= LONGEST:
            self._add(joined)
        elif joined:
            self._begun[stream] = joined

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
        text = self._without_stamp(line)
        self._add(_rejoined(text) if len(text) > PIECE else text)

    # --- both ---------------------------------------------------------------------------------------------------

    def _add(self, raw: bytes) -> None:
        self._times.append(self._last)
        self._raws.append(raw)

    def _without_stamp(self, text: bytes) -> bytes:
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
