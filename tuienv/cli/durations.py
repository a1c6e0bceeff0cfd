"""Points in time as people type them."""

from __future__ import annotations

import re
import time
from datetime import datetime

import click

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_PART = re.compile(r"(\d{1,9})([smhdw])")
_DURATION = re.compile(rf"(?:{_PART.pattern})+")


class Since(click.ParamType[float]):
    """``10m``, ``1h30m``, ``2d``: so long ago; or an ISO 8601 time, local unless it names its zone."""

    name = "since"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        text = str(value)
        if _DURATION.fullmatch(text):
            return time.time() - sum(int(count) * _UNITS[unit] for count, unit in _PART.findall(text))
        try:
            return datetime.fromisoformat(text).timestamp()
        except (ValueError, OverflowError):
            self.fail(f"{text!r} is no time: write 10m, 2h, 3d, or 2026-11-23T08:00:00Z", param, ctx)


SINCE = Since()
