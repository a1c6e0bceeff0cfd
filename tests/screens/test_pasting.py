"""Pastes are text, whatever is in them and however they arrive."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from textual.events import Key, Paste

from tuienv.screens.pasting import BEGIN, END, PasteSafeParser

HOSTILE = "shop\x1b]52;c;aGk=\x07R\x1b[31m+\r\x1bc"


def told(*data: str) -> tuple[list[str], list[str]]:
    """The keys and the pastes that come of what a terminal sends."""
    parser = PasteSafeParser(False)
    events = [event for each in data for event in parser.feed(each)]
    keys = [event.key for event in events if isinstance(event, Key)]
    return keys, [event.text for event in events if isinstance(event, Paste)]


def test_nothing_in_a_paste_is_a_key() -> None:
    keys, pastes = told(f"j{BEGIN}{HOSTILE}{END}k")
    assert keys == ["j", "k"]
    assert pastes == [HOSTILE.replace("\x1b", "")]


@given(st.sets(st.integers(1, len(HOSTILE) + 13)))
def test_nor_where_it_comes_in_pieces(cuts: set[int]) -> None:
    sent = f"j{BEGIN}{HOSTILE}{END}k"
    ends = [*sorted(cuts), len(sent)]
    pieces = [sent[start:end] for start, end in zip([0, *ends], ends, strict=False) if start < end]
    keys, pastes = told(*pieces)
    assert keys == ["j", "k"]
    assert pastes == [HOSTILE.replace("\x1b", "")]


def test_keys_with_escapes_are_as_they_were() -> None:
    assert told("\x1b[A\x1bOP", "\x1b[", "B")[0] == ["up", "f1", "down"]
