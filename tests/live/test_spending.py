"""How often a provider is asked by itself: within what it grants, less where little is left, and never all of it."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest

from tests.live.provider import QUICK, Provider, Told, instance, layer, living, until
from tuienv.live.pace import PACE
from tuienv.live.pair import EVERYTHING
from tuienv.live.spending import RESERVE, Spending
from tuienv.model import Address, Budget, Observation, Status
from tuienv.model.state import ConnectionChanged

HOUR = 3600.0


@dataclass
class Granted:
    """A provider that counts requests, as Heroku does: so many at most, so many back a second."""

    limit: int
    refill: float
    remaining: float
    at: float = 0.0
    made: int = 0
    calls: list[float] = field(default_factory=list)

    def budget(self, now: float) -> Budget:
        self.remaining = min(self.limit, self.remaining + (now - self.at) * self.refill)
        self.at = now
        return Budget(int(self.remaining), self.limit, self.refill)

    def cost(self, requests: int, now: float) -> None:
        self.budget(now)
        self.remaining -= requests
        self.made += requests
        self.calls += [now] * requests


def left_open(granted: Granted, sweep: int, look: int, near: int, far: int, hours: float = 1.0) -> Spending:
    """A screen is left open: full discoveries cost `sweep` requests, looks at each environment in view `look`."""
    spending = Spending(PACE)
    places = {f"near-{number}": True for number in range(near)} | {f"far-{number}": False for number in range(far)}
    due: list[tuple[float, str]] = [(0.0, EVERYTHING)]

    def groups(is_near: bool) -> list[str]:
        return [name for name, nearby in places.items() if nearby is is_near]

    while due and due[0][0] < hours * HOUR:
        now, question = heapq.heappop(due)
        spending.begin(granted.budget(now), now)
        granted.cost(sweep if question == EVERYTHING else look, now)
        spending.end("" if question == EVERYTHING else question, granted.budget(now), now)
        if question == EVERYTHING:
            heapq.heappush(due, (now + spending.between_sweeps(), question))
            if len(due) == 1:
                seldom = spending.between_looks(groups(False), near=False)
                due += [(now + seldom * at / far, name) for at, name in enumerate(groups(False), 1)]
                due += [(now, name) for name in groups(True)]
                heapq.heapify(due)
        else:
            is_near = places[question]
            heapq.heappush(due, (now + spending.between_looks(groups(is_near), near=is_near), question))
    return spending


@pytest.mark.parametrize(("sweep", "look"), [(5, 3), (60, 2), (1, 1), (400, 12)])
def test_two_hundred_apps_left_open_cost_a_thousand_requests_an_hour_at_the_most(sweep: int, look: int) -> None:
    heroku = Granted(4500, 1.25, 4500)
    left_open(heroku, sweep, look, near=1, far=49)
    assert heroku.made <= 1000, f"{heroku.made} requests in an hour"
    assert heroku.made > 50, "it hardly ever looks"


def test_a_provider_of_many_calls_is_asked_less_than_once_a_second() -> None:
    aws = Granted(1500, 20.0, 1500)
    left_open(aws, sweep=40, look=8, near=1, far=30)
    settled = [at for at in aws.calls if at > 300]
    assert len(settled) <= HOUR - 300, f"{len(settled) / (HOUR - 300):.2f} calls a second"


def test_what_somebody_looks_at_is_asked_for_more_often_than_what_is_merely_in_view() -> None:
    heroku = Granted(4500, 1.25, 4500)
    spending = left_open(heroku, sweep=5, look=3, near=1, far=49)
    near = spending.between_looks(["near-0"], near=True)
    far = spending.between_looks([f"far-{number}" for number in range(49)], near=False)
    assert near < far / 10
    assert near < 60


@pytest.mark.parametrize("left", [4500, 2250, 1500, 1000])
def test_the_less_is_left_the_less_is_spent(left: int) -> None:
    spending, fuller = Spending(PACE), Spending(PACE)
    spending.begin(Budget(left, 4500, 1.25), 0.0)
    fuller.begin(Budget(min(4500, left + 600), 4500, 1.25), 0.0)
    assert spending.rate() <= fuller.rate()
    assert spending.between_sweeps() >= fuller.between_sweeps()


def test_the_reserve_is_for_people() -> None:
    for start in (1000, 850):
        heroku = Granted(4500, 1.25, start)
        least = []
        spend = heroku.cost

        def cost(requests: int, now: float) -> None:
            spend(requests, now)  # noqa: B023 - called within this turn of the loop
            least.append(heroku.remaining)  # noqa: B023

        heroku.cost = cost  # type: ignore[method-assign]  # watched by the test
        left_open(heroku, sweep=5, look=3, near=1, far=49)
        assert min(least[1:]) >= min(start, RESERVE * 4500) - 10, "the first looks alone may come out of it"


def test_where_nothing_is_counted_the_usual_pace_holds() -> None:
    spending = Spending(PACE)
    spending.begin(None, 0.0)
    spending.end("shop", None, 0.1)
    assert spending.between_looks(["shop"], near=True) == PACE.focus
    assert spending.between_sweeps() == PACE.sweep


def test_what_a_question_costs_is_told_by_the_count_or_by_what_is_missing() -> None:
    spending = Spending(replace(PACE, focus=0.0, spend=1.0))
    spending.begin(Budget(100, 100, 100.0, spent=10), 0.0)
    spending.end("shop", Budget(100, 100, 100.0, spent=30), 1.0)
    assert spending.between_looks(["shop"], near=True) == 40.0, "20 requests, at half a request a second"
    spending.begin(Budget(90, 100, 1.0), 0.0)
    spending.end("shop", Budget(88, 100, 1.0), 4.0)
    assert spending._looks["shop"] == 6.0, "2 are missing although 4 came back"


class Counting(Provider):
    """Counts what it is asked, and tells what is left."""

    def __init__(self) -> None:
        super().__init__()
        self.left = Budget(4000, 4500, 1e6, spent=0)

    def budget(self) -> Budget:
        return self.left


def test_what_is_left_is_told_and_below_the_reserve_nothing_is_asked() -> None:
    provider, told = Counting(), Told()
    provider.environments["shop"] = (layer("web", instance("1")),)
    with living(provider, told=told, pace=replace(QUICK, sweep=0.01)) as live:
        told.wait(lambda: any(notice.budget == provider.left for notice in told.of(ConnectionChanged)))
        live.focus([Address("shop", "web", "1")])
        until(lambda: provider.calls["observe"] > 2)
        provider.left = Budget(800, 4500, 0.001, spent=0)
        told.wait(lambda: any(notice.budget == provider.left for notice in told.of(ConnectionChanged)))
        asked = provider.calls.copy()
        live.focus([Address("shop"), Address("shop", "web", "1")])
        live.refresh()  # a person may still ask
        until(lambda: provider.calls["discover"] == asked["discover"] + 1)
    more = provider.calls - asked
    assert more["discover"] == 1
    assert more["observe"] <= 2, "it went on looking by itself although only the reserve is left"


class Paged(Provider):
    """Lists in pages, of which each waits to be let through."""

    def pages(self) -> Iterator[list[Observation]]:
        for observation in self.discover():
            self._called("page")
            yield [observation]


def test_a_long_listing_is_shown_page_by_page_and_ends_whole() -> None:
    provider, told = Paged(), Told()
    for name in ("a", "b", "c"):
        provider.environments[name] = (layer("web", instance("1")),)
    shown: list[set[str]] = []

    def hold(call: str) -> None:
        """Each page comes when the one before it is on the screen."""
        provider.calls[call] += 1
        if call == "page" and provider.calls["page"] > 1 and len(shown) < 2:
            told.wait(lambda: len(told.states) >= provider.calls["page"] - 1)
            shown.append(set(told.states))

    provider._called = hold  # type: ignore[method-assign]  # a gate of the test's own
    with living(provider, told=told, pace=replace(QUICK, coalesce=0.001)):
        told.wait(lambda: set(told.states) == {"a", "b", "c"})
    assert shown == [{"a"}, {"a", "b"}]


def test_what_a_listing_does_not_tell_is_looked_at_soon_when_it_comes_into_view() -> None:
    """However seldom others are looked at that nobody is near to."""

    class Listing(Provider):
        """Names what there is, and tells how it is when asked for it."""

        def discover(self) -> list[Observation]:
            return [replace(seen, layers=(layer("web", status=Status.UNKNOWN),)) for seen in super().discover()]

    provider, told = Listing(), Told()
    for number in range(5):
        provider.environments[f"shop-{number}"] = (layer("web", instance("1")),)
    with living(provider, told=told, pace=replace(QUICK, glance=3600)) as live:
        told.wait(lambda: len(told.states) == 5)
        live.focus([Address(f"shop-{number}") for number in range(4)])
        told.wait(
            lambda: (
                [state.status for _, state in sorted(told.states.items())] == [Status.RUNNING] * 4 + [Status.UNKNOWN]
            )
        )
