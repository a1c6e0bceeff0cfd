"""Graphs and lines keep to their cells, whatever they are given."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tuienv.model import Sample
from tuienv.screens.widgets.graph import braille, spark
from tuienv.screens.widgets.pieces import clip, cut, fit, width_of, wrap
from tuienv.screens.widgets.usage import CPU, MEMORY, NETWORK

VALUES = st.lists(st.floats(0, 1e15, allow_nan=False), max_size=300)
WIDTHS = st.integers(0, 120)


@given(VALUES, WIDTHS, st.one_of(st.none(), st.floats(0.1, 1e12)))
def test_a_sparkline_fills_its_cells(values: list[float], width: int, top: float | None) -> None:
    line = spark(values, width, top)
    assert len(line) == width
    assert set(line) <= set(" ▁▂▃▄▅▆▇█")


@given(VALUES, WIDTHS, st.integers(1, 6), st.one_of(st.none(), st.floats(0.1, 1e12)))
def test_a_braille_graph_fills_its_cells(values: list[float], width: int, height: int, top: float | None) -> None:
    rows = braille(values, width, height, top)
    assert [len(row) for row in rows] == [width] * height
    assert all(0x2800 <= ord(cell) <= 0x28FF for row in rows for cell in row)


def test_graphs_rise_with_their_values() -> None:
    assert spark([0, 1, 4, 8], 6, 8) == "  ▁▁▄█"
    assert braille([1, 2, 3, 4, 4, 4, 4, 4], 4, 1, 4) == ["⣠⣾⣿⣿"]
    assert braille([8, 8], 1, 2, 8) == ["⣿", "⣿"]
    assert braille([4, 4], 1, 2, 8) == ["⠀", "⣿"]


def test_a_limit_is_what_fills_a_graph_of_memory() -> None:
    samples = [Sample("shop/web/1", 0.0, cpu=0.01, memory=100, memory_limit=1000)]
    assert MEMORY.top(samples, [100.0]) == 1000
    assert CPU.top(samples, [0.01]) == CPU.least
    assert NETWORK.values(samples) == []


@given(st.text(), st.integers(2, 80))
def test_texts_keep_to_their_cells(text: str, width: int) -> None:
    assert cell_len(fit(text, width)) == width
    assert cell_len(cut(text, width)) <= width
    assert all(cell_len(line) <= width for line in wrap(text, width))


@given(st.lists(st.text(max_size=20).map(lambda text: cut(text, 20))), st.integers(2, 80))
def test_a_clipped_line_keeps_to_its_cells(texts: list[str], width: int) -> None:
    line = tuple((text, "dim") for text in texts)
    clipped = clip(line, width)
    assert width_of(clipped) <= width
    assert clipped == line or width_of(line) > width
