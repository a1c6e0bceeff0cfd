"""Lines of a log: which are kept and found, and how they are drawn."""

from __future__ import annotations

import gc

import pytest
from rich.style import Style

from tests.screens.logged import line, lines
from tuienv.model import LogLine
from tuienv.screens.widgets.log_buffer import Filter, LogBuffer, Marker
from tuienv.screens.widgets.log_pattern import Pattern
from tuienv.screens.widgets.log_strips import TAB, Look, height_of, source_column, strips_of

# --- what is kept -----------------------------------------------------------------------------------------------


def test_what_is_kept_is_bounded_by_lines_and_by_bytes() -> None:
    buffer = LogBuffer(lines=100, size=10_000)
    for number in range(1000):
        buffer.add([line(number)])
        assert len(buffer) <= 100
    assert buffer.at_row(buffer.rows - 1) is not None
    for number in range(50):
        buffer.add([line(number, b"x" * 1000)])
    assert sum(len(entry.raw) for entry in buffer.shown() if isinstance(entry, LogLine)) <= 11_000


def test_lines_that_are_kept_are_nothing_to_search_for_garbage() -> None:
    buffer = LogBuffer()
    buffer.add([line(number) for number in range(100)])
    before = len(gc.get_objects())
    buffer.add([Marker("between"), *(line(number) for number in range(10_000))])
    gc.collect()
    assert len(gc.get_objects()) - before < 100
    assert buffer[100] == Marker("between")
    assert buffer[101] == line(0)
    assert isinstance(buffer[101], LogLine)


@pytest.mark.parametrize("wrapped", [False, True])
def test_rows_and_entries_agree_after_lines_went_and_came(wrapped: bool) -> None:
    buffer = LogBuffer(lines=80)
    buffer.lay_out((lambda entry: 1 + len(getattr(entry, "raw", b"")) % 3) if wrapped else None)
    buffer.add(lines(300, start=100))
    buffer.add_older(lines(20, start=50))
    buffer.show_only(Filter("[02468]$"))
    starts = {buffer.row_of(place[0]) for row in range(buffer.rows) if (place := buffer.at_row(row))}
    assert len(starts) == len(list(buffer.shown()))
    for row in range(buffer.rows):
        place = buffer.at_row(row)
        assert place is not None
        assert buffer.row_of(place[0]) + place[1] == row


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("error", [b"Error 1", b"an error"]),
        ("Error", [b"Error 1"]),
        ("!error", [b"fine"]),
        ("(", []),
        ("1$", [b"Error 1"]),
    ],
)
def test_filters(text: str, shown: list[bytes]) -> None:
    buffer = LogBuffer()
    buffer.add([line(0, b"Error 1"), line(1, b"an error"), line(2, b"fine")])
    buffer.show_only(Filter(text))
    assert [entry.raw for entry in buffer.shown() if isinstance(entry, LogLine)] == shown


def test_remarks_pass_every_filter() -> None:
    buffer = LogBuffer()
    buffer.add([Marker("5 lines skipped"), line(1)])
    buffer.show_only(Filter("nothing like this"))
    assert list(buffer.shown()) == [Marker("5 lines skipped")]


def test_remarks_are_no_lines_however_many_went() -> None:
    buffer = LogBuffer(lines=80)
    for start in range(0, 400, 20):
        buffer.add([Marker("5 lines skipped"), *lines(20, start=start)])
    buffer.show_only(Filter("7$"))
    assert buffer.lines == sum(isinstance(buffer[buffer.first + at], LogLine) for at in range(len(buffer)))
    assert buffer.lines_shown == sum(isinstance(entry, LogLine) for entry in buffer.shown())
    assert len(list(buffer.shown())) > buffer.lines_shown > 0
    buffer.clear()
    assert (buffer.lines, buffer.lines_shown) == (0, 0)


def test_searching_goes_round() -> None:
    buffer = LogBuffer()
    buffer.add([line(0, b"a"), line(1, b"b"), line(2, b"a")])
    assert buffer.find(Pattern("a"), 0, 1) == 2
    assert buffer.find(Pattern("a"), 2, 1) == 0
    assert buffer.find(Pattern("a"), 0, -1) == 2
    assert buffer.find(Pattern("c"), 0, 1) is None


# --- what is drawn ----------------------------------------------------------------------------------------------

HOSTILE = [
    b"\x1b]52;c;aGVsbG8=\x07clipboard",
    b"\x1b[2J\x1b[Hcleared",
    b"[@click=app.quit]markup[/] [/x]",
    "\u202egnp.exe \u2066bidi".encode(),
    b"\xff\xfe no UTF-8 \x9b2J",
    b"\x00\x07\x08\x7f",
    b"\x1b[31mred\x1b[0m and \x1b[1;44mblue",
    b"x" * 1_000_000,
    b"progress 1%\rprogress 100%",
    "漢字".encode() * 3000,
]


@pytest.mark.parametrize("raw", HOSTILE)
@pytest.mark.parametrize("wrap", [0, 40])
def test_hostile_lines_are_drawn_as_text(raw: bytes, wrap: int) -> None:
    look = Look(wrap=wrap, timestamps=True, source=10, drop=5, found=Pattern("[a-z]+"))
    entry = line(1, raw)
    strips = strips_of(entry, look)
    text = "".join(segment.text for strip in strips for segment in strip)
    assert not any(ord(character) < 0x20 or 0x7F <= ord(character) <= 0x9F for character in text)
    assert "\u202e" not in text
    assert not any(segment.style and segment.style.meta for strip in strips for segment in strip)
    if wrap:
        assert abs(len(strips) - height_of(entry, look)) <= 1
        assert all(strip.cell_length <= wrap for strip in strips)


def test_colours_of_a_line_are_kept() -> None:
    (strip,) = strips_of(line(1, b"\x1b[31mred\x1b[0m plain"), Look())
    styles = {segment.text: segment.style for segment in strip}
    assert styles["red"] is not None
    assert styles["red"].color is not None
    assert styles["red"].color.number == 1
    assert not styles[" plain"] or styles[" plain"].color is None


def test_the_source_column_leaves_out_what_all_have_in_common() -> None:
    assert source_column(["shop/web/1"]) == (0, 0)
    assert source_column(["shop/web/1", "shop/web/2"]) == (1, len("shop/web/"))
    assert source_column(["shop/web/1", "shop/db/1"]) == (len("web/1"), len("shop/"))


@pytest.mark.parametrize("found", [None, Pattern("a|c")], ids=["colours", "and something found"])
def test_a_colour_a_letter_costs_what_the_letters_cost(found: Pattern | None) -> None:
    raw = b"".join(b"\x1b[3%dm%c" % (number % 8, b"abcd"[number % 4]) for number in range(TAB))
    looked = 0

    class Counted(Style):
        def __add__(self, other: object) -> Style:
            nonlocal looked
            looked += 1
            return Style()

    (strip,) = strips_of(line(1, raw), Look(found=found, base=Counted()))
    assert len(strip) > 500
    assert looked < 4 * len(strip)
