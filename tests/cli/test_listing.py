"""ls and status: what they print, as tables and as JSON."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Tuienv
from tuienv.backends.sandbox import Cloud, Trouble
from tuienv.model import Address

STATUS = """\
shop-staging  ● running  declared by no file
NAME   STATUS     READY  SIZE   UP   WHAT
cache  ● running  1/1    micro       cache, redis:7
  1    ● running         micro  2 d  healthy, i-x
db     ● running  1/1    small       database, postgres:15
  1    ● running         small  2 d  healthy, i-x
edge   ● running  1/1    micro       load balancer, haproxy:2.6, http://shop-staging.sandbox.invalid:8080
  1    ● running         micro  1 d  healthy, i-x
web    ● running  3/3    small       app, shop:1.4.2
  1    ● running         small  1 d  healthy, i-x
  2    ● running         small  1 d  healthy, i-x
  3    ● running         small  1 d  healthy, i-x
"""

ENVIRONMENT = {"environment", "status", "declared", "source", "layers", "protected", "lock"}
LAYER = {
    "name",
    "kind",
    "backend",
    "profile",
    "status",
    "wanted",
    "ready",
    "image",
    "size",
    "endpoints",
    "drift",
    "observed_at",
    "error",
}
INSTANCE = {"name", "id", "status", "started_at", "host"}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def without_ids(text: str) -> str:
    return re.sub(r"i-[0-9a-f]+", "i-x", text)


def check_environment(shape: dict[str, Any], *, instances: bool) -> None:
    """The shape that docs/reference/json.md promises, no key more or less."""
    assert set(shape) == ENVIRONMENT
    for layer in shape["layers"]:
        assert set(layer) == (LAYER | {"instances"} if instances else LAYER)
        assert layer["observed_at"] is None or TIME.fullmatch(layer["observed_at"])
        for instance in layer.get("instances", []):
            assert set(instance) == INSTANCE
            assert instance["started_at"] is None or TIME.fullmatch(instance["started_at"])


def test_status_of_an_environment_that_runs(tuienv: Tuienv, demo: Cloud) -> None:
    result = tuienv("--backend", "sandbox", "status", "shop-staging")
    assert (result.code, result.err) == (0, "")
    assert without_ids(result.out) == STATUS


def test_status_of_one_layer(tuienv: Tuienv, demo: Cloud) -> None:
    result = tuienv("status", "shop-staging/web", "--backend", "sandbox")
    assert result.code == 0
    assert [line.split()[0] for line in result.out.splitlines()] == ["shop-staging", "NAME", "web", "1", "2", "3"]


def test_status_as_json(tuienv: Tuienv, applied: Path) -> None:
    shape = tuienv("status", "shop", "--output", "json").json
    check_environment(shape, instances=True)
    assert (shape["environment"], shape["status"], shape["declared"], shape["source"]) == (
        "shop",
        "running",
        True,
        "tuienv.yaml",
    )
    assert [layer["name"] for layer in shape["layers"]] == ["edge", "web", "cache", "db"]
    web = shape["layers"][1]
    assert (web["wanted"], web["ready"], web["size"], web["profile"], web["drift"], web["error"]) == (
        3,
        3,
        "small",
        None,
        [],
        None,
    )
    assert [instance["name"] for instance in web["instances"]] == ["1", "2", "3"]


def test_status_of_what_was_never_applied(tuienv: Tuienv, shop: Path) -> None:
    result = tuienv("status", "shop")
    assert result.code == 0
    assert "∅ absent" in result.out
    assert re.search(r"web +∅ absent +0/3 ", result.out), "it was looked for: none is there, which is no question"
    assert "web: drift: instances: 0 → 3" in result.out
    shape = tuienv("status", "shop", "--output", "json").json
    check_environment(shape, instances=True)
    web = shape["layers"][1]
    assert (web["status"], web["ready"], web["observed_at"], web["instances"]) == ("absent", 0, None, [])


def test_status_shows_drift(tuienv: Tuienv, applied: Path) -> None:
    applied.write_text(applied.read_text().replace("shop:1.0", "shop:1.1").replace("size: small", "size: medium"))
    result = tuienv("status", "shop")
    assert "web: drift: image: registry.example.com/shop:1.0 → registry.example.com/shop:1.1" in result.out
    assert "web: drift: size: small → medium" in result.out


def test_a_provider_that_does_not_answer_is_unknown(tuienv: Tuienv, applied: Path, sandbox: Cloud) -> None:
    sandbox.faults.add(Trouble.UNREACHABLE)
    result = tuienv("status", "shop")
    assert result.code == 5
    assert "? unknown" in result.out
    assert "web: unknown: list instances" in result.out
    shape = tuienv("status", "shop", "--output", "json").json
    check_environment(shape, instances=True)
    assert {layer["status"] for layer in shape["layers"]} == {"unknown"}
    assert all("list instances" in layer["error"] for layer in shape["layers"])
    assert shape["layers"][1]["ready"] is None


def test_status_of_a_layer_that_does_not_exist(tuienv: Tuienv, applied: Path) -> None:
    result = tuienv("status", "shop/wep")
    assert (result.code, result.out) == (1, "")
    assert result.err == "tuienv: there is no layer 'wep'. Did you mean web? shop has edge, web, cache, db.\n"


def test_ls_lists_what_runs_and_what_is_declared(tuienv: Tuienv, demo: Cloud, shop: Path) -> None:
    result = tuienv("ls", "--backend", "sandbox")
    assert (result.code, result.err) == (0, "")
    rows = {line.split()[0]: line for line in result.out.splitlines()[1:]}
    assert list(rows) == [
        "mailer-production",
        "search-staging",
        "shop",
        "shop-dev",
        "shop-production",
        "shop-staging",
        "wiki",
    ]
    assert re.fullmatch(r"shop +∅ absent +4 +0/6 +4 +sandbox +tuienv\.yaml", rows["shop"])
    assert re.fullmatch(r"wiki +● running +3 +3/3 +- +sandbox +-", rows["wiki"])


def test_ls_as_json(tuienv: Tuienv, demo: Cloud, shop: Path) -> None:
    shapes = tuienv("ls", "--backend", "sandbox", "--output", "json").json
    for shape in shapes:
        check_environment(shape, instances=False)
    declared = {shape["environment"]: (shape["declared"], shape["source"]) for shape in shapes}
    assert declared["shop"] == (True, "tuienv.yaml")
    assert declared["wiki"] == (False, None)


def test_ls_of_nothing(tuienv: Tuienv) -> None:
    result = tuienv("ls", "--backend", "sandbox")
    assert (result.code, result.out) == (0, "")
    assert "There is no environment yet" in result.err
    assert tuienv("ls", "--backend", "sandbox", "--output", "json").out == "[]\n"


def test_ls_with_a_dead_provider_still_lists(tuienv: Tuienv, shop: Path, sandbox: Cloud) -> None:
    sandbox.faults.add(Trouble.UNREACHABLE)
    result = tuienv("ls", "--backend", "sandbox")
    assert result.code == 5
    assert "shop" in result.out
    assert re.search(r"\? unknown +4 +\?/6 ", result.out), "nobody counted"
    assert "tuienv: list instances" in result.err


def test_a_plan_of_what_nobody_could_look_at_does_not_say_that_all_is_well(
    tuienv: Tuienv, applied: Path, sandbox: Cloud
) -> None:
    sandbox.faults.add(Trouble.UNREACHABLE)
    result = tuienv("plan", "shop")
    assert result.code == 5
    assert result.out.startswith("shop: nothing to change but what is left alone\n  ! left alone: ")
    told = tuienv("plan", "shop", "--output", "json")
    assert (told.code, told.json["changes"]) == (5, [])
    assert told.err.startswith("left alone: ")
    assert tuienv("apply", "shop").out == "shop: nothing to change but what is left alone\n"


def test_a_broken_file_is_told_before_a_silent_provider(tuienv: Tuienv, shop: Path, sandbox: Cloud) -> None:
    shop.write_text("environment: shop\nlayers: 3\n")
    sandbox.faults.add(Trouble.UNREACHABLE)
    result = tuienv("--backend", "sandbox", "status", "shop")
    assert result.code == 1
    assert "no file that can be read declares shop, but these are refused:\ntuienv.yaml:2:9: " in result.err


def test_ls_with_a_broken_file_lists_the_others(tuienv: Tuienv, demo: Cloud, shop: Path) -> None:
    shop.write_text("environment: shop\nlayers: 3\n")
    result = tuienv("ls", "--backend", "sandbox")
    assert result.code == 1
    assert "wiki" in result.out
    assert "tuienv.yaml:2:" in result.err


def test_what_a_provider_says_cannot_reach_the_terminal(
    tuienv: Tuienv, applied: Path, sandbox: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    hostile = "\x1b]52;c;aGk=\x07\x1b[2Jboo\u202e\x9b31m"
    sandbox.touch([sandbox.find(Address("shop", "web", "1"))], lambda record: hostile)
    for words in (("status", "shop"), ("status", "shop", "--output", "json")):
        result = tuienv(*words)
        assert result.code == 0
        assert not set(result.out) & {"\x1b", "\x07", "\x9b", "\u202e"}


def test_a_table_fits_the_terminal(tuienv: Tuienv, demo: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    result = tuienv("--backend", "sandbox", "status", "shop-staging")
    assert max(map(len, result.out.splitlines())) <= 60
    assert "…" in result.out


@pytest.mark.parametrize("columns", [40, 24])
def test_a_table_fits_a_phone(tuienv: Tuienv, demo: Cloud, monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    for words in (("ls",), ("status", "shop-staging")):
        lines = tuienv("--backend", "sandbox", *words).out.splitlines()
        assert max(map(len, lines[1:])) <= columns
        assert all(re.match(r" *\S", line) for line in lines)


def test_an_environment_over_two_accounts_is_one_and_says_where_each_layer_is(shop: Path, tuienv: Tuienv) -> None:
    shop.write_text(shop.read_text().replace("db: {kind: database,", "db: {kind: database, profile: visitor,"))
    applied = tuienv("apply", "shop", "--yes")
    assert applied.code == 0, applied.err
    assert "sandbox visitor" in applied.err, "the plan says where each change is made"
    shown = tuienv("status", "shop")
    rows = {line.split()[0]: line for line in shown.out.splitlines()[2:]}
    assert "database, sandbox visitor, postgres:15" in rows["db"]
    assert "app, sandbox, shop:1.0" in rows["web"]
    layers = tuienv("status", "shop", "--output", "json").json["layers"]
    assert {layer["name"]: layer["profile"] for layer in layers}["db"] == "visitor"
    assert {layer["status"] for layer in layers} == {"running"}
    (listed,) = tuienv("ls", "--output", "json").json
    assert (listed["environment"], len(listed["layers"])) == ("shop", 4)
