"""Add-ons: they take time to come and to go, and are shared through attachments."""

from __future__ import annotations

import pytest

from tests.heroku_platform.asking import Asker
from tests.heroku_platform.platform import HerokuPlatform
from tests.heroku_platform.records import App, Program
from tests.heroku_platform.waiting import until


@pytest.fixture
def shop(platform: HerokuPlatform) -> App:
    return platform.app("shop", platform.world.accounts[0], Program())


@pytest.mark.parametrize(("plan", "name"), [("heroku-redis:mini", "REDIS_URL"), ("heroku-postgresql", "DATABASE_URL")])
def test_an_addon_is_provisioned_after_a_while(shop: App, ask: Asker, plan: str, name: str) -> None:
    made = ask.ok("POST", "/apps/shop/addons", {"plan": plan})
    assert (made["state"], made["config_vars"]) == ("provisioning", [name])
    assert ask.ok("GET", "/apps/shop/config-vars") == {}
    until(lambda: ask.ok("GET", f"/addons/{made['id']}")["state"] == "provisioned")
    assert list(ask.ok("GET", "/apps/shop/config-vars")) == [name]
    said = [release.description for release in shop.releases[-2:]]
    assert said == [
        f"Attach {name.removesuffix('_URL')} (@ref:{made['name']})",
        f"@ref:{made['name']} completed provisioning, setting {name}.",
    ]


def test_deleting_a_database_takes_a_while(shop: App, platform: HerokuPlatform, ask: Asker) -> None:
    made = ask.ok("POST", "/apps/shop/addons", {"plan": "heroku-postgresql:essential-0"})
    platform.skip(60)
    path = f"/apps/shop/addons/{made['id']}"
    assert ask("DELETE", path).status == 202
    assert ask.ok("GET", path)["state"] == "deprovisioning"
    until(lambda: ask("GET", path).status == 404)
    assert shop.releases[-1].description == f"Detach DATABASE (@ref:{made['name']})"
    assert ask.ok("GET", "/apps/shop/config-vars") == {}


def test_what_is_provisioned_at_once_goes_at_once(shop: App, ask: Asker) -> None:
    made = ask.ok("POST", "/apps/shop/addons", {"plan": "papertrail:choklad"})
    assert made["state"] == "provisioned"
    gone = ask("DELETE", f"/apps/shop/addons/{made['name']}")
    assert (gone.status, gone.body["state"]) == (200, "deprovisioned")
    assert ask("GET", f"/addons/{made['id']}").status == 404


def test_plans_change_within_a_tier(shop: App, platform: HerokuPlatform, ask: Asker) -> None:
    cache = ask.ok("POST", "/apps/shop/addons", {"plan": "heroku-redis:mini"})
    data = ask.ok("POST", "/apps/shop/addons", {"plan": "heroku-postgresql:essential-0"})
    path = f"/apps/shop/addons/{cache['id']}"
    assert "provisioning" in ask("PATCH", path, {"plan": "heroku-redis:premium-0"}).body["message"]
    platform.skip(60)
    changed = ask.ok("PATCH", path, {"plan": "heroku-redis:premium-0"})
    assert (changed["plan"]["name"], changed["billed_price"]["cents"]) == ("heroku-redis:premium-0", 1500)
    assert ask("PATCH", path, {"plan": "papertrail:fixa"}).status == 422
    assert ask("PATCH", path, {"plan": "heroku-redis:gold"}).status == 404
    path = f"/apps/shop/addons/{data['id']}"
    assert ask.ok("PATCH", path, {"plan": "heroku-postgresql:essential-1"})["billed_price"]["cents"] == 900
    assert "data must be moved" in ask("PATCH", path, {"plan": "heroku-postgresql:standard-0"}).body["message"]


def test_an_addon_is_shared_by_attaching_it(shop: App, platform: HerokuPlatform, ask: Asker) -> None:
    other = platform.app("other", platform.world.accounts[0])
    made = ask.ok(
        "POST",
        "/apps/shop/addons",
        {"plan": "heroku-redis:mini", "name": "shop-cache", "attachment": {"name": "CACHE"}},
    )
    platform.skip(60)
    link = ask.ok("POST", "/addon-attachments", {"addon": "shop-cache", "app": "other", "name": "STORE"})
    assert ask.ok("GET", "/apps/other/config-vars")["STORE_URL"] == ask.ok("GET", "/apps/shop/config-vars")["CACHE_URL"]
    assert other.releases[-1].description == "Attach STORE (@ref:shop-cache)"
    assert {row["app"]["name"] for row in ask.ok("GET", f"/addons/{made['id']}/addon-attachments")} == {"shop", "other"}
    assert "other" in ask("DELETE", "/apps/shop/addons/shop-cache").body["message"]
    again = {"addon": "shop-cache", "app": "other", "name": "STORE"}
    refused = ask("POST", "/addon-attachments", again)
    assert (refused.status, refused.headers["X-Confirmation-Required"]) == (423, "other")
    link = ask.ok("POST", "/addon-attachments", {**again, "confirm": "other"})
    ask.ok("DELETE", f"/addon-attachments/{link['id']}")
    assert ask.ok("GET", "/apps/other/config-vars") == {}
    assert ask("DELETE", "/apps/shop/addons/shop-cache").status == 202


def test_names_are_resolved(shop: App, ask: Asker) -> None:
    made = ask.ok("POST", "/apps/shop/addons", {"plan": "heroku-redis:mini"})
    for name in (made["name"], "heroku-redis", "REDIS"):
        assert [row["id"] for row in ask.ok("POST", "/actions/addons/resolve", {"addon": name, "app": "shop"})] == [
            made["id"]
        ]
    assert ask("POST", "/actions/addons/resolve", {"addon": "nothing"}).status == 404
    rows = ask.ok("POST", "/actions/addon-attachments/resolve", {"addon_attachment": "REDIS", "app": "shop"})
    assert [row["addon"]["id"] for row in rows] == [made["id"]]


def test_a_second_database_has_a_coloured_name(shop: App, ask: Asker) -> None:
    ask.ok("POST", "/apps/shop/addons", {"plan": "heroku-postgresql:essential-0"})
    second = ask.ok("POST", "/apps/shop/addons", {"plan": "heroku-postgresql:essential-0"})
    assert second["config_vars"] == ["HEROKU_POSTGRESQL_AMBER_URL"]
    assert ask("POST", "/apps/shop/addons", {"plan": "nothing:here"}).status == 404
    assert ask("POST", "/apps/shop/addons", {"plan": "heroku-redis:mini", "name": second["name"]}).status == 422
