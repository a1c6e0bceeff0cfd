"""Where the lines that ``logs`` prints come from: one backend, or several at once."""

from __future__ import annotations

import heapq
import queue
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from operator import itemgetter

from tuienv.backends.base import Copies, Looks, ProviderError, Reads
from tuienv.cli.errors import Stop, say
from tuienv.model import Address, LogLine
from tuienv.worker.logs.following import Following, Piece

AHEAD = 64
"""Pieces that are read ahead of being printed."""


@contextmanager
def copied(
    backends: Sequence[Looks], target: Address, *, tail: int | None, since: float | None
) -> Iterator[Iterable[bytes] | None]:
    """What one instance wrote, in parts of whole lines; None where that cannot be had without its lines."""
    backend = backends[0]
    parts = backend.copy(target, tail=tail, since=since) if len(backends) == 1 and isinstance(backend, Copies) else None
    try:
        yield parts
    finally:
        if parts is not None:
            parts.close()


class Logs:
    """The lines of a target in batches, whole: nothing is skipped, however slow the reader. A context manager.

    Cuts and what is missing after them are told on stderr.
    """

    def __init__(
        self, backends: Sequence[Looks], target: Address, *, tail: int | None, since: float | None, follow: bool
    ) -> None:
        readers = [backend for backend in backends if isinstance(backend, Reads)]
        if not readers:
            raise Stop(f"{' and '.join(backend.name for backend in backends)} keep no log of {target}")
        self._follow = follow
        self._logs = [Following(reader, target, tail=tail, since=since, follow=follow) for reader in readers]

    def __enter__(self) -> Iterator[list[LogLine]]:
        for log in self._logs:
            log.open()
        if len(self._logs) == 1:
            return map(_told, self._logs[0])
        return map(_told, self._as_they_come()) if self._follow else self._in_order()

    def __exit__(self, *_: object) -> None:
        for log in self._logs:
            log.close()

    def _in_order(self) -> Iterator[list[LogLine]]:
        flat = [(line for piece in log for line in piece.lines) for log in self._logs]
        return ([line] for line in heapq.merge(*flat, key=itemgetter(0)))

    def _as_they_come(self) -> Iterator[Piece]:
        pieces: queue.Queue[Piece | ProviderError | None] = queue.Queue(AHEAD)
        for log in self._logs:
            threading.Thread(target=_pump, args=(log, pieces), daemon=True).start()
        left = len(self._logs)
        while left:
            piece = pieces.get()
            if isinstance(piece, ProviderError):
                raise piece
            if piece is None:
                left -= 1
            else:
                yield piece


def _pump(log: Following, pieces: queue.Queue[Piece | ProviderError | None]) -> None:
    try:
        for piece in log:
            pieces.put(piece)
        pieces.put(None)
    except ProviderError as error:
        pieces.put(error)


def _told(piece: Piece) -> list[LogLine]:
    if piece.failure is not None:
        say(f"— the log was cut off: {piece.failure} —")
    if piece.gap:
        say(f"— {piece.gap:.1f} s of the log are missing here —")
    return piece.lines
