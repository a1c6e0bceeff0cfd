"""What is typed to filter and to search a log, above all what would take forever."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.screens.logged import line, lines
from tests.screens.test_log_view import Bench
from tuienv.model import LogLine
from tuienv.screens.widgets import log_pattern
from tuienv.screens.widgets.log_buffer import Entry, Filter, LogBuffer
from tuienv.screens.widgets.log_pattern import Pattern, TooSlow
from tuienv.worker.messages import LogBatch

ENDLESS = "(a|aa)+$"
"""Tries every way to part a row of a's with something else after them: 60 take longer than anybody lives."""

BAD = b"a" * 60 + b"!"


def filled(*raws: bytes) -> LogBuffer:
    buffer = LogBuffer()
    buffer.add([line(number, raw) for number, raw in enumerate(raws)])
    return buffer


def raws(buffer: LogBuffer) -> list[bytes]:
    return [entry.raw for entry in buffer.shown() if isinstance(entry, LogLine)]


@pytest.mark.parametrize("text", [ENDLESS, f"!{ENDLESS}"])
def test_a_filter_that_takes_forever_is_given_up_and_hides_nothing(text: str) -> None:
    buffer = filled(b"aaa", BAD, b"none")
    assert buffer.shows_all
    buffer.show_only(Filter(text))
    assert buffer.filter is not None
    assert buffer.filter.too_slow
    assert buffer.shows_all
    assert raws(buffer) == [b"aaa", BAD, b"none"]
    buffer.add([line(9, b"xyz"), line(10, BAD)])
    assert len(raws(buffer)) == 5


def test_all_lines_together_have_a_bounded_time_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_pattern, "ALL_LINES", 0.0)
    buffer = filled(b"aaa", b"none")
    buffer.show_only(Filter("aaa"))
    assert buffer.shows_all
    assert raws(buffer) == [b"aaa", b"none"]
    with pytest.raises(TooSlow):
        buffer.find(Pattern("aaa"), 0, 1)


@pytest.mark.parametrize("older", [False, True])
@pytest.mark.parametrize("wrapped", [False, True])
def test_a_line_that_takes_forever_brings_back_what_was_hidden(older: bool, wrapped: bool) -> None:
    def height_of(entry: Entry) -> int:
        return 2

    buffer = filled(b"aaa", b"none", b"aa")
    buffer.lay_out(height_of if wrapped else None)
    buffer.show_only(Filter(ENDLESS))
    assert raws(buffer) == [b"aaa", b"aa"]
    (buffer.add_older if older else buffer.add)([line(-1, b"b"), line(-1, BAD)])
    assert len(raws(buffer)) == 5
    assert buffer.rows == (10 if wrapped else 5)
    assert [place[1] for row in range(buffer.rows) if (place := buffer.at_row(row))] == (
        [0, 1] * 5 if wrapped else [0] * 5
    )


@pytest.mark.parametrize(
    ("text", "found", "not_found"),
    [
        ("id{e}", b"ID{E}", b"xx"),  # `regex` takes it for: with any number of mistakes
        ("(?:id){e<=1}", b"id{e<=1}", b"if"),
        ("a{2}b{1,}c{,1}$", b"aab", b"a{2}b"),
        (r"\{e}", b"{e}", b"e"),
        (r"\\{e}", b"\\{e}", b"xx"),
        ("[{e}]", b"}", b"x"),
        ("[[a]b", b"[b", b"xb"),
        ("a{", b"a{", b"a"),
        (r"\p{L}", rb"\p{L}", b"x"),
        ("(?|a|b)", b"(?|a|b)", b"a"),
        ("ä", "Zäh".encode(), b"a"),
    ],
)
def test_what_is_typed_means_what_it_means_to_python(text: str, found: bytes, not_found: bytes) -> None:
    look = Pattern(text).look()
    assert look(found)
    assert not look(not_found)


async def test_a_filter_that_takes_forever_is_said_and_can_be_typed_on(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    async with bench.run_test(size=(80, 12)) as pilot:
        await bench.open(pilot)
        bench.worker.tell(LogBatch(bench.stream, (*lines(50), line(50, BAD))))
        await pilot.pause()
        await pilot.press("slash", *ENDLESS)
        assert "filter takes too long: all lines are shown" in bench.standing()
        assert bench.pane.view.buffer.rows == 51
        await pilot.press("!")
        assert "too long" in bench.standing()
        await pilot.press("home", *["delete"] * (len(ENDLESS) + 1), *"line 7", "enter")
        assert "too long" not in bench.standing()
        assert bench.pane.view.buffer.rows == 1


async def test_the_cursor_stays_where_it_is_when_a_filter_is_given_up(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    async with bench.run_test(size=(80, 12)) as pilot:
        await bench.open(pilot)
        bench.worker.tell(LogBatch(bench.stream, lines(200)))
        await pilot.pause()
        await pilot.press("slash", *f"{ENDLESS}|line .*5$", "enter", *["k"] * 8)
        view = bench.pane.view
        (before,) = view.chosen()
        bench.worker.tell(LogBatch(bench.stream, (line(200, BAD),)))
        await pilot.pause()
        assert "all lines are shown" in bench.standing()
        assert view.chosen() == [before]
        assert before.raw.decode() in bench.screen_text()
        assert view.buffer.rows == 201


async def test_a_search_that_takes_forever_is_said_and_marks_nothing(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    async with bench.run_test(size=(80, 12)) as pilot:
        await bench.open(pilot)
        bench.worker.tell(LogBatch(bench.stream, (*lines(50), line(50, BAD), *lines(3, 51))))
        await pilot.pause()
        await pilot.press("f", *ENDLESS, "enter", "n", "N")
        assert "search takes too long: nothing is marked" in bench.standing()
        await pilot.press("f", *["backspace"] * len(ENDLESS), *"line 52", "enter")
        assert "too long" not in bench.standing()
        assert [each.raw for each in bench.pane.view.chosen()] == [b"line 52"]


async def test_a_line_that_takes_forever_when_it_comes_into_view_ends_the_search(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    async with bench.run_test(size=(80, 12)) as pilot:
        await bench.open(pilot)
        bench.worker.tell(LogBatch(bench.stream, lines(5)))
        await pilot.pause()
        await pilot.press("f", *f"{ENDLESS}|line", "enter", "G")
        assert "too long" not in bench.standing()
        bench.worker.tell(LogBatch(bench.stream, (line(50, BAD),)))
        await pilot.pause()
        bench.screen_text()
        await pilot.pause()
        assert "search takes too long: nothing is marked" in bench.standing()


def test_what_a_filter_needs_is_imported_when_one_is_typed() -> None:
    code = "import sys, tuienv.screens.logs; print(*sorted(sys.modules))"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "regex" not in ended.stdout.split()
