"""Lines of a log, for tests."""

from __future__ import annotations

from tuienv.model import LogLine


def line(number: int, text: bytes | None = None, source: str = "shop/web/1") -> LogLine:
    return LogLine(1_800_000_000.0 + number, source, f"line {number}".encode() if text is None else text)


def lines(count: int, start: int = 0) -> tuple[LogLine, ...]:
    return tuple(line(number) for number in range(start, start + count))
