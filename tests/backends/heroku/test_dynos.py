"""Dynos that crashed, that are waited for, and whose size is not to change."""

from __future__ import annotations

import pytest

from tests.backends.heroku.shop import Shop
from tests.contract.heroku_harness import IMAGES
from tests.heroku_platform import HerokuPlatform, Program
from tuienv.backends.base import Invalid
from tuienv.backends.heroku.formation import formation_update
from tuienv.backends.heroku.state import AppState
from tuienv.model import Address, Status, Verb


@pytest.mark.parametrize("verb", [Verb.RESTART, Verb.START])
def test_a_layer_whose_dynos_all_crashed_is_brought_up(platform: HerokuPlatform, shop: Shop, verb: Verb) -> None:
    """One after the other: that the next is still down says nothing against the first."""
    shop.apply()
    with platform.world.held():
        for dyno in shop.app().dynos:
            dyno.state = "crashed"
    outcome = shop.try_to(verb, "web")
    assert outcome.ok, outcome
    assert shop.layer("web").status is Status.RUNNING


def test_a_dyno_that_crashes_again_is_told(platform: HerokuPlatform, shop: Shop) -> None:
    shop.apply()
    platform.image(IMAGES.good, Program(boots=False))
    ((_, failure),) = shop.try_to(Verb.RESTART, "web").failed
    assert failure.kind == "Conflict"
    assert "web.1 crashed" in failure.said


@pytest.mark.parametrize("path", [r"/releases/\d+$", "/addons/[^/]+$"])
def test_a_look_without_an_answer_ends_no_waiting(platform: HerokuPlatform, shop: Shop, path: str) -> None:
    platform.faults.add("html-503", method="GET", path=path)
    shop.apply()
    assert not [fault for fault in platform.faults.waiting() if fault.path == path], "it never struck"


def test_looks_that_never_get_an_answer_are_told(platform: HerokuPlatform, shop: Shop) -> None:
    with platform.faults.on("html-503", method="GET", path="/addons/[^/]+$"):
        ((key, failure),) = shop.try_to(Verb.APPLY).failed
    assert (key.split()[1], failure.kind, failure.said) == ("shop/cache", "Unreachable", "HTTP 503")
    shop.apply()


def test_what_runs_does_not_get_another_size_along_with_what_does_not() -> None:
    """Heroku allows no two tiers in an app: what runs beside is not resized, and billed, unasked."""
    rows = [{"type": "web", "quantity": 1, "size": "Basic"}, {"type": "worker", "quantity": 0, "size": "Basic"}]
    app = AppState({"id": "1", "name": "shop"}, formation=rows)
    at = Address("shop", "worker")
    with pytest.raises(Invalid, match="beside web, which is basic"):
        formation_update(at, app, "worker", None, "standard-1x")
    assert formation_update(at, app, "worker", 1, "") == [{"type": "worker", "quantity": 1}]
