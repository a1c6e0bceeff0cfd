"""Do the double's answers look like what was recorded from the real API (`recorded/`)?"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.heroku_platform.asking import ACCEPT, Asker
from tests.heroku_platform.faults import Kind
from tests.heroku_platform.platform import HerokuPlatform
from tests.heroku_platform.records import Program

RECORDED = Path(__file__).parent / "recorded"
# What the API no longer says, or says otherwise, than it did in 2015.
GONE = {"process_tier"}
SHOP, YOUNG = "nucleus-app-all-updated", "nucleus-app-min-properties"


@dataclass(frozen=True)
class Asked:
    """How the double is asked for what was recorded. `message`: whether it must say the same."""

    method: str
    path: str
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    fault: Kind | None = None
    message: bool = True


ASKED = {
    "account_200": Asked("GET", "/account"),
    "addon_confirmation_required_423": Asked(
        "POST", "/addon-attachments", {"addon": "shop-cache", "app": SHOP, "name": "REDIS"}, message=False
    ),
    "addon_create_201": Asked("POST", f"/apps/{SHOP}/addons", {"plan": "scheduler:standard"}),
    "addon_create_422_exists": Asked("POST", f"/apps/{SHOP}/addons", {"plan": "papertrail:choklad"}),
    "addon_delete_200": Asked("DELETE", f"/apps/{SHOP}/addons/shop-logs"),
    "addon_delete_202_deprovisioning": Asked(
        "DELETE", f"/apps/{SHOP}/addons/shop-cache", {"force": False}, {"accept_expansion": "addon_service,plan"}
    ),
    "addon_info_404": Asked("GET", f"/apps/{SHOP}/addons/invalid_service"),
    "addon_plan_404": Asked("GET", "/addon-services/heroku-redis/plans/invalid_plan_id"),
    "addon_service_plans_200": Asked("GET", "/addon-services/heroku-redis/plans"),
    "addons_list_200": Asked("GET", f"/apps/{SHOP}/addons"),
    "app_cedar_2024_200": Asked("GET", f"/apps/{SHOP}", headers={"accept": f"{ACCEPT}.sdk"}),
    "app_create_201": Asked("POST", "/apps", {"name": "nucleus-app-all-properties", "region": "us"}),
    "app_create_422_name_taken": Asked("POST", "/apps", {"name": YOUNG}),
    "app_delete_200": Asked("DELETE", f"/apps/{SHOP}"),
    "app_fir_2024_200": Asked("GET", f"/apps/{SHOP}", headers={"accept": f"{ACCEPT}.sdk"}),
    "app_info_200_deployed": Asked("GET", f"/apps/{SHOP}"),
    "app_info_404": Asked("GET", "/apps/app_never_exists_0123456789"),
    "app_patch_maintenance_200": Asked("PATCH", f"/apps/{SHOP}", {"maintenance": True}),
    "apps_list_200": Asked("GET", "/apps"),
    "bad_range_400": Asked("GET", f"/apps/{SHOP}/releases", headers={"range": "nonsense"}),
    "config_422_attachment_value": Asked("PATCH", f"/apps/{SHOP}/config-vars", {"DATABASE_URL": "x"}),
    "config_vars_200_with_addon": Asked("GET", f"/apps/{SHOP}/config-vars"),
    "config_vars_patch_200": Asked("PATCH", f"/apps/{SHOP}/config-vars", {"our_test_var_key2": "our_test_var_value2"}),
    "domain_create_201": Asked("POST", f"/apps/{SHOP}/domains", {"hostname": "new.example.com", "sni_endpoint": None}),
    "domain_create_422": Asked("POST", f"/apps/{SHOP}/domains", {"hostname": "shop.example.com", "sni_endpoint": None}),
    "domain_info_404_domain_name": Asked("DELETE", f"/apps/{SHOP}/domains/unknown_domain"),
    "domains_list_200": Asked("GET", f"/apps/{SHOP}/domains"),
    "dyno_create_422_missing_param": Asked("POST", f"/apps/{SHOP}/dynos"),
    "dynos_list_200_starting": Asked("GET", f"/apps/{SHOP}/dynos"),
    "dynos_list_200_up": Asked("GET", f"/apps/{SHOP}/dynos"),
    "forbidden_403_suspended_addon": Asked(
        "DELETE", f"/apps/{SHOP}/addons/shop-logs", {"force": False}, fault=Kind.FORBIDDEN
    ),
    "formation_422_eco_quantity": Asked(
        "PATCH", f"/apps/{SHOP}/formation",
        {"updates": [{"type": kind, "quantity": 2, "dyno_size": {"name": "Eco"}} for kind in ("web", "worker")]},
    ),
    "formation_batch_patch_200": Asked(
        "PATCH", f"/apps/{SHOP}/formation", {"updates": [{"process": "web", "quantity": 1}]}
    ),
    "formation_batch_patch_404": Asked(
        "PATCH", f"/apps/{SHOP}/formation", {"updates": [{"process": "clock", "quantity": 0}]}
    ),
    "formation_list_200": Asked("GET", f"/apps/{SHOP}/formation"),
    "formation_list_200_before_first_deploy": Asked("GET", f"/apps/{YOUNG}/formation"),
    "formation_patch_422_mixed_sizes": Asked(
        "PATCH", f"/apps/{SHOP}/formation/worker", {"quantity": 1, "size": "Standard-1X"}
    ),
    "log_session_create_201": Asked(
        "POST", f"/apps/{SHOP}/log-sessions", {"source": "heroku", "dyno": "api", "tail": False}
    ),
    "no_version_header_error": Asked("POST", f"/apps/{SHOP}/dynos", headers={"accept": "application/json"}),
    "range_order_416": Asked("GET", "/pipeline-couplings", headers={"range": "stage ..; max=10"}),
    "rate_limit_429": Asked("GET", "/apps", fault=Kind.RATE_LIMIT),
    "rate_limits_200": Asked("GET", "/account/rate-limits"),
    "regions_list_200": Asked("GET", "/regions"),
    "releases_list_200": Asked("GET", f"/apps/{SHOP}/releases"),
    "two_factor_403": Asked("GET", "/apps/demo", message=False),
    "unauthorized_401_no_credentials": Asked("POST", f"/apps/{SHOP}/dynos", headers={"authorization": ""}),
    "verification_required_402": Asked("POST", "/apps"),
}  # fmt: skip


@pytest.fixture
def stage(platform: HerokuPlatform, ask: Asker) -> HerokuPlatform:
    """What was there when the answers were recorded, as far as the double offers it."""
    user = platform.world.accounts[0]
    platform.app(SHOP, user, Program({"web": "node server.js", "worker": "node worker.js"}, language="Node.js"))
    platform.app(YOUNG, user)
    for plan, name in (("papertrail:choklad", "shop-logs"), ("heroku-redis:mini", "shop-cache")):
        ask.ok("POST", f"/apps/{SHOP}/addons", {"plan": plan, "name": name})
    ask.ok("POST", f"/apps/{SHOP}/addons", {"plan": "heroku-postgresql:essential-0"})
    ask.ok("PATCH", f"/apps/{SHOP}/config-vars", {f"our_test_var_key{end}": "before" for end in ("", "2")})
    ask.ok("POST", f"/apps/{SHOP}/domains", {"hostname": "shop.example.com", "sni_endpoint": None})
    platform.skip(60)
    return platform


@pytest.mark.parametrize("name", ASKED)
def test_an_answer_looks_like_the_recorded_one(stage: HerokuPlatform, ask: Asker, name: str) -> None:
    recorded, asked = json.loads((RECORDED / f"{name}.json").read_text()), ASKED[name]
    prepare(stage, name, recorded)
    if asked.fault:
        stage.faults.add(asked.fault, name=recorded["body"]["message"])
    got = ask(asked.method, asked.path, asked.body, **asked.headers)
    assert recorded["status"] in (got.status, None)
    if got.status >= 400:
        assert_same_error(got.body, recorded["body"], asked.message)
    else:
        assert differences(got.body, recorded["body"]) == []
    assert_same_headers(got.headers, recorded["headers"])


def prepare(stage: HerokuPlatform, name: str, recorded: dict[str, Any]) -> None:
    """What must be so for this one answer alone."""
    user = stage.world.accounts[0]
    if name == "two_factor_403":
        stage.app("demo", user)
        user.second_factor = "123456"
    if name == "verification_required_402":
        user.verified = False
        for number in range(5):
            stage.app(f"more-{number}", user)
    if name == "formation_422_eco_quantity":
        recorded["body"]["message"] = recorded["body"]["message"].replace("Free", "Eco")


def assert_same_error(ours: Any, recorded: Any, message: bool) -> None:
    """Errors are short: they are compared word for word."""
    left_out = set() if message else {"message"}
    assert {key: ours[key] for key in ours if key not in left_out} == {
        key: recorded[key] for key in recorded if key not in left_out
    }


def differences(ours: Any, recorded: Any, where: str = ".") -> list[str]:
    """Where our answer lacks what was recorded, or has it in another type. Null says nothing of a type."""
    if ours is None or recorded is None:
        return []
    if type(ours) is not type(recorded):
        return [f"{where} is {type(ours).__name__}, recorded {type(recorded).__name__}"]
    if isinstance(recorded, list):
        return [line for a, b in zip(ours[:1], recorded[:1], strict=False) for line in differences(a, b, f"{where}/0")]
    if not isinstance(recorded, dict):
        return []
    absent = [f"{where}/{key} is missing" for key in recorded if key not in ours and key not in GONE and key.islower()]
    return absent + [
        line for key in recorded if key in ours for line in differences(ours[key], recorded[key], f"{where}/{key}")
    ]


def assert_same_headers(ours: dict[str, str], recorded: dict[str, str]) -> None:
    ours = {name.lower(): value for name, value in ours.items()}
    for name, value in recorded.items():
        assert name.lower() in ours, f"{name} is missing"
        if name in {"Accept-Ranges", "Content-Expansion", "Content-Type", "Oauth-Scope", "RateLimit-Multiplier"}:
            assert ours[name.lower()] == value
        if name == "Content-Range":
            assert ours["content-range"].split()[0] == value.split()[0]


def test_everything_that_was_recorded_is_compared() -> None:
    streams = {"log_stream_200_app_lines", "log_stream_200_mixed_lines"}
    assert {path.stem for path in RECORDED.glob("*.json")} == set(ASKED) | streams
