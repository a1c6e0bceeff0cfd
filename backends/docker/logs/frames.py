"""The frames in which the engine sends the log of a container without a terminal, however their bytes were cut.

One byte for the stream (1 stdout, 2 stderr, 3 an error of the engine), three of zero, four of length (big endian), then
the payload: the line with its newline, after a timestamp and a blank if those were asked for. A line over 16 KiB comes
in several frames, only the last of which ends in a newline.
Sources: Engine API, "Attach to a container"; the engine's `daemon/logger/copier.go`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from struct import Struct

from tuienv.backends.base import Unreachable
from tuienv.text import plain

LONGEST = 1 << 20
"""Bytes of one line that are joined again; what is longer comes as several lines, and nothing of it is lost."""

HEADER = 8
SYSTEM_ERROR = 3
NEWLINE = 10

_LARGEST = 1 << 24
_length_at = Struct(">4xL").unpack_from
_stream_and_length_at = Struct(">B3xL").unpack_from


class Frames(ABC):
    """Takes frames apart, and joins the pieces of long lines. What is done with a line is the subclass's.

    Once the engine itself sent an error, or something else than a log, `failure` is set and nothing more is taken.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.failure: Unreachable | None = None
        self._rest = b""
        self._begun: dict[int, bytes] = {}

    @property
    def joining(self) -> bool:
        """Whether a line was begun that is not whole yet."""
        return bool(self._begun)

    @abstractmethod
    def _take_usual_frames(self, buffer: bytes, at: int) -> int:
        """Take the frames from `at` on that are as nearly all are, quickly. Gives where it ended; may do nothing."""

    @abstractmethod
    def _text_of(self, payload: bytes) -> bytes:
        """What the container wrote, of what the engine sent."""

    @abstractmethod
    def _add(self, raw: bytes) -> None:
        """A line, without its newline."""

    def _take_frames(self, buffer: bytes) -> bytes:
        """Every frame that is whole; gives what is left of the buffer."""
        at = 0
        while self.failure is None:
            at = self._take_usual_frames(buffer, at)
            size = self._frame_size(buffer, at)
            if size == 0:
                return buffer[at:]
            self._take_frame(buffer[at], buffer[at + HEADER : at + size])
            at += size
        return b""

    def _add_begun(self) -> None:
        """The log ended: what was begun is all of it."""
        for stream in sorted(self._begun):
            self._add(self._begun[stream])
        self._begun.clear()

    def _frame_size(self, buffer: bytes, at: int) -> int:
        """The size of the frame at `at`, header included; 0 if it is not all there yet."""
        if len(buffer) < at + HEADER:
            return 0
        (length,) = _length_at(buffer, at)
        if length > _LARGEST:
            self.failure = self._failure("what came is not a log stream")
            return 0
        size: int = HEADER + length
        return size if at + size <= len(buffer) else 0

    def _take_frame(self, stream: int, payload: bytes) -> None:
        text = self._text_of(payload)
        if stream == SYSTEM_ERROR:
            self.failure = self._failure(plain(text))
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

    def _failure(self, said: str) -> Unreachable:
        return Unreachable("read the log of", self.source, said, "Open it again.")


class Copier(Frames):
    """Gives what is read of a log without timestamps as the container wrote it: whole lines, each with its newline."""

    def __init__(self, source: str) -> None:
        super().__init__(source)
        self._lines: list[bytes] = []

    def feed(self, data: bytes) -> bytes:
        """The lines that are whole with these bytes, in one."""
        self._rest = self._take_frames(self._rest + data if self._rest else data)
        return self._taken()

    def finish(self) -> bytes:
        """What is left when the log ended in the middle of a line."""
        self._rest = b""
        self._add_begun()
        return self._taken()

    def _taken(self) -> bytes:
        lines, self._lines = self._lines, []
        return b"".join(lines)

    def _take_usual_frames(self, buffer: bytes, at: int) -> int:
        """All frames from `at` on that hold one whole line. This loop is what copying a log costs."""
        if self._begun:
            return at
        end, add = len(buffer), self._lines.append
        while at + HEADER <= end:
            stream, length = _stream_and_length_at(buffer, at)
            stop: int = at + HEADER + length
            if stop > end or buffer[stop - 1] != NEWLINE or not length or stream == SYSTEM_ERROR:
                break
            add(buffer[at + HEADER : stop])
            at = stop
        return at

    def _text_of(self, payload: bytes) -> bytes:
        return payload

    def _add(self, raw: bytes) -> None:
        self._lines += (raw, b"\n")
