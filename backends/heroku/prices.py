"""What Heroku sells, where and for how much: asked for once, kept for a day, and never a reason to fail."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from math import inf

from tuienv.backends.base import ProviderError
from tuienv.backends.heroku.client import Client, Row
from tuienv.backends.heroku.sizes import size_of
from tuienv.model import Kind, Size, SizeOffer

SERVICES: Mapping[Kind, str] = {Kind.CACHE: "heroku-redis", Kind.DATABASE: "heroku-postgresql"}
"""The add-on service that a layer of this kind is made of."""

DEFAULT_PLANS = {Kind.CACHE: "mini", Kind.DATABASE: "essential-0"}
"""The plan where the file names none: the cheapest that is sold."""

DAY = 86400.0
RETRY = 300.0
HOURS = 730
"""A month as hourly prices count it."""

_FACTORS = {"month": 1.0, "hour": HOURS, "day": HOURS / 24, "year": 1 / 12}


class Prices:
    """The lists of dyno sizes, plans and regions. `load` asks, four requests a day; the rest contacts nobody."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._offers: dict[Kind, tuple[SizeOffer, ...]] = {}
        self._regions: frozenset[str] = frozenset()
        self._due = 0.0

    def load(self) -> None:
        """Ask, if what is known is a day old."""
        with self._lock:
            if time.monotonic() < self._due:
                return
            self._due = time.monotonic() + RETRY
        try:
            sizes = self._client.every("/dyno-sizes", tried="list the dyno sizes of", target="Heroku")
            found = {Kind.APP: _cheapest_first(_dyno(row) for row in sizes if not row.get("private_space_only"))}
            for kind, service in SERVICES.items():
                path = f"/addon-services/{service}/plans"
                plans = self._client.every(path, tried="list the plans of", target=service)
                found[kind] = _cheapest_first(map(_plan, plans))
            regions = self._client.every("/regions", tried="list the regions of", target="Heroku")
        except ProviderError:
            return  # without prices everything else still works, and changes are shown without what they cost
        with self._lock:
            self._offers, self._due = found, time.monotonic() + DAY
            self._regions = frozenset(str(row["name"]) for row in regions if not row.get("private_capable"))

    def offers(self, kind: Kind) -> tuple[SizeOffer, ...]:
        """The sizes of a kind, the cheapest first; none before they are known."""
        return self._offers.get(kind, ())

    def regions(self) -> frozenset[str]:
        """The regions in which an app can be made outside of private spaces; none before they are known."""
        return self._regions


def monthly(price: Row | None) -> float | None:
    """US dollars a month of a price; None where none is told or it is agreed by contract."""
    if not price or price.get("contract") or not isinstance(price.get("cents"), int):
        return None
    factor = _FACTORS.get(str(price.get("unit", "month")))
    return None if factor is None else round(price["cents"] / 100 * factor, 2)


def _cheapest_first(offers: Iterable[SizeOffer]) -> tuple[SizeOffer, ...]:
    """What is sold by contract alone comes last."""
    return tuple(sorted(offers, key=lambda offer: inf if offer.monthly_cost is None else offer.monthly_cost))


def _dyno(row: Row) -> SizeOffer:
    return SizeOffer(size_of(str(row["name"])), monthly(row.get("cost")))


def _plan(row: Row) -> SizeOffer:
    return SizeOffer(Size(str(row["name"]).partition(":")[2]), monthly(row.get("price")))
