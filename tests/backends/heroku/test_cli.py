"""The official CLI and tuienv, pointed at the same platform: they agree after each step, and see what the other did."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.backends.heroku.shop import NAME, Shop, app, edge
from tests.contract.heroku_harness import IMAGES, KEY
from tests.heroku_platform import HerokuPlatform
from tests.heroku_platform.cli import HerokuCli
from tuienv.model import Address, Size, Verb

WEB = Address(NAME, "web")
LOOKS = ("ps", "config", "releases", "addons", "domains")


@pytest.fixture
def cli(heroku_cli: HerokuCli, platform: HerokuPlatform) -> HerokuCli:
    return heroku_cli.at(platform.url, KEY)


def ask(cli: HerokuCli, name: str) -> dict[str, Any]:
    """What the CLI says of an app, command by command, and which apps there are."""
    asked: dict[str, tuple[str, ...]] = {command: (command, "--app", name) for command in LOOKS} | {"apps": ("apps",)}
    with ThreadPoolExecutor(3) as pool:
        return dict(zip(asked, pool.map(lambda words: cli.json(*words), asked.values()), strict=True))


def agree(cli: HerokuCli, shop: Shop) -> dict[str, Any]:
    """What both say is the same; gives what the CLI says."""
    web, cache, router = shop.layer("web"), shop.layer("cache"), shop.layer("edge")
    ground = shop.app("")
    said = ask(cli, shop.app().name)
    resources = {resource.name for resource in web.resources if resource.kind == "app"}
    assert {one["name"] for one in said["apps"]} == resources | {ground.name}
    dynos = [one for one in said["ps"] if one["type"] == "web"]
    assert sorted((one["name"], one["id"]) for one in dynos) == sorted(
        (f"web.{one.name}", one.id) for one in web.instances
    )
    assert {one["size"].lower() for one in dynos} == {str(web.size) for _ in dynos}
    config = {key: value for key, value in said["config"].items() if not key.startswith("TUIENV")}
    assert config == shop.backend.config(WEB)
    releases = [(f"v{one['version']}", one["description"], one["current"]) for one in said["releases"]]
    ours = [(one.name, one.description, one.current) for one in shop.backend.releases(WEB)]
    assert releases[: len(ours)] == ours
    addons = {one["name"] for one in cli.json("addons", "--app", ground.name)}
    assert addons == {resource.name for resource in cache.resources}
    custom = {f"https://{one['hostname']}" for one in said["domains"] if one["kind"] == "custom"}
    assert custom | {web.endpoints[0]} == set(router.endpoints)
    return said


def test_both_say_the_same_after_each_step(cli: HerokuCli, shop: Shop) -> None:
    shop.want(edge(domains=["shop.example.com"]))
    shop.apply()
    said = agree(cli, shop)
    assert [one["state"] for one in said["ps"]] == ["up", "up"]
    assert said["config"]["REDIS_URL"].startswith("rediss://")
    shop.try_to(Verb.SCALE, "web", replicas=3)
    shop.try_to(Verb.CONFIGURE, "web", settings={"COLOUR": "green", "LEVEL": None})
    said = {command: cli.json(command, "--app", shop.app().name) for command in ("ps", "config")}
    assert len(said["ps"]) == len(shop.layer("web").instances) == 3
    assert {"COLOUR": "green"}.items() <= said["config"].items()
    shop.want(app(image=IMAGES.better))
    shop.apply()
    agree(cli, shop)
    shop.destroy()
    assert cli.json("apps") == []


def test_what_the_cli_changes_shows_with_the_next_look(cli: HerokuCli, shop: Shop) -> None:
    shop.apply()
    name = shop.app().name
    cli.ok("ps:scale", "web=3", "--app", name)
    assert len(shop.layer("web").instances) == 3
    cli.ok("config:set", "COLOUR=green", "LEVEL=debug", "--app", name)
    web = shop.layer("web")
    assert {one.facets["environment.COLOUR"] for one in web.instances} == {"green"}
    assert shop.backend.config(WEB)["LEVEL"] == "debug"
    plan = {str(difference) for change in shop.plan().changes for difference in change.differences}
    assert plan == {"replicas: 3 → 2", "environment.COLOUR: green → (none)", "environment.LEVEL: debug → info"}
    cli.ok("ps:resize", "web=standard-2x", "--app", name)
    assert shop.layer("web").size == Size("standard-2x", 1.0, 1024**3)
    cli.ok("maintenance:on", "--app", name)
    assert shop.layer("edge").status.value == "stopped"
    cli.ok("addons:create", "papertrail:choklad", "--app", name)
    assert "add-on" in {resource.kind for resource in shop.layer("web").resources}
    shop.apply()
    agree(cli, shop)
