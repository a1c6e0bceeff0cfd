"""Log sessions: what they give, how they end; and drains and webhooks, which are kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3

from tests.heroku_platform.asking import Asker
from tests.heroku_platform.platform import HerokuPlatform
from tests.heroku_platform.records import App, Program
from tests.heroku_platform.waiting import until

LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+\+00:00 (app|heroku)\[[\w.]+\]: .+")


@pytest.fixture
def shop(platform: HerokuPlatform) -> App:
    app = platform.app("shop", platform.world.accounts[0], Program())
    until(lambda: app.dynos[0].state == "up")
    return app


def read(ask: Asker, http: urllib3.PoolManager, **asked: Any) -> list[str]:
    session = ask.ok("POST", "/apps/shop/log-sessions", asked)
    return http.request("GET", session["logplex_url"]).data.decode().splitlines()


def test_lines_look_like_those_that_were_recorded(shop: App, ask: Asker, http: urllib3.PoolManager) -> None:
    recorded = (Path(__file__).parent / "recorded" / "log_lines.txt").read_text().splitlines()
    for line in [*recorded[1:], *read(ask, http)]:
        assert LINE.fullmatch(line)


def test_a_session_gives_what_was_asked_for(shop: App, ask: Asker, http: urllib3.PoolManager) -> None:
    assert len(read(ask, http, lines=3)) == 3
    assert read(ask, http, lines=0) == []
    assert all(" app[" in line for line in read(ask, http, source="app"))
    assert all("[web.1]" in line for line in read(ask, http, dyno_name="web.1"))
    assert any("Listening" in line for line in read(ask, http, type="web"))
    assert read(ask, http, dyno="worker") == []


@pytest.fixture
def tail(shop: App, ask: Asker, http: urllib3.PoolManager) -> Iterator[urllib3.BaseHTTPResponse]:
    session = ask.ok("POST", "/apps/shop/log-sessions", {"tail": True, "lines": 0})
    response = http.request("GET", session["logplex_url"], preload_content=False)
    yield response
    response.close()


def test_a_tail_goes_on_until_it_runs_out(shop: App, platform: HerokuPlatform, tail: urllib3.BaseHTTPResponse) -> None:
    with platform.world.held() as world:
        world.write(shop, "app", "web.1", "something new")
    assert b"app[web.1]: something new" in next(tail.stream(65536))
    platform.skip(3601)
    for _ in tail.stream(65536):
        pass


def test_a_tail_ends_with_its_app(shop: App, ask: Asker, tail: urllib3.BaseHTTPResponse) -> None:
    ask.ok("DELETE", "/apps/shop")
    for _ in tail.stream(65536):
        pass


def test_a_session_left_unused_runs_out(
    shop: App, platform: HerokuPlatform, ask: Asker, http: urllib3.PoolManager
) -> None:
    session = ask.ok("POST", "/apps/shop/log-sessions", {})
    platform.skip(301)
    assert http.request("GET", session["logplex_url"]).status == 404


def test_the_official_cli_gets_events(shop: App, ask: Asker, http: urllib3.PoolManager) -> None:
    session = ask.ok("POST", "/apps/shop/log-sessions", {"lines": 1})
    answer = http.request("GET", session["logplex_url"], headers={"Accept": "text/event-stream"})
    assert answer.headers["Content-Type"] == "text/event-stream"
    assert re.fullmatch(
        r"id: \d+\ndata: .+ heroku\[web\.1\]: State changed from starting to up\n\n", answer.data.decode()
    )


def test_drains_and_webhooks_are_kept(shop: App, ask: Asker) -> None:
    drain = ask.ok("POST", "/apps/shop/log-drains", {"url": "https://example.com/drain"})
    assert ask("POST", "/apps/shop/log-drains", {"url": "https://example.com/drain"}).status == 422
    assert ask.ok("GET", "/apps/shop/log-drains") == [drain]
    assert ask.ok("GET", f"/apps/shop/log-drains/{drain['token']}") == drain
    ask.ok("DELETE", f"/apps/shop/log-drains/{drain['id']}")
    hook = ask.ok("POST", "/apps/shop/webhooks", {"include": ["dyno"], "level": "notify", "url": "https://example.com"})
    assert ask.ok("PATCH", f"/apps/shop/webhooks/{hook['id']}", {"level": "sync"})["level"] == "sync"
    assert ask.ok("GET", "/apps/shop/webhooks")[0]["id"] == hook["id"]
    assert ask.ok("GET", "/apps/shop/webhook-deliveries") == []
    ask.ok("DELETE", f"/apps/shop/webhooks/{hook['id']}")
    assert ask("GET", f"/apps/shop/webhooks/{hook['id']}").status == 404
