"""Several logs as one, in the order of time, within bounded memory.

A log that is read to its end holds the others back until it has passed them, so the order is exact. A log that is
followed can fall silent at any moment; it holds the others back only while it is talking.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, field
from operator import itemgetter

from tuienv.model import LogLine

_time_of = itemgetter(0)


@dataclass(slots=True)
class Track:
    """The part of one log that was read and not yet given out. `size`: its bytes, about. `reached`: the time of the
    newest line ever read of it. `heard`: when it said anything last."""

    heard: float
    lines: list[LogLine] = field(default_factory=list)
    size: int = 0
    reached: float = -math.inf
    ended: bool = False

    def add(self, lines: list[LogLine], size: int, now: float) -> None:
        self.heard = now
        self.size += size
        if lines:
            self.lines += lines
            self.reached = max(self.reached, lines[-1].time)

    def cut(self, until: float) -> list[LogLine]:
        """Take out the lines up to that time."""
        if until >= self.reached:
            taken, self.lines, self.size = self.lines, [], 0
            return taken
        count = bisect_right(self.lines, until, key=_time_of)
        if not count:
            return []
        taken, self.lines = self.lines[:count], self.lines[count:]
        self.size = self.size * len(self.lines) // (len(self.lines) + count)
        return taken


class Merge:
    """The tracks of several logs. `patience`: seconds for which a silent log holds the others back; infinite where
    every log has an end."""

    def __init__(self, patience: float = math.inf) -> None:
        self._patience = patience
        self._tracks: list[Track] = []

    def track(self, now: float) -> Track:
        """A log more."""
        track = Track(now)
        self._tracks.append(track)
        return track

    def take(self, now: float) -> list[LogLine]:
        """What can be given out now, oldest first."""
        if len(self._tracks) == 1:
            return self._tracks[0].cut(math.inf)
        until = min((track.reached for track in self._tracks if self._is_talking(track, now)), default=math.inf)
        parts = [part for track in self._tracks if (part := track.cut(until))]
        self._tracks = [track for track in self._tracks if track.lines or not track.ended]
        if len(parts) == 1:
            return parts[0]
        lines = [line for part in parts for line in part]
        lines.sort(key=_time_of)
        return lines

    def due(self, now: float) -> float | None:
        """Seconds until time alone lets more be given out; None if it never does."""
        if math.isinf(self._patience) or not any(track.lines for track in self._tracks):
            return None
        talking = [track.heard for track in self._tracks if self._is_talking(track, now)]
        return max(0.0, min(talking) + self._patience - now) if talking else 0.0

    def _is_talking(self, track: Track, now: float) -> bool:
        return not track.ended and now - track.heard < self._patience
