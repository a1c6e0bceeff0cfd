"""All of an environment stands in the region that its file says, and nothing is moved."""

from __future__ import annotations

from dataclasses import replace

from tests.backends.heroku.shop import Shop, app, cache
from tests.heroku_platform import HerokuPlatform
from tuienv.model import Verb


def in_region(shop: Shop, region: str) -> None:
    """As a file that says it once, for all of the environment."""
    said = {"region": region}
    every = (replace(one, options={"heroku": {**one.options.get("heroku", {}), **said}}) for one in shop.spec.layers)
    shop.spec = replace(shop.spec, layers=tuple(every), options={"heroku": said})


def test_all_of_an_environment_stands_where_its_file_says(platform: HerokuPlatform, shop: Shop) -> None:
    in_region(shop, "eu")
    shop.apply()
    assert (shop.app().region, shop.app("").region) == ("eu", "eu")
    assert not shop.plan().changes


def test_an_app_that_comes_later_stands_beside_the_others(shop: Shop) -> None:
    in_region(shop, "eu")
    shop.apply()
    shop.want(app(name="late", environment={}))
    shop.apply()
    assert shop.app("late").region == "eu"


def test_what_stands_elsewhere_is_not_moved(shop: Shop) -> None:
    shop.apply()
    before = shop.app().id
    in_region(shop, "eu")
    plan = shop.plan()
    assert not plan.changes
    for layer in shop.spec.layers:
        (sentence,) = [one for one in plan.left_alone if one.startswith(f"{layer.name}: ")]
        assert "is in us, and Heroku moves no app to eu" in sentence
    shop.try_to(Verb.APPLY)
    assert shop.app().id == before


def test_what_stands_elsewhere_is_not_moved_by_one_that_has_not_looked(platform: HerokuPlatform, shop: Shop) -> None:
    """The plan knows of the region from what it observed; where that is silent, making the layer refuses it."""
    shop.apply()
    in_region(shop, "eu")
    shop.want(app(environment={"LEVEL": "debug"}, options={"heroku": {"region": "eu"}}))
    plain = shop.backend.objections
    shop.backend.objections = lambda spec, profile: {}  # type: ignore[method-assign]  # as if nothing was known
    outcome = shop.try_to(Verb.APPLY)
    shop.backend.objections = plain  # type: ignore[method-assign]
    assert not outcome.ok
    assert "is in us, and Heroku moves no app to eu" in str(outcome)


def test_a_region_that_is_none_is_told_by_the_plan(shop: Shop) -> None:
    in_region(shop, "mars")
    plan = shop.plan()
    assert not [change for change in plan.changes if change.address.layer]
    assert "Heroku has no region mars. It has: eu, us" in plan.left_alone[0]


def test_the_regions_cost_a_request_a_day_and_no_plan_another(platform: HerokuPlatform, shop: Shop) -> None:
    in_region(shop, "eu")
    shop.apply()
    for _ in range(3):
        shop.plan()
    assert [one.path for one in platform.recorder.requests].count("/regions") == 1


def test_a_layer_in_a_region_of_its_own_is_told_by_the_plan(shop: Shop) -> None:
    shop.want(cache(region="eu"))
    sentence = shop.plan().left_alone[0]
    assert sentence.startswith("cache: ")
    assert "in eu, and its environment in the region that Heroku chooses" in sentence
