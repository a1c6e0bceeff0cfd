"""How things are said on the screen: glyphs, ages, amounts, prices."""

from __future__ import annotations

from collections.abc import Iterable

from tuienv.model import MIB, Action, Change, Failure, Kind, Lock, Plan, Size, Status
from tuienv.model.state import LayerState
from tuienv.text import plain

GLYPHS = {
    Status.RUNNING: "●",
    Status.STARTING: "◔",
    Status.DEGRADED: "◐",
    Status.STOPPED: "○",
    Status.FAILED: "✗",
    Status.DELETING: "◌",
    Status.ABSENT: "∅",
    Status.UNKNOWN: "?",
}
"""Each status has a shape of its own, so that it reads without colour."""

KINDS = {
    Kind.LOAD_BALANCER: "load balancer",
    Kind.APP: "app",
    Kind.CACHE: "cache",
    Kind.DATABASE: "database",
}

SIGNS = {
    Action.CREATE: "+",
    Action.DELETE: "-",
    Action.UPDATE: "~",
    Action.SCALE: "±",
    Action.RESIZE: "↕",
    Action.ROLLBACK: "↶",
}
"""What a change is, in the sign that Terraform and diff use for it where they have one; others get `•`."""

_UNITS = ((1024**4, "TB"), (1024**3, "GB"), (1024**2, "MB"), (1024, "kB"))


def age(seconds: float) -> str:
    """A span of time in its largest unit: ``8 s``, ``3 m``, ``4 h``, ``12 d``."""
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{int(max(0.0, seconds))} s"


def left(seconds: float) -> str:
    """How long credentials still last: ``52 min``, ``3 h``, ``40 s``; ``expired``."""
    if seconds <= 0:
        return "expired"
    for unit, size, from_ in (("d", 86400, 2 * 86400), ("h", 3600, 2 * 3600), ("min", 60, 60)):
        if seconds >= from_:
            return f"{int(seconds // size)} {unit}"
    return f"{int(seconds)} s"


def amount(count: float | None) -> str:
    """Bytes for people: ``84 MB``, ``1.2 GB``. Empty where nothing is known."""
    if count is None:
        return ""
    for size, unit in _UNITS:
        if count >= size:
            value = count / size
            return f"{value:.1f} {unit}" if value < 10 and size > MIB else f"{value:.0f} {unit}"
    return f"{count:.0f} B"


def percent(cores: float | None) -> str:
    """CPU as the share of one core: ``12 %``. Empty where nothing is known."""
    return "" if cores is None else f"{cores * 100:.0f} %"


def money(monthly: float | None) -> str:
    """A price a month. Empty where nobody tells one: that may be free, and may be not."""
    return "" if monthly is None else f"${monthly:,.2f} a month"


def size_numbers(size: Size) -> str:
    """What a size has: ``0.5 cpu, 512 MB``."""
    parts = [] if size.cpu is None else [f"{size.cpu:g} cpu"]
    if size.memory is not None:
        parts.append(amount(size.memory))
    return ", ".join(parts)


def image_name(image: str) -> str:
    """The last part of an image's name, with its tag: ``registry.example.com/shop:1.4`` is ``shop:1.4``."""
    return plain(image).partition("@")[0].rpartition("/")[2]


def kind_words(state: LayerState) -> str:
    """What a layer is, in a word or two: its engine where that says more than its kind."""
    engine = image_name(state.image).partition(":")[0]
    if state.kind in (Kind.CACHE, Kind.DATABASE) and engine:
        return engine
    return KINDS[state.kind]


def locked(lock: Lock, now: float) -> str:
    """``locked by ada@laptop for 3 m: migrating``."""
    why = f": {lock.why}" if lock.why else ""
    return f"locked by {lock.holder} for {age(now - lock.since)}{why}"


def count_of(number: int, word: str) -> str:
    """``1 change``, ``2 changes``."""
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def failure_lines(failure: Failure) -> tuple[str, str]:
    """What happened, and what to do about it."""
    return plain(f"{failure.tried} {failure.target}: {failure.said}".strip()), plain(failure.remedy)


def place_of(change: Change, plan: Plan) -> str:
    """Where a change is made, if the plan's are made in several places."""
    places = {(each.backend, each.profile) for each in plan.changes}
    return plain(f"{change.backend} {change.profile}".strip()) + "  " if len(places) > 1 else ""
