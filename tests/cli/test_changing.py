"""plan, apply, destroy: what they print, what they do, and what they ask."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.conftest import Tuienv
from tuienv.backends.sandbox import Cloud, Trouble
from tuienv.cli import asking
from tuienv.model import Address

PLAN = """\
shop: 5 changes
  + create   shop        what its layers stand on
  + create   shop/cache  does not exist  ($6.00 a month more)
  + create   shop/db     does not exist  ($12.00 a month more)
  + create   shop/web    does not exist  ($54.00 a month more)
  + create   shop/edge   does not exist  ($6.00 a month more)
"""


def names(plan: dict[str, list[dict[str, str]]]) -> list[str]:
    return [f"{change['action']} {change['address']}" for change in plan["changes"]]


def test_plan_of_what_does_not_exist(tuienv: Tuienv, shop: Path) -> None:
    result = tuienv("plan", "shop")
    assert result.code == 2
    assert re.sub(r"  \(\$.*\)", "", result.out) == re.sub(r"  \(\$.*\)", "", PLAN)
    assert result.err == ""


def test_plan_changes_nothing(tuienv: Tuienv, shop: Path, sandbox: Cloud) -> None:
    tuienv("plan", "shop")
    tuienv("plan", "shop", "--output", "json")
    assert sandbox.mutating_calls == 0


def test_apply_then_nothing_to_do(tuienv: Tuienv, shop: Path) -> None:
    result = tuienv("apply", "shop", "--yes")
    assert (result.code, result.out) == (0, "shop: 5 changes done\n")
    assert "shop/web  create  done" in result.err
    again = tuienv("plan", "shop")
    assert (again.code, again.out) == (0, "shop: nothing to change\n")
    assert tuienv("apply", "shop").out == "shop: nothing to change\n"


def test_plan_and_apply_of_one_layer(tuienv: Tuienv, shop: Path) -> None:
    tuienv("apply", "shop/cache", "--yes")
    assert names(tuienv("plan", "shop", "--output", "json").json) == [
        "create shop/db",
        "create shop/web",
        "create shop/edge",
    ]


def test_apply_without_a_terminal_asks_for_the_flag(tuienv: Tuienv, shop: Path, sandbox: Cloud) -> None:
    result = tuienv("apply", "shop")
    assert result.code == 3
    assert "no terminal to ask on. Add --yes to go ahead" in result.err
    assert "+ create   shop/db" in result.err, "the plan is shown before the question"
    assert sandbox.mutating_calls == 0


def answering(monkeypatch: pytest.MonkeyPatch, *answers: str) -> list[str]:
    """Somebody sits at a terminal and answers so; gives what was asked."""
    asked: list[str] = []
    given = iter(answers)

    def answer(prompt: str) -> str:
        asked.append(prompt)
        return next(given)

    monkeypatch.setattr(asking, "can_ask", lambda: True)
    monkeypatch.setattr("click.termui.visible_prompt_func", answer)
    return asked


def test_apply_asks_yes_or_no(tuienv: Tuienv, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answering(monkeypatch, "n")
    refused = tuienv("apply", "shop")
    assert (refused.code, refused.out) == (1, "")
    assert "Go ahead? [y/N]" in asked[0]
    assert "nothing was changed" in refused.err
    answering(monkeypatch, "y")
    assert tuienv("apply", "shop").code == 0


def test_destroy_wants_the_name_typed(tuienv: Tuienv, applied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answering(monkeypatch, "yes")
    refused = tuienv("destroy", "shop")
    assert (refused.code, refused.out) == (1, "")
    assert "Type shop to go ahead" in asked[0]
    for name in ("shop-web-1", "shop-web-2", "shop-web-3", "shop-edge-1", "network shop_default"):
        assert name in refused.err, "every resource is listed by name"
    answering(monkeypatch, "shop")
    assert tuienv("destroy", "shop").code == 0


def test_destroy_keeps_data_and_says_how_to_remove_it(tuienv: Tuienv, applied: Path, sandbox: Cloud) -> None:
    result = tuienv("destroy", "shop", "--yes")
    assert result.code == 0
    assert result.out == (
        "shop: 5 changes done\n"
        "kept: volume shop_db-data, which holds data\n"
        "kept: volume shop_cache-data, which holds data\n"
        "To remove it for good: tuienv destroy shop --delete-data\n"
    )
    assert sandbox.records("shop") == []
    assert sorted(sandbox.volumes) == ["shop_cache-data", "shop_db-data"]


def test_destroy_with_data_leaves_nothing(tuienv: Tuienv, applied: Path, sandbox: Cloud) -> None:
    result = tuienv("destroy", "shop", "--yes", "--delete-data")
    assert result.code == 0, result.err
    assert "loses data" in result.err
    assert (sandbox.records("shop"), sandbox.volumes, sandbox.networks) == ([], {}, {})


def test_data_kept_by_one_destroy_goes_with_the_next(tuienv: Tuienv, applied: Path, sandbox: Cloud) -> None:
    tuienv("destroy", "shop", "--yes")
    result = tuienv("destroy", "shop", "--yes", "--delete-data")
    assert result.code == 0, result.err
    assert sandbox.volumes == {}


def test_destroy_without_the_file(tuienv: Tuienv, applied: Path, sandbox: Cloud) -> None:
    applied.unlink()
    result = tuienv("--backend", "sandbox", "destroy", "shop", "--yes", "--delete-data")
    assert result.code == 0, result.err
    assert sandbox.records() == []


def test_data_of_a_layer_that_left_the_file(tuienv: Tuienv, applied: Path, sandbox: Cloud) -> None:
    text = applied.read_text()
    applied.write_text(text.replace("      CACHE_URL: ${layers.cache.url}\n", "").replace("  cache:", "#"))
    kept = tuienv("apply", "shop", "--yes")
    assert kept.code == 0, kept.err
    assert "kept: volume shop_cache-data" in kept.out
    gone = tuienv("apply", "shop", "--yes", "--delete-data")
    assert gone.code == 0, gone.err
    assert "shop_cache-data" not in sandbox.volumes


def test_read_only_refuses_before_it_asks(tuienv: Tuienv, shop: Path, sandbox: Cloud) -> None:
    for words in (("--read-only", "apply", "shop", "--yes"), ("apply", "shop", "--read-only")):
        result = tuienv(*words)
        assert result.code == 3
        assert "read-only session" in result.err
    assert sandbox.mutating_calls == 0


def test_protected_environments_stay(tuienv: Tuienv, shop: Path) -> None:
    shop.write_text("protected: true\n" + shop.read_text())
    assert tuienv("apply", "shop", "--yes").code == 0
    result = tuienv("destroy", "shop", "--yes", "--delete-data")
    assert result.code == 3
    assert "protected: false" in result.err


def test_what_failed_and_what_was_not_done_is_said(tuienv: Tuienv, shop: Path) -> None:
    shop.write_text(shop.read_text().replace("shop:1.0", "shop:missing"))
    result = tuienv("apply", "shop", "--yes")
    assert result.code == 1
    assert result.out == "shop: 3 of 5 changes done\n"
    assert "done: create shop/db" in result.err
    assert "failed: create shop/web: pull image registry.example.com/shop:missing: no such image" in result.err
    assert "not done: create shop/edge" in result.err
    assert "Once that is mended, run the same command again to go on from there." in result.err


def test_outcome_as_json(tuienv: Tuienv, shop: Path) -> None:
    shop.write_text(shop.read_text().replace("shop:1.0", "shop:missing"))
    result = tuienv("apply", "shop", "--yes", "--output", "json")
    (outcome,) = result.json
    assert outcome["environment"] == "shop"
    assert sorted(outcome["done"]) == ["create shop", "create shop/cache", "create shop/db"]
    assert [failed["change"] for failed in outcome["failed"]] == ["create shop/web"]
    assert outcome["skipped"] == ["create shop/edge"]
    assert outcome["cancelled"] is False


@pytest.mark.parametrize(
    ("trouble", "code"), [(Trouble.UNREACHABLE, 5), (Trouble.NOT_AUTHENTICATED, 4), (Trouble.FORBIDDEN, 1)]
)
def test_a_provider_that_does_not_answer(
    tuienv: Tuienv, shop: Path, sandbox: Cloud, trouble: Trouble, code: int
) -> None:
    sandbox.faults.add(trouble)
    for words in (("plan", "shop"), ("apply", "shop", "--yes"), ("destroy", "shop", "--yes")):
        result = tuienv(*words)
        assert result.code == code, words
        assert "list instances" in result.out + result.err, "it is said what was tried"
    assert sandbox.mutating_calls == 0


def moving(monkeypatch: pytest.MonkeyPatch, sandbox: Cloud, victim: str) -> None:
    """As soon as the question is put, an instance vanishes: what the plan was made against is no more."""
    told = asking.consent

    def consent(*words: object) -> None:
        if sandbox.instances.get("shop") and not consent.__dict__.setdefault("done", False):
            consent.__dict__["done"] = True
            sandbox.vanish(Address("shop", "web", victim))
        told(*words)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr(asking, "consent", consent)


def test_a_plan_that_is_outdated_runs_again_with_yes_if_it_does_no_more(
    tuienv: Tuienv, applied: Path, sandbox: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    applied.write_text(applied.read_text().replace("shop:1.0", "shop:1.1"))
    moving(monkeypatch, sandbox, "2")
    result = tuienv("apply", "shop", "--yes")
    assert result.code == 0, result.err
    assert "has changed since this plan was made" in result.err
    assert len(sandbox.records("shop", "web")) == 3


def test_a_plan_that_got_worse_does_not_run_with_yes(
    tuienv: Tuienv, applied: Path, sandbox: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    applied.write_text(applied.read_text().replace('version: "7"', 'version: "7.2"'))
    moving(monkeypatch, sandbox, "2")
    result = tuienv("apply", "shop", "--yes")
    assert result.code == 1
    assert "the fresh plan does more" in result.err
    assert len(sandbox.records("shop", "web")) == 2


def test_an_environment_that_nobody_knows(tuienv: Tuienv, shop: Path) -> None:
    result = tuienv("--backend", "sandbox", "apply", "shpo", "--yes")
    assert result.code == 1
    assert result.err == "tuienv: there is no environment 'shpo'. Did you mean shop? tuienv ls lists them.\n"


def test_a_name_that_file_and_provider_know_is_meant_once(tuienv: Tuienv, applied: Path) -> None:
    assert "Did you mean shop? " in tuienv("plan", "shpo").err


def test_apply_of_what_no_file_declares(tuienv: Tuienv, demo: Cloud) -> None:
    result = tuienv("--backend", "sandbox", "apply", "wiki", "--yes")
    assert result.code == 1
    assert "No file declares wiki" in result.err


def test_two_files_that_declare_the_same(tuienv: Tuienv, shop: Path) -> None:
    other = shop.parent / "environments" / "shop.yaml"
    other.parent.mkdir()
    other.write_text(shop.read_text())
    result = tuienv("plan", "shop")
    assert result.code == 1
    assert "declared twice" in result.err
    assert tuienv("plan", "shop", "--file", str(other)).code == 2


def test_a_broken_file_is_refused_with_every_mistake(tuienv: Tuienv, shop: Path, sandbox: Cloud) -> None:
    shop.write_text(shop.read_text().replace("replicas: 3", "replicas: many").replace("kind: cache", "kind: cash"))
    for words in (("plan", "shop"), ("plan", "shop", "-f", "tuienv.yaml")):
        result = tuienv("--backend", "sandbox", *words)
        assert result.code == 1, words
        assert re.search(r"tuienv\.yaml:9:\d+: ", result.err), result.err
        assert re.search(r"tuienv\.yaml:16:\d+: ", result.err), result.err
    assert sandbox.mutating_calls == 0


def test_changed_code_is_a_difference_and_what_is_ignored_is_none(folder: Path, tuienv: Tuienv) -> None:
    (folder / "tuienv.yaml").write_text(
        "environment: shop\nbackend: sandbox\nlayers:\n  web: {kind: app, build: ./web, replicas: 2}\n"
    )
    code = folder / "web"
    code.mkdir()
    (code / "Dockerfile").write_text("FROM scratch\n")
    (code / ".dockerignore").write_text("*.log\n")
    (code / "app.py").write_text("1")
    assert tuienv("apply", "shop", "--yes").code == 0
    assert tuienv("plan", "shop").code == 0
    (code / "noise.log").write_text("x")
    assert tuienv("plan", "shop").code == 0
    (code / "app.py").write_text("2")
    planned = tuienv("plan", "shop")
    assert planned.code == 2
    assert "update   shop/web  build.contents: " in planned.out
    assert "build.contents" in tuienv("status", "shop").out
    assert tuienv("ls", "--output", "json").json[0]["layers"][0]["drift"] == [], "nobody looked into the folder"
    assert tuienv("apply", "shop", "--yes").code == 0
    assert tuienv("plan", "shop").code == 0


def test_a_plan_sums_up_what_it_costs(tuienv: Tuienv, shop: Path) -> None:
    shop.write_text(shop.read_text().replace("{kind: cache, ", "{kind: cache, size: small, "))
    shown = tuienv("plan", "shop").out
    assert "($27.00 a month more)" in shown
    assert "($13.50 a month more)" in shown
    assert "all together: $40.50 a month more" in shown


def test_a_last_snapshot_stays_unless_that_is_said(tuienv: Tuienv, applied: Path, sandbox: Cloud) -> None:
    shown = tuienv("plan", "shop", "--destroy", "--delete-data")
    assert "leaves final snapshot of shop/db" in shown.out
    shapes = tuienv("plan", "shop", "--destroy", "--delete-data", "--output", "json").json["changes"]
    assert {change["address"]: change["leaves"] for change in shapes if change["leaves"]} == {
        "shop/db": ["final snapshot of shop/db"]
    }
    assert "leaves" not in tuienv("plan", "shop", "--destroy", "--delete-data", "--no-final-snapshot").out
    assert tuienv("destroy", "shop", "--yes", "--no-final-snapshot").code == 64
    assert tuienv("destroy", "shop", "--yes", "--delete-data").code == 0
    assert len(sandbox.snapshots) == 1
    assert tuienv("apply", "shop", "--yes").code == 0
    assert tuienv("destroy", "shop", "--yes", "--delete-data", "--no-final-snapshot").code == 0
    assert len(sandbox.snapshots) == 1
    assert "tuienv destroy shop --delete-data --no-final-snapshot" in tuienv("journal", "--output", "json").out
