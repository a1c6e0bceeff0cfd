"""What asking a provider costs, and so how often it is asked by itself: within a share of what it grants, and never
below a reserve that is kept for people."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tuienv.live.pace import Pace
    from tuienv.model import Budget

SHARE = 0.15
"""Of what comes back a second, refreshing spends so much at most: the rest is other people's, other tools' and other
screens'. Of Heroku's 4,500 an hour that is 675."""

RESERVE, PLENTY = 0.2, 0.5
"""Parts of the limit. Below the reserve nothing is asked by itself; between the two, less and less often."""

SWEEPS, NEAR, FAR = 0.25, 0.5, 0.25
"""How it is shared out: full discoveries, what somebody looks at, what else is in view."""

HOUR = 3600.0


class Spending:
    """The costs of one pair's questions, learnt by asking, and the intervals that follow. Asked by one thread, and by
    others only for intervals."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._sweep = 1.0
        self._looks: dict[str, float] = {}
        self._budget: Budget | None = None
        self._at = 0.0

    @property
    def budget(self) -> Budget | None:
        """As it was told last."""
        return self._budget

    def begin(self, budget: Budget | None, now: float) -> None:
        """A question is about to be asked; `now` by the monotonic clock."""
        self._budget, self._at = budget, now

    def end(self, environment: str, budget: Budget | None, now: float) -> None:
        """It was answered, and this is left. No `environment`: it was about everything."""
        cost = _cost(self._budget, budget, now - self._at)
        if environment:
            self._looks[environment] = cost
        else:
            self._sweep = cost
        self._budget = budget

    def rate(self) -> float:
        """Requests a second that refreshing may make now; 0 where only the reserve is left."""
        budget = self._budget
        if budget is None or not budget.limit:
            return self._pace.spend
        granted = SHARE * (budget.refill or budget.limit / HOUR)
        room = (budget.remaining - RESERVE * budget.limit) / ((PLENTY - RESERVE) * budget.limit)
        return min(self._pace.spend, granted) * max(0.0, min(1.0, room))

    def between_sweeps(self) -> float:
        """Seconds between two full discoveries."""
        return self._interval(self._pace.sweep, self._sweep, SWEEPS)

    def between_looks(self, environments: Iterable[str], *, near: bool) -> float:
        """Seconds between two looks at each of these; `near`: somebody looks at their instances."""
        cost = self._cost_of(environments)
        return self._interval(self._pace.focus, cost, NEAR) if near else self._interval(self._pace.glance, cost, FAR)

    def _interval(self, least: float, cost: float, share: float) -> float:
        rate = self.rate() * share
        return max(least, cost / rate) if rate > 0 else max(least, self._until_above(cost / share))

    def _until_above(self, cost: float) -> float:
        """Seconds until so much more than the reserve is there again, as far as can be told without asking."""
        budget = self._budget
        if budget is None:
            return 0.0
        missing = RESERVE * budget.limit - budget.remaining + cost
        return max(self._pace.sweep, missing / (budget.refill or budget.limit / HOUR))

    def _cost_of(self, environments: Iterable[str]) -> float:
        """What looking at all of these costs; at one that was never looked at, as much as at the costliest, and before
        any was, a part of what everything costs."""
        looks = dict(self._looks)  # another thread may be learning
        most = max(looks.values(), default=max(1.0, self._sweep / 4))
        return sum(looks.get(environment, most) for environment in environments)


def _cost(before: Budget | None, after: Budget | None, took: float) -> float:
    """Requests that a question cost: as the backend counts them, or as they are missing from what is left."""
    if before is None or after is None:
        return 1.0
    if before.spent is not None and after.spent is not None:
        return float(max(1, after.spent - before.spent))
    return max(1.0, before.remaining - after.remaining + round(before.refill * took))
