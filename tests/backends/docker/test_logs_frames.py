"""A log copied as it was written is what its lines are, however the bytes of both were cut."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.backends.docker.test_logs_parser import frame, parsed, stamp
from tuienv.backends.docker.logs.frames import LONGEST, SYSTEM_ERROR, Copier
from tuienv.backends.docker.logs.parser import PIECE

hostile = st.sampled_from([b"\x01\0\0\0\0\0\0\x05", b"\x02\0\0\0", b"\r", b"\x1b]0;x\x07", b"\xff\xfe", b"\0"])
pieces = st.one_of(hostile, st.binary(max_size=40)).map(lambda raw: raw.replace(b"\n", b" "))
ends = st.sampled_from([b"\n", b"\n", b"\n", b""])
"""Most frames hold a whole line; some a piece of a long one, or of one that never ends."""
frames = st.lists(st.tuples(st.sampled_from([1, 2]), pieces, ends), max_size=30)
cuts = st.lists(st.integers(0, 10_000))


def parts(data: bytes, cuts: list[int]) -> Iterator[bytes]:
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return (data[start:end] for start, end in pairwise(places))


def copied(data: bytes, cuts: list[int]) -> bytes:
    copier = Copier("shop/web/1")
    given_out = [copier.feed(part) for part in parts(data, cuts)] + [copier.finish()]
    assert all(part.endswith(b"\n") for part in given_out if part)
    return b"".join(given_out)


@given(frames, cuts)
@example([(1, b"a", b""), (2, b"b", b"\n"), (1, b"", b"\n")], [3])
def test_any_cut_of_any_frames_is_copied_as_its_lines_are_read(
    frames: list[tuple[int, bytes, bytes]], cuts: list[int]
) -> None:
    plain = b"".join(frame(stream, piece + end) for stream, piece, end in frames)
    stamped = b"".join(frame(stream, stamp(1, 1) + piece + end) for stream, piece, end in frames)
    assert copied(plain, cuts) == b"".join(line.raw + b"\n" for line in parsed(stamped, []))


@given(st.binary(max_size=400), cuts)
def test_bytes_that_are_no_log_at_all_are_no_accident(data: bytes, cuts: list[int]) -> None:
    assert isinstance(copied(data, cuts), bytes)


def test_a_long_line_is_whole_although_another_stream_writes_into_it() -> None:
    data = b"".join([frame(1, b"a" * PIECE), frame(2, b"between\n"), frame(1, b"a\n")])
    assert copied(data, [5, PIECE]) == b"between\n" + b"a" * (PIECE + 1) + b"\n"


def test_a_line_without_end_comes_in_bounded_parts_and_whole() -> None:
    written = b"y" * (3 * LONGEST)
    data = b"".join(frame(1, written[at : at + PIECE]) for at in range(0, len(written), PIECE))
    assert copied(data, []) == b"".join(b"y" * LONGEST + b"\n" for _ in range(3))


@pytest.mark.parametrize("data", [frame(SYSTEM_ERROR, b"\x1b[2Jbroken\n"), b"HTTP/1.1 200 OK\r\n\r\n"])
def test_what_is_no_log_ends_it_after_the_lines_before(data: bytes) -> None:
    copier = Copier("shop/web/1")
    assert copier.feed(frame(1, b"last\n") + data) == b"last\n"
    assert copier.failure is not None
    assert "\x1b" not in str(copier.failure)
    assert copier.feed(frame(1, b"more\n")) == b""
