"""What is asked of the API: every request valid against its schema, and looking around within its budget."""

from __future__ import annotations

import time

import pytest

from tests.backends.heroku.shop import NAME, Shop, app, cache, edge
from tests.contract.heroku_harness import IMAGES, KEY
from tests.heroku_platform import HerokuPlatform, Program
from tuienv.backends.heroku.backend import HerokuBackend
from tuienv.backends.heroku.thrift import Thrift
from tuienv.model import SIZES, Address, Kind, LayerSpec, Lock, Verb

HOUR = 3600

USED = {
    "account: Info",
    "add-on-attachment: Create",
    "add-on-attachment: Delete",
    "add-on-attachment: List by App",
    "add-on: Create",
    "add-on: Delete",
    "add-on: Info By App",
    "add-on: List",
    "add-on: List By App",
    "add-on: Update",
    "app-feature: Info",
    "app-feature: Update",
    "app: Create",
    "app: Delete",
    "app: Info",
    "app: List",
    "app: Update",
}


def test_every_request_is_valid_against_the_schema(platform: HerokuPlatform, shop: Shop) -> None:
    """A life from creation to teardown, with everything that can be asked for on the way."""
    database = LayerSpec("db", Kind.DATABASE, "heroku", engine="postgres", options={"heroku": {"plan": "essential-0"}})
    shop.want(edge(domains=["shop.example.com"], acm=True), database)
    shop.apply()
    shop.backend.take_lock(NAME, Lock("token", "somebody", time.time(), "to try"))
    shop.backend.drop_lock(NAME, "token")
    shop.backend.protect(NAME, True)
    shop.backend.protect(NAME, False)
    shop.want(app(image=IMAGES.better, environment={"LEVEL": "debug"}), edge(maintenance=True))
    shop.apply()
    shop.try_to(Verb.SCALE, "web", replicas=3)
    shop.try_to(Verb.RESIZE, "web", size=SIZES["medium"])
    shop.want(cache(plan="premium-0"))
    shop.apply()
    for verb in (Verb.RESTART, Verb.STOP, Verb.START):
        shop.try_to(verb, "web")
    web = Address(NAME, "web")
    shop.backend.discover()
    shop.backend.releases(web)
    shop.backend.events(web)
    list(shop.backend.logs(web, tail=5))
    shop.backend.run(web, ["true"]).close()
    shop.destroy()
    assert platform.recorder.mistakes() == []
    links = platform.recorder.links()
    names = {link.partition("(")[2].rstrip(")") for link in links}
    assert names >= USED, USED - names
    assert not any(request.link is None and request.status < 400 for request in platform.recorder.requests)


def test_a_screen_left_open_on_two_hundred_apps_spends_a_thousand_an_hour_at_most(
    platform: HerokuPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looked at as often as the screen ever does: everything each minute, one environment every five seconds."""
    with platform.world.held() as world:
        owner = world.accounts[0]
    for number in range(200):
        platform.app(f"theirs-{number}", owner, Program())
    now = [0.0]
    monkeypatch.setenv("HEROKU_HOST", platform.url)
    monkeypatch.setenv("HEROKU_API_KEY", KEY)
    backend = HerokuBackend(thrift=Thrift(clock=lambda: now[0]))
    for second in range(0, HOUR, 5):
        now[0] = float(second)
        if second % 60 == 0:
            assert len(backend.discover()) == 200
        backend.observe("theirs-7")
    backend.close()
    assert backend.client.made <= 1000
    budget = backend.budget()
    assert budget is not None
    assert 0 < budget.remaining <= budget.limit


def test_what_the_screen_looks_at_is_looked_at_often_while_it_can_be(
    platform: HerokuPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first minutes of a screen are not spared."""
    app_there = platform.app("theirs", platform.world.accounts[0], Program())
    monkeypatch.setenv("HEROKU_HOST", platform.url)
    monkeypatch.setenv("HEROKU_API_KEY", KEY)
    backend = HerokuBackend()
    backend.observe("theirs")
    with platform.world.held():
        app_there.maintenance = True
    router = next(layer for layer in backend.observe("theirs").layers if layer.kind is Kind.LOAD_BALANCER)
    backend.close()
    assert router.status.value == "stopped"


def test_a_thousand_apps_are_read_in_pages(platform: HerokuPlatform, backend: HerokuBackend) -> None:
    for number in range(1000):
        platform.app(f"theirs-{number}", platform.world.accounts[0])
    platform.recorder.clear()
    assert len(backend.discover()) == 1000
    asked = [request.path for request in platform.recorder.requests]
    assert asked.count("/apps") == 5
    assert len(asked) < 150, asked


def test_the_first_page_is_there_before_the_second_is_asked_for(
    platform: HerokuPlatform, backend: HerokuBackend
) -> None:
    for number in range(450):
        platform.app(f"theirs-{number}", platform.world.accounts[0])
    platform.recorder.clear()
    found = [len(next(backend.pages()))]
    assert [request.path for request in platform.recorder.requests].count("/apps") == 1
    assert found == [200]


def test_what_did_not_change_is_not_sent_again(platform: HerokuPlatform, backend: HerokuBackend) -> None:
    platform.app("theirs", platform.world.accounts[0])
    backend.discover()
    platform.recorder.clear()
    backend.discover()
    assert {request.status for request in platform.recorder.requests if request.path == "/apps"} == {304}
