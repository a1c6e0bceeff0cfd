"""What CloudWatch tells of a line: whatever was written is a line, given once."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tuienv.backends.aws.logs.places import Place
from tuienv.backends.aws.logs.reading import Given, lines_in, milliseconds
from tuienv.model import LogLine

ANY = Place("group", "", lambda name: "shop/web/1" if name == "mine" else "")
EVENTS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "logStreamName": st.sampled_from(["mine", "other"]),
            "timestamp": st.integers(0, 2**45),
            "message": st.text("ab\r\n\x1b\udc80é", max_size=20),
        },
    )
)


@given(EVENTS)
def test_lines_are_lines_whatever_was_written(events: list[dict[str, Any]]) -> None:
    lines = lines_in(events, ANY)
    assert all(b"\n" not in line.raw and line.source == "shop/web/1" for line in lines)
    assert len(lines) >= sum(event.get("logStreamName") == "mine" for event in events)


@given(st.integers(0, 2**43))
def test_a_time_of_a_line_asks_for_that_line_again(at: int) -> None:
    (line,) = lines_in([{"logStreamName": "mine", "timestamp": at, "message": "x"}], ANY)
    assert milliseconds(line.time) == at


@given(st.lists(st.tuples(st.integers(0, 5), st.binary(max_size=1))), st.data())
def test_what_was_given_is_not_given_again_and_nothing_else_is_kept_back(
    told: list[tuple[int, bytes]], data: st.DataObject
) -> None:
    lines = [LogLine(float(time), "shop/web/1", raw) for time, raw in told]
    before = data.draw(st.sets(st.integers(0, max(0, len(lines) - 1)))) if lines else set()
    given = Given()
    given.add(line for number, line in enumerate(lines) if number in before)
    fresh = given.fresh(lines)
    assert sorted(fresh) == sorted(line for number, line in enumerate(lines) if number not in before)
