"""The official CLI against the double: what it says, and that what it does is done."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.heroku_platform.asking import Asker
from tests.heroku_platform.cli import HerokuCli
from tests.heroku_platform.platform import HerokuPlatform
from tests.heroku_platform.records import Program


@pytest.fixture
def heroku(heroku_cli: HerokuCli, platform: HerokuPlatform, ask: Asker) -> HerokuCli:
    platform.app("shop", platform.world.accounts[0], Program())
    ask.ok("PATCH", "/apps/shop/formation", {"updates": [{"type": "web", "dyno_size": {"name": "Standard-1X"}}]})
    ask.ok("POST", "/apps/shop/addons", {"plan": "heroku-redis:mini", "name": "shop-cache"})
    platform.skip(60)
    return heroku_cli.at(platform.url)


def test_the_cli_sees_what_there_is(heroku: HerokuCli, ask: Asker) -> None:
    ask.ok("POST", "/pipelines", {"name": "shop-line"})
    looks = {
        "apps": (), "ps": ("--app", "shop"), "config": ("--app", "shop"), "releases": ("--app", "shop"),
        "addons": ("--app", "shop"), "domains": ("--app", "shop"), "pipelines": (),
    }  # fmt: skip
    with ThreadPoolExecutor(3) as pool:
        said = dict(zip(looks, pool.map(lambda command: heroku.json(command, *looks[command]), looks), strict=True))
    assert [app["name"] for app in said["apps"]] == ["shop"]
    assert [(dyno["name"], dyno["state"], dyno["size"]) for dyno in said["ps"]] == [("web.1", "up", "Standard-1X")]
    assert list(said["config"]) == ["REDIS_URL"]
    assert [release["version"] for release in said["releases"]] == [5, 4, 3, 2, 1]
    assert [(addon["name"], addon["state"]) for addon in said["addons"]] == [("shop-cache", "provisioned")]
    assert [domain["hostname"][:5] for domain in said["domains"]] == ["shop-"]
    assert [pipeline["name"] for pipeline in said["pipelines"]] == ["shop-line"]


def test_the_cli_changes_what_there_is(heroku: HerokuCli, platform: HerokuPlatform) -> None:
    app = next(iter(platform.world.apps.values()))
    assert "now running web at 3:Standard-1X" in heroku.run("ps:scale", "web=3", "--app", "shop").errors
    heroku.ok("config:set", "COLOUR=green", "--app", "shop")
    heroku.ok("maintenance:on", "--app", "shop")
    assert (len(app.dynos), app.config, app.maintenance) == (3, {"COLOUR": "green"}, True)
    assert app.releases[-1].description == "Set COLOUR config vars"
    log = heroku.ok("logs", "--app", "shop", "--num", "1500")
    assert "app[api]: Set COLOUR config vars by user user@example.com" in log
    assert "heroku[web.3]: Starting process with command `python -m shop`" in log
    heroku.ok("addons:destroy", "shop-cache", "--app", "shop", "--confirm", "shop")
    heroku.ok("rollback", "v3", "--app", "shop")
    assert app.config == {}


def test_a_key_that_does_not_sign_in_is_told(heroku: HerokuCli) -> None:
    ran = heroku.at(heroku.url, "another-key").run("apps")
    assert ran.status != 0
    assert "invalid" in ran.errors.lower()
