"""Several logs as one, by time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tuienv.backends.docker.logs.merge import Merge
from tuienv.model import LogLine

logs = st.lists(st.lists(st.integers(0, 50), max_size=20).map(sorted), min_size=1, max_size=5)


def lines_of(source: int, times: list[int]) -> list[LogLine]:
    return [LogLine(float(time), str(source), b"") for time in times]


@given(logs, st.randoms(use_true_random=False))
def test_finished_logs_come_in_exact_order_however_they_are_read(logs: list[list[int]], random: object) -> None:
    merge = Merge()
    tracks = [merge.track(0.0) for _ in logs]
    left = [lines_of(source, times) for source, times in enumerate(logs)]
    given_out: list[LogLine] = []
    while any(not track.ended for track in tracks):
        source = random.choice([place for place, track in enumerate(tracks) if not track.ended])  # type: ignore[attr-defined]  # Hypothesis' own Random
        part, left[source] = left[source][:3], left[source][3:]
        tracks[source].add(part, 10, 0.0)
        tracks[source].ended = not left[source]
        given_out += merge.take(0.0)
    given_out += merge.take(0.0)
    assert [line.time for line in given_out] == sorted(time for times in logs for time in times)
    assert len(given_out) == sum(map(len, logs))


def test_a_silent_log_holds_the_others_back_only_for_a_moment() -> None:
    merge = Merge(patience=0.1)
    talking, silent = merge.track(0.0), merge.track(0.0)
    silent.add(lines_of(1, [1]), 1, 0.0)
    talking.add(lines_of(0, [2, 3]), 1, 0.05)
    assert [line.time for line in merge.take(0.05)] == [1.0]
    assert merge.due(0.05) is not None
    talking.add([], 0, 0.12)
    assert [line.time for line in merge.take(0.12)] == [2.0, 3.0]


def test_one_log_alone_waits_for_nobody() -> None:
    merge = Merge(patience=0.1)
    merge.track(0.0).add(lines_of(0, [1]), 1, 0.0)
    assert len(merge.take(0.0)) == 1
