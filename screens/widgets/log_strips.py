"""How one entry of a log is drawn. Made only for what is seen."""

from __future__ import annotations

from bisect import insort
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from itertools import pairwise

from rich.ansi import AnsiDecoder
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from rich.text import Span, Text
from textual.strip import Strip

from tuienv.model import LogLine
from tuienv.screens.sources import colour_of
from tuienv.screens.widgets.log_buffer import Entry, Marker
from tuienv.screens.widgets.log_pattern import Pattern
from tuienv.text import log_line, plain

TAB = 4096
"""Characters of a line that are shown; a longer one ends in "…"."""

_WIDEST_SOURCE = 24


@dataclass(frozen=True, slots=True)
class Look:
    """How entries are drawn now. `wrap`: the width in which they are wrapped, 0: not at all. `drop`: the part of the
    sources that all have in common, which is not shown. `source`: the width of their column, 0: no column. `base`:
    the style that everything lies on."""

    wrap: int = 0
    timestamps: bool = False
    source: int = 0
    drop: int = 0
    found: Pattern | None = None
    styles: dict[str, Style] = field(default_factory=dict)
    base: Style = field(default_factory=Style)

    @property
    def prefix(self) -> int:
        """The width of what stands before the text."""
        return (13 if self.timestamps else 0) + (self.source + 3 if self.source else 0)

    def style(self, name: str) -> Style:
        return self.base + self.styles[name] if name in self.styles else self.base


def source_column(sources: list[str]) -> tuple[int, int]:
    """The width of the column for these sources, and how many characters at their start they have in common."""
    if len(sources) < 2:
        return 0, 0
    common = sources[0].count("/")
    while any(source.split("/")[:common] != sources[0].split("/")[:common] for source in sources):
        common -= 1
    drop = len("/".join(sources[0].split("/")[:common])) + 1 if common else 0
    return min(_WIDEST_SOURCE, max(cell_len(plain(source)[drop:]) for source in sources)), drop


def height_of(entry: Entry, look: Look) -> int:
    """How many rows an entry takes when it is wrapped."""
    if isinstance(entry, Marker):
        return 1
    room = max(1, look.wrap - look.prefix)
    raw = entry.raw
    if len(raw) <= TAB and raw.isascii() and raw.decode("ascii").isprintable():
        cells = len(raw)
    else:
        cells = cell_len(_text(raw).plain)
    return max(1, -(-cells // room))


def strips_of(entry: Entry, look: Look) -> list[Strip]:
    """The rows of an entry: one, as wide as its text; or several, when wrapped."""
    if isinstance(entry, Marker):
        return [Strip([Segment(f"— {plain(entry.text)} —", look.style("marker"))])]
    prefix, body = _prefix(entry, look), _body(entry.raw, look)
    if not look.wrap:
        return [Strip([*prefix, *body])]
    whole = Strip(body)
    room = max(1, look.wrap - look.prefix)
    cuts = [*range(room, whole.cell_length, room), whole.cell_length]
    rows = list(whole.divide(cuts)) if whole.cell_length else [whole]
    blank = Strip([Segment(" " * look.prefix, look.base)])
    return [Strip.join([Strip(prefix) if row == 0 else blank, part]) for row, part in enumerate(rows)]


def _prefix(line: LogLine, look: Look) -> list[Segment]:
    segments = []
    if look.timestamps:
        at = datetime.fromtimestamp(line.time)  # people read their own time
        segments.append(Segment(f"{at:%H:%M:%S}.{at.microsecond // 1000:03} ", look.style("time")))
    if look.source:
        segments.append(_source(line.source, look.source, look.drop, look.base))
    return segments


@lru_cache(maxsize=256)
def _source(source: str, width: int, drop: int, base: Style) -> Segment:
    """The column that says whose line it is."""
    name = plain(source)[drop:]
    shown = name if cell_len(name) <= width else "…" + name[1 - width :]
    padding = " " * max(0, width - cell_len(shown))
    return Segment(f"{shown}{padding} │ ", base + Style(color=colour_of(source)))


def _body(raw: bytes, look: Look) -> list[Segment]:
    """The text. Nearly all lines have neither colours nor anything found in them, and many are drawn every second:
    those need none of Rich's machinery."""
    clean = log_line(raw, TAB)
    coloured = "\x1b" in clean
    if not coloured and look.found is None:
        return [Segment(clean, look.base)] if clean else []
    text = AnsiDecoder().decode_line(clean) if coloured else Text(clean)
    if look.found is not None:
        _mark(text, look.found, look.styles.get("found", Style()))
    return _segments(text, look.base)


def _text(raw: bytes) -> Text:
    clean = log_line(raw, TAB)
    return AnsiDecoder().decode_line(clean) if "\x1b" in clean else Text(clean)


def _mark(text: Text, pattern: Pattern, style: Style) -> None:
    """Show where it is found. The pattern is one on bytes, so places are counted in bytes first."""
    encoded = text.plain.encode()
    for first, end in pattern.places(encoded):
        if end > first:
            start = len(encoded[:first].decode(errors="ignore"))
            text.stylize(style, start, start + len(encoded[first:end].decode(errors="ignore")))


def _segments(text: Text, base: Style) -> list[Segment]:
    """The text's runs of one style. There may be a colour a letter, and something found in each of them: so a span is
    looked at where it begins, and as long as it lasts."""
    spans = list(enumerate(text.spans))
    bounds = sorted({0, len(text.plain), *(edge for span in text.spans for edge in (span.start, span.end))})
    waiting = deque(sorted(spans, key=lambda each: each[1].start))
    segments: list[Segment] = []
    lasting: list[tuple[int, Span]] = []
    for start, end in pairwise(bounds):
        while waiting and waiting[0][1].start <= start:
            insort(lasting, waiting.popleft())
        lasting = [each for each in lasting if each[1].end > start]
        style = base
        for _, span in lasting:
            if isinstance(span.style, Style):
                style += span.style
        segments.append(Segment(text.plain[start:end], style))
    return segments
