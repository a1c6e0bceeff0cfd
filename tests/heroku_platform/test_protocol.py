"""The protocol: version, sign-in, who sees what, rate limit, pages, ETags, bodies."""

from __future__ import annotations

import base64

import pytest
import urllib3

from tests.heroku_platform.asking import Asker
from tests.heroku_platform.planting import team
from tests.heroku_platform.platform import HerokuPlatform


def test_basic_takes_any_name_with_the_key(platform: HerokuPlatform, ask: Asker) -> None:
    basic = base64.b64encode(b"anything:key-of-user").decode()
    assert ask.ok("GET", "/account", authorization=f"Basic {basic}")["email"] == "user@example.com"
    wrong = base64.b64encode(b"anything:wrong").decode()
    assert ask("GET", "/account", authorization=f"Basic {wrong}").body["id"] == "unauthorized"
    assert ask("GET", "/account", authorization="Basic !").status == 401


def test_a_password_signs_in_and_gets_a_token(platform: HerokuPlatform, ask: Asker) -> None:
    user = platform.world.accounts[0]
    user.password, user.second_factor = "horse", "123456"
    basic = "Basic " + base64.b64encode(b"user@example.com:horse").decode()
    asked = {"scope": ["global"], "expires_in": 60}
    assert ask("POST", "/oauth/authorizations", asked, authorization=basic).body["id"] == "two_factor"
    made = ask.ok("POST", "/oauth/authorizations", asked, authorization=basic, heroku_two_factor_code="123456")
    bearer = f"Bearer {made['access_token']['token']}"
    assert ask("GET", "/apps", authorization=bearer).status == 200
    assert [row["id"] for row in ask.ok("GET", "/oauth/authorizations")] == [made["id"]]
    platform.skip(61)
    assert ask("GET", "/apps", authorization=bearer).status == 401
    ask.ok("DELETE", f"/oauth/authorizations/{made['id']}")


def test_each_account_sees_its_own(platform: HerokuPlatform, ask: Asker, http: urllib3.PoolManager) -> None:
    user, other = platform.world.accounts[0], platform.account("other@example.com", "key-of-other")
    platform.app("mine", user)
    platform.app("theirs", other)
    platform.app("ours", other, team=team(platform.world, "crew", {user: "member", other: "admin"}))
    asks = Asker(platform, http, "key-of-other")
    assert [app["name"] for app in ask.ok("GET", "/apps")] == ["mine", "ours"]
    assert ask("GET", "/apps/theirs").status == 404
    assert [app["name"] for app in ask.ok("GET", "/teams/crew/apps")] == ["ours"]
    asks.ok("POST", "/apps/theirs/collaborators", {"user": "user@example.com"})
    assert ask.ok("GET", "/apps/theirs")["owner"]["email"] == "other@example.com"
    asks.ok("DELETE", "/apps/theirs/collaborators/user@example.com")
    assert ask("DELETE", "/apps/theirs").status == 404


def test_the_second_factor_is_asked_for_once_an_app(platform: HerokuPlatform, ask: Asker) -> None:
    user = platform.world.accounts[0]
    platform.app("shop", user)
    user.second_factor = "123456"
    assert ask("GET", "/apps/shop").body["app"] == {"name": "shop"}
    assert ask("GET", "/apps/shop", heroku_two_factor_code="000000").status == 403
    assert ask("GET", "/apps/shop", heroku_two_factor_code="123456").status == 200
    assert ask("PUT", "/apps/shop/pre-authorizations", heroku_two_factor_code="123456").status == 200
    assert ask("GET", "/apps/shop").status == 200
    platform.skip(11 * 60)
    assert ask("GET", "/apps/shop").status == 403


def test_requests_are_counted_and_come_back(platform: HerokuPlatform, ask: Asker) -> None:
    user = platform.world.accounts[0]
    assert ask("GET", "/account").headers["Ratelimit-Remaining"] == "4499"
    with platform.world.held():
        user.tokens, user.tokens_at = 0.0, platform.world.now()
    refused = ask("GET", "/account")
    assert (refused.status, refused.headers["Ratelimit-Remaining"]) == (429, "0")
    platform.skip(60)
    assert 73 <= int(ask("GET", "/account").headers["Ratelimit-Remaining"]) <= 90


def test_long_lists_come_in_pages(platform: HerokuPlatform, ask: Asker) -> None:
    for number in range(25):
        platform.app(f"app-{number:02}", platform.world.accounts[0])
    first = ask("GET", "/apps", range="name ..; max=10")
    assert (first.status, first.headers["Next-Range"]) == (206, "name ]app-09..; max=10")
    seen, span, statuses = [], "name ..; max=10", []
    while span:
        page = ask("GET", "/apps", range=span)
        seen += [app["name"] for app in page.body]
        statuses.append(page.status)
        span = page.headers.get("Next-Range", "")
    assert (seen, statuses) == ([f"app-{number:02}" for number in range(25)], [206, 206, 200])
    last = ask("GET", "/apps/app-00/releases", range="version ..; max=1, order=desc")
    assert (last.status, last.body[0]["version"]) == (206, 2)
    assert [row["version"] for row in ask.ok("GET", "/apps/app-00/releases", range="version 2..")] == [2]
    assert [app["name"] for app in ask.ok("GET", "/apps", range="name app-03..app-05")] == [
        "app-03",
        "app-04",
        "app-05",
    ]


@pytest.mark.parametrize(("span", "status"), [("id ..; max=1001", 416), ("owner ..", 416), ("version x..", 400)])
def test_a_range_that_cannot_be_is_refused(platform: HerokuPlatform, ask: Asker, span: str, status: int) -> None:
    platform.app("shop", platform.world.accounts[0])
    assert ask("GET", "/apps/shop/releases", range=span).status == status


def test_what_did_not_change_is_not_sent_again(platform: HerokuPlatform, ask: Asker) -> None:
    platform.app("shop", platform.world.accounts[0])
    first = ask("GET", "/apps")
    again = ask("GET", "/apps", if_none_match=first.headers["Etag"])
    assert (again.status, again.body, again.headers["Etag"]) == (304, "", first.headers["Etag"])
    ask.ok("PATCH", "/apps/shop", {"maintenance": True})
    assert ask("GET", "/apps", if_none_match=first.headers["Etag"]).status == 200


def test_a_body_that_is_wrong_is_refused(platform: HerokuPlatform, ask: Asker, http: urllib3.PoolManager) -> None:
    platform.app("shop", platform.world.accounts[0])
    assert ask("POST", "/apps/shop/domains", {"hostname": "a.example.com"}).body["message"].endswith("sni_endpoint.")
    assert ask("PATCH", "/apps/shop", {"maintenance": "yes"}).status == 422
    assert ask("PATCH", "/apps/shop/config-vars", {"NAME": 3}).status == 422
    assert ask("PATCH", "/apps/shop", ["maintenance"]).status == 400
    headers = {"Accept": "application/vnd.heroku+json; version=3", "Authorization": "Bearer key-of-user"}
    assert http.request("POST", f"{platform.url}/apps", body="{", headers=headers).status == 400
    assert ask("GET", "/nothing/like/it").status == 404


def test_the_recorder_says_what_was_used_and_what_is_wrong(platform: HerokuPlatform, ask: Asker) -> None:
    platform.app("shop", platform.world.accounts[0])
    ask("GET", "/apps")
    ask("PATCH", "/apps/shop/formation", {"updates": [{"type": "web", "quantity": "+1"}]})
    assert platform.recorder.links() == {
        "GET /apps (app: List)": 1, "PATCH /apps/{app}/formation (formation: Batch Update)": 1,
    }  # fmt: skip
    assert platform.recorder.mistakes() == [
        "PATCH /apps/shop/formation → 404: updates/0/quantity: '+1' is not of type 'integer'"
    ]
