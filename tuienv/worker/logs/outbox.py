"""Lines that wait to be sent to the screen: few, in order, and with what had to be left out counted where it was."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tuienv.model import Failure, LogLine
from tuienv.worker.logs.following import Piece
from tuienv.worker.messages import WINDOW, LogBatch

BATCH = 1000
"""Lines of one message at most, and of a live log that wait at most: more than any screen shows between two looks."""

WAITING = 4000
"""Lines that wait at most while a log's past is read; then the reading waits."""

BYTES = 1 << 20
"""Bytes of one message and of waiting lines, about; a single long line is cut at `LINE`."""

LINE = 1 << 16
"""Bytes of one line that are sent: a screen shows 4,096 characters of it, a copy gets this much."""

TOGETHER = 0.02
"""Seconds that the first message waits at most for what belongs to it."""

APART = 0.005
"""Seconds without anything new after which what is there is all there is. An engine sends its parts every 1.5 ms."""

PACE = 0.15
"""Seconds between two messages of live lines. Seven a second read as live, and painting them costs little."""


@dataclass(slots=True)
class Segment:
    """Lines without a break; what was left out before them; or that the log was cut off here."""

    lines: list[LogLine] = field(default_factory=list)
    skipped: int = 0
    gap: float = 0.0
    failure: Failure | None = None


class Outbox:
    """What one stream has to send. `put` comes from readers, `send_all` runs in a thread of its own."""

    def __init__(self, stream: int, send: Callable[[LogBatch], None]) -> None:
        self._stream, self._send = stream, send
        self._changed = threading.Condition()
        self._segments: deque[Segment] = deque()
        self._lines = self._bytes = 0
        self._unseen = 0
        self._live = False
        self._ended = self._closed = False
        self._failure: Failure | None = None

    def put(self, piece: Piece) -> None:
        """Add what was read. Live lines push out the oldest when they are too many; others wait for room."""
        with self._changed:
            self._live = piece.live
            if not piece.live:
                self._changed.wait_for(lambda: self._closed or self._has_room())
            self._add(piece)
            if piece.live:
                self._skip()
            self._changed.notify_all()

    def end(self, failure: Failure | None) -> None:
        """Nothing more will be put."""
        with self._changed:
            self._ended, self._failure = True, failure
            self._changed.notify_all()

    def seen(self) -> None:
        """The screen took in a message."""
        with self._changed:
            self._unseen = max(0, self._unseen - 1)
            self._changed.notify_all()

    def close(self) -> None:
        """Send nothing more."""
        with self._changed:
            self._closed = True
            self._segments.clear()
            self._changed.notify_all()

    def send_all(self) -> None:
        """Send messages as the screen takes them in, until the log ended or was closed."""
        for batch in self._batches():
            self._send(batch)
            if batch.lines and self._live:
                time.sleep(PACE)

    def _batches(self) -> Iterator[LogBatch]:
        self._gather()
        while True:
            with self._changed:
                self._changed.wait_for(self._is_due)
                if self._closed:
                    return
                batch = self._next() if self._segments else LogBatch(self._stream, ended=True, failure=self._failure)
                self._unseen += 1
                self._changed.notify_all()
            yield batch
            if batch.ended:
                return

    def _gather(self) -> None:
        """Wait for the past of a log. It comes in several parts, and each would wait until the last was painted."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._ended or self._lines)
            until = time.monotonic() + TOGETHER
            while not self._closed and not self._ended and self._lines < BATCH and time.monotonic() < until:
                if not self._changed.wait(APART):
                    return

    def _is_due(self) -> bool:
        return self._closed or (self._unseen < WINDOW and bool(self._segments or self._ended))

    def _has_room(self) -> bool:
        return self._lines < WAITING and self._bytes < BYTES

    def _add(self, piece: Piece) -> None:
        if piece.gap or piece.failure or not self._segments:
            self._segments.append(Segment(gap=piece.gap, failure=piece.failure))
        lines = [line if len(line.raw) <= LINE else line._replace(raw=line.raw[:LINE]) for line in piece.lines]
        self._segments[-1].lines += lines
        self._lines += len(lines)
        self._bytes += _size(lines)

    def _skip(self) -> None:
        """Leave out the oldest lines until what waits is little; say so where they were."""
        while self._lines > BATCH or (self._bytes > BYTES and self._lines > 1):
            first = self._segments[0]
            surplus = (
                self._lines - BATCH if self._bytes <= BYTES else max(self._lines - BATCH, len(first.lines) // 2, 1)
            )
            left_out = first.lines[:surplus]
            first.lines = first.lines[surplus:]
            first.skipped += len(left_out)
            self._lines -= len(left_out)
            self._bytes -= _size(left_out)
            if not first.lines and len(self._segments) > 1:
                self._drop_empty(first)

    def _drop_empty(self, first: Segment) -> None:
        """What was left out before lines that are left out themselves was left out before the next."""
        self._segments.popleft()
        following = self._segments[0]
        following.skipped += first.skipped
        following.gap += first.gap
        following.failure = following.failure or first.failure

    def _next(self) -> LogBatch:
        first = self._segments[0]
        lines = first.lines[:BATCH]
        batch = LogBatch(self._stream, tuple(lines), first.skipped, first.gap, failure=first.failure)
        self._lines -= len(lines)
        self._bytes -= _size(lines)
        if len(lines) == len(first.lines):
            self._segments.popleft()
        else:
            self._segments[0] = Segment(first.lines[BATCH:])
        return batch


def _size(lines: list[LogLine]) -> int:
    return sum(len(line.raw) for line in lines)
