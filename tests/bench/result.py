"""What a measurement comes to: a number of ours, one to hold it against, and the goal."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Result:
    """`value` in `unit`; `against` names what it is divided by (``bare Textual 0.21 s``), empty for absolute goals.

    `goal`: the most that `value` (or the ratio, where there is one) may be.
    """

    topic: str
    what: str
    value: float
    unit: str
    goal: float
    against: str = ""
    base: float | None = None

    @property
    def measured(self) -> float:
        """What the goal speaks of: the ratio if there is one, else the value."""
        return self.value / self.base if self.base else self.value

    @property
    def kept(self) -> bool:
        return self.measured <= self.goal


@dataclass(frozen=True, slots=True)
class NotMeasured:
    """What could not be measured, and why: told at the end, never passed over."""

    topic: str
    what: str
    why: str


Finding = Result | NotMeasured


def median_of(times: int, measure: Callable[[], float]) -> float:
    """The median of several runs; one is a matter of luck on a machine that does other things too."""
    return statistics.median(measure() for _ in range(times))


def percentile(values: Iterable[float], share: float) -> float:
    """The value below which that share of them lies (0.95, 0.99)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
