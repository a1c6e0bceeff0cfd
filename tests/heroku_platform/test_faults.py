"""What can be made to go wrong, seen by a client that knows nothing of it."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import urllib3

from tests.heroku_platform.asking import Asker
from tests.heroku_platform.faults import Kind
from tests.heroku_platform.platform import HerokuPlatform
from tests.heroku_platform.server import Drop


@pytest.fixture(autouse=True)
def shop(platform: HerokuPlatform) -> None:
    for number in range(5):
        platform.app(f"shop-{number}", platform.world.accounts[0])


@pytest.mark.parametrize(
    ("kind", "status", "error"),
    [
        ("rate-limit", 429, "rate_limit"),
        ("forbidden", 403, "forbidden"),
        ("expired-session", 401, "unauthorized"),
        ("error", 500, "internal_server_error"),
    ],
)
def test_an_error_strikes_as_often_as_was_said(
    platform: HerokuPlatform, ask: Asker, kind: str, status: int, error: str
) -> None:
    platform.faults.add(kind, method="GET", path="^/apps$", times=2)
    assert ask("GET", "/account").status == 200
    for _ in range(2):
        answer = ask("GET", "/apps")
        assert (answer.status, answer.body["id"]) == (status, error)
    assert ask("GET", "/apps").status == 200
    with platform.faults.on(kind):
        assert [ask("GET", "/apps").status for _ in range(3)] == [status] * 3
    assert ask("GET", "/apps").status == 200


def test_an_error_can_wait_for_a_later_page(platform: HerokuPlatform, ask: Asker) -> None:
    platform.faults.add("rate-limit", later_pages=True)
    first = ask("GET", "/apps", range="name ..; max=2")
    assert first.status == 206
    assert ask("GET", "/apps", range=first.headers["Next-Range"]).status == 429
    assert ask("GET", "/apps", range=first.headers["Next-Range"]).status == 206


def test_pages_can_go_round_in_a_circle(platform: HerokuPlatform, ask: Asker) -> None:
    platform.faults.add("looping-range", later_pages=True, times=None)
    span = ask("GET", "/apps", range="name ..; max=2").headers["Next-Range"]
    again = ask("GET", "/apps", range=span)
    assert (again.status, again.headers["Next-Range"]) == (206, span)


def test_a_page_for_people_comes_from_in_between(platform: HerokuPlatform, ask: Asker) -> None:
    platform.faults.add("html-503")
    answer = ask("GET", "/apps")
    assert (answer.status, answer.body[:9]) == (503, "<!DOCTYPE")


@pytest.mark.parametrize("kind", ["reset", "drop", "lost"])
def test_a_connection_breaks(platform: HerokuPlatform, ask: Asker, kind: str) -> None:
    platform.faults.add(kind)
    with pytest.raises(urllib3.exceptions.HTTPError):
        ask("PATCH", "/apps/shop-0", {"maintenance": True})
    assert ask.ok("GET", "/apps/shop-0")["maintenance"] == (kind != "drop")


@pytest.mark.parametrize("kind", ["stall", "slow"])
def test_an_answer_does_not_come(platform: HerokuPlatform, kind: str) -> None:
    platform.faults.add(kind, times=None)
    with urllib3.PoolManager(timeout=0.3, retries=False) as http, pytest.raises(urllib3.exceptions.HTTPError):
        Asker(platform, http)("GET", "/apps")


def test_what_is_slow_goes_on_when_the_fault_is_over(platform: HerokuPlatform, ask: Asker) -> None:
    platform.faults.add("slow", times=None)
    threading.Timer(0.2, platform.faults.clear).start()
    assert ask("GET", "/apps").status == 200


def test_an_error_repeats_what_is_secret(platform: HerokuPlatform, ask: Asker) -> None:
    platform.faults.add("secret-echoed", method="PATCH")
    message = ask("PATCH", "/apps/shop-0/config-vars", {"PASSWORD": "hunter2"}).body["message"]
    assert "key-of-user" in message
    assert "hunter2" in message


def test_an_app_goes_between_list_and_look(platform: HerokuPlatform, ask: Asker) -> None:
    platform.faults.add("app-vanishes", path="^/apps$", name="shop-3")
    assert len(ask.ok("GET", "/apps")) == 5
    assert ask("GET", "/apps/shop-3").status == 404


def test_an_addon_is_never_provisioned(platform: HerokuPlatform, ask: Asker) -> None:
    platform.faults.add("addon-stuck", method="POST", path="/addons$")
    made = ask.ok("POST", "/apps/shop-0/addons", {"plan": "heroku-redis:mini"})
    platform.skip(3600)
    assert ask.ok("GET", f"/addons/{made['id']}")["state"] == "provisioning"


def test_a_key_is_revoked_for_good(platform: HerokuPlatform, ask: Asker) -> None:
    platform.faults.add("revoked-key")
    assert [ask("GET", "/apps").status for _ in range(2)] == [401, 401]


def test_a_name_is_taken_by_somebody_who_is_not_seen(platform: HerokuPlatform, ask: Asker) -> None:
    platform.faults.add("name-taken", method="POST", path="^/apps$")
    assert ask("POST", "/apps", {"name": "free"}).body["message"] == "Name is already taken"
    assert ask("GET", "/apps/free").status == 404


def test_every_fault_is_tried_here() -> None:
    text = Path(__file__).read_text()
    assert [kind for kind in Kind if f'"{kind}"' not in text] == []


def test_the_hook_comes_before_each_request_and_may_drop_it(platform: HerokuPlatform, ask: Asker) -> None:
    asked: list[tuple[str, str]] = []

    def hook(method: str, path: str) -> None:
        asked.append((method, path))
        if method != "GET":
            raise Drop

    platform.before_request = hook
    assert ask("GET", "/apps/shop-0").status == 200
    with pytest.raises(urllib3.exceptions.HTTPError):
        ask("DELETE", "/apps/shop-0")
    assert asked == [("GET", "/apps/shop-0"), ("DELETE", "/apps/shop-0")]
    assert platform.world.app_named("shop-0")
