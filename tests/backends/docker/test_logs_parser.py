"""The engine's log streams, taken apart however they were cut."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tuienv.backends.docker.logs.frames import LONGEST
from tuienv.backends.docker.logs.parser import PIECE, LogParser
from tuienv.model import LogLine

BASE = datetime(2026, 11, 23, 8, 0, 0, tzinfo=UTC).timestamp()

written = st.binary(max_size=60).map(lambda raw: raw.replace(b"\n", b" "))
"""What a container writes: any bytes, line by line."""

streams = st.sampled_from([1, 2])
records = st.lists(st.tuples(streams, st.integers(0, 5), st.integers(0, 999_999_999), written), max_size=30)


def stamp(second: int, nanosecond: int) -> bytes:
    return f"2026-11-23T08:00:{second:02}.{nanosecond:09}Z ".encode()


def frame(stream: int, payload: bytes) -> bytes:
    return bytes([stream, 0, 0, 0]) + len(payload).to_bytes(4, "big") + payload


def parsed(data: bytes, cuts: list[int]) -> list[LogLine]:
    """What the parser makes of the data when it comes in these parts."""
    parser = LogParser("shop/web/1")
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    lines = [line for start, end in pairwise(places) for line in parser.feed(data[start:end])]
    return lines + parser.finish()


@given(records, st.lists(st.integers(0, 10_000)))
def test_any_cut_of_any_frames_gives_the_same_lines(
    records: list[tuple[int, int, int, bytes]], cuts: list[int]
) -> None:
    data = b"".join(frame(stream, stamp(second, nano) + raw + b"\n") for stream, second, nano, raw in records)
    expected = [LogLine(BASE + second + nano / 1e9, "shop/web/1", raw) for _, second, nano, raw in records]
    assert parsed(data, cuts) == expected


@given(records, st.lists(st.integers(0, 10_000)))
def test_a_terminal_has_no_frames_and_gives_the_same_lines(
    records: list[tuple[int, int, int, bytes]], cuts: list[int]
) -> None:
    data = b"".join(stamp(second, nano) + raw + b"\r\n" for _, second, nano, raw in records)
    expected = [LogLine(BASE + second + nano / 1e9, "shop/web/1", raw) for _, second, nano, raw in records]
    assert parsed(data, cuts) == expected


@given(st.binary(max_size=400), st.lists(st.integers(0, 400)))
def test_bytes_that_are_no_log_at_all_are_no_accident(data: bytes, cuts: list[int]) -> None:
    for line in parsed(data, cuts):
        assert isinstance(line.raw, bytes)


def test_long_lines_of_two_streams_are_joined_again() -> None:
    out, err = b"a" * (2 * PIECE + 5), b"\xff" * (PIECE + 1)
    data = b"".join(
        [
            frame(1, stamp(1, 1) + out[:PIECE]),
            frame(2, stamp(1, 2) + err[:PIECE]),
            frame(1, stamp(1, 3) + out[PIECE : 2 * PIECE]),
            frame(2, stamp(1, 4) + err[PIECE:] + b"\n"),
            frame(1, stamp(1, 5) + out[2 * PIECE :] + b"\n"),
        ]
    )
    assert [line.raw for line in parsed(data, [7, 20_000])] == [err, out]


def test_a_terminals_long_line_is_joined_again() -> None:
    raw = b"x" * (PIECE + 100)
    data = stamp(1, 1) + raw[:PIECE] + stamp(1, 2) + raw[PIECE:] + b"\r\n"
    assert [line.raw for line in parsed(data, [])] == [raw]


def test_a_line_without_end_comes_in_bounded_parts_and_whole() -> None:
    pieces = 3 * LONGEST // PIECE
    data = b"".join(frame(1, stamp(1, 1) + b"y" * PIECE) for _ in range(pieces))
    lines = parsed(data, [])
    assert b"".join(line.raw for line in lines) == b"y" * PIECE * pieces
    assert max(len(line.raw) for line in lines) <= LONGEST


def test_an_error_of_the_engine_ends_it_after_the_lines_before() -> None:
    parser = LogParser("shop/web/1")
    lines = parser.feed(frame(1, stamp(1, 1) + b"last\n") + frame(3, b"Error grabbing logs: \x1b[2Jbroken\n"))
    assert [line.raw for line in lines] == [b"last"]
    assert parser.failure is not None
    assert parser.failure.said.strip() == "Error grabbing logs: broken"


def test_a_time_with_an_offset_or_fewer_digits_is_read() -> None:
    data = frame(1, b"2026-11-23T10:00:00.5+02:00 a\n") + frame(1, b"2026-11-23T08:00:00Z b\n")
    assert [line.time for line in parsed(data, [])] == [BASE + 0.5, BASE]
