"""Ranges: how a long list is cut into pages, and how the next one is asked for.

A client sends ``Range: id ]LAST..; max=1000, order=desc``; ``]`` leaves the value itself out. A page that is not the
last is 206 and has ``Next-Range``, which the client sends back as it is. Pages have 200 rows, or what is asked for, at
most 1000.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.heroku_platform import errors
from tests.heroku_platform.routes import Answer, Row

DEFAULT_PAGE, LARGEST_PAGE = 200, 1000
_RANGE = re.compile(
    r"(?P<by>\w+) *(?P<open>\]?)(?P<first>[^ .;\]]*(?:\.[^ .;\]]+)*)\.\.(?P<last>[^ ;]*)(?:; *(?P<options>.*))?"
)
_MALFORMED = "Invalid `Range` header. Please use format like `id ..; max=10, order=desc`. "


@dataclass(frozen=True)
class Range:
    """Rows from `first` (itself left out when `after`) to `last`, at most `most` of them."""

    by: str
    first: str = ""
    after: bool = False
    last: str = ""
    most: int = DEFAULT_PAGE
    descending: bool = False

    def follow(self, value: str) -> str:
        """The header that asks for what comes after this value."""
        order = ", order=desc" if self.descending else ""
        return f"{self.by} ]{value}..{self.last}; max={self.most}{order}"


def read_range(header: str | None, allowed: tuple[str, ...]) -> Range:
    """The range that a header asks for. Raises 400 where it cannot be read, 416 where it may not be asked."""
    if header is None or header.startswith("bytes="):
        return Range(allowed[0])
    match = _RANGE.fullmatch(header.strip())
    if match is None:
        raise errors.bad_request(_MALFORMED)
    if match["by"] not in allowed:
        message = "Requested range order is not allowed, please try `id` or another specified in `Accept-Ranges`."
        raise errors.range_refused(message)
    options = _options(match["options"] or "")
    most = _page_size(options.get("max", str(DEFAULT_PAGE)))
    return Range(match["by"], match["first"], bool(match["open"]), match["last"], most, options.get("order") == "desc")


def _options(text: str) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in re.split(r"[,;] *", text) if pair.strip()]
    return {name.strip(): value.strip() for name, _, value in pairs}


def _page_size(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= LARGEST_PAGE:
        raise errors.range_refused(f"Requested range max must be between 1 and {LARGEST_PAGE}.")
    return int(text)


def cut(answer: Answer, header: str | None) -> Answer:
    """The page of this list that was asked for."""
    wanted = read_range(header, answer.ranges)
    rows = _within(sorted(answer.body, key=lambda row: _key(row, wanted.by), reverse=wanted.descending), wanted)
    page = rows[: wanted.most]
    headers = {**answer.headers, "Accept-Ranges": ", ".join(sorted(answer.ranges))}
    if page:
        headers["Content-Range"] = f"{wanted.by} {page[0][wanted.by]}..{page[-1][wanted.by]}"
    if len(rows) > len(page):
        headers["Next-Range"] = wanted.follow(str(page[-1][wanted.by]))
        return Answer(page, 206, headers)
    return Answer(page, answer.status, headers)


def _key(row: Row, by: str) -> tuple[int, str]:
    value = row[by]
    return (value, "") if isinstance(value, int) else (0, str(value))


def _bound(value: str, by: str, rows: list[Row]) -> tuple[int, str]:
    numbers = bool(rows) and isinstance(rows[0][by], int)
    if numbers and not value.isdecimal():
        raise errors.bad_request(_MALFORMED)
    return (int(value), "") if numbers else (0, value)


def _within(rows: list[Row], wanted: Range) -> list[Row]:
    if wanted.first:
        edge = _bound(wanted.first, wanted.by, rows)
        rows = [row for row in rows if _follows(_key(row, wanted.by), edge, wanted)]
    if wanted.last:
        edge = _bound(wanted.last, wanted.by, rows)
        rows = [
            row for row in rows if _key(row, wanted.by) == edge or (_key(row, wanted.by) < edge) != wanted.descending
        ]
    return rows


def _follows(key: tuple[int, str], edge: tuple[int, str], wanted: Range) -> bool:
    if key == edge:
        return not wanted.after
    return (key > edge) != wanted.descending
