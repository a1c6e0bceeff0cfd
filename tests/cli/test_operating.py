"""scale, restart, stop, start, config: what changes the live world and not the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Tuienv
from tests.cli.test_changing import answering
from tuienv.backends.sandbox import Cloud
from tuienv.model import Size, Status


def test_scale_out_asks_nothing_and_says_what_the_file_says(tuienv: Tuienv, applied: Path, sandbox: Cloud) -> None:
    result = tuienv("scale", "shop/web=5")
    assert (result.code, result.out) == (0, "shop/web: 1 change done\n")
    assert len(sandbox.records("shop", "web")) == 5
    assert "tuienv.yaml still says replicas: 3 for web: plan shows it, and apply goes back to it." in result.err
    assert "scale    shop/web  replicas: 5 → 3" in tuienv("plan", "shop").out


def test_a_size_that_the_file_does_not_name_is_no_drift(tuienv: Tuienv, applied: Path) -> None:
    result = tuienv("scale", "shop/db", "--size", "medium", "-y")
    assert result.code == 0, result.err
    assert "tuienv.yaml says no size for db: new instances go without. Write it there to keep it." in result.err
    assert "still says" not in result.err
    assert tuienv("plan", "shop").code == 0


def test_scale_to_what_the_file_says_needs_no_hint(tuienv: Tuienv, applied: Path) -> None:
    result = tuienv("scale", "shop/web=3")
    assert (result.code, result.out, result.err) == (0, "shop/web: nothing to change\n", "shop: nothing to change\n")


def test_scale_in_asks(tuienv: Tuienv, applied: Path, sandbox: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    assert tuienv("scale", "shop/web=2").code == 3
    assert len(sandbox.records("shop", "web")) == 3
    answering(monkeypatch, "y")
    assert tuienv("scale", "shop/web=2").code == 0
    assert len(sandbox.records("shop", "web")) == 2
    assert tuienv("-y", "scale", "shop/web=1").code == 0
    assert len(sandbox.records("shop", "web")) == 1


def test_what_was_done_is_told_also_where_the_next_is_refused(tuienv: Tuienv, applied: Path) -> None:
    result = tuienv("scale", "shop/web=5", "shop/web=2", "--output", "json")
    assert result.code == 3
    assert [each["done"] for each in result.json] == [["scale shop/web"]]


def test_scale_several_and_their_size(tuienv: Tuienv, applied: Path, sandbox: Cloud) -> None:
    result = tuienv("scale", "shop/web=4", "shop/edge", "--size", "cpu=1,memory=256MiB")
    assert result.code == 0, result.err
    assert result.out == "shop/web: 2 changes done\nshop/edge: 1 change done\n"
    sizes = [record.blueprint.size for layer in ("web", "edge") for record in sandbox.records("shop", layer)]
    assert sizes == [Size(cpu=1.0, memory=256 * 2**20)] * 5


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("scale", "shop/web=many"), "'many' is not a number of instances"),
        (("scale", "shop/web=-1"), "'-1' is not a number of instances"),
        (("scale", "shop/web=99999999"), "at most 10000"),
        (("scale", "shop/web"), "how many? Write shop/web=5, or add --size"),
        (("scale", "shop=3"), "write ENV/LAYER"),
        (("scale", "shop/web=3", "--size", "cpu=much"), "must be a number of cores"),
        (("scale", "shop/web=3", "--size", "disk=3"), "is no size"),
        (("scale", "shop/web=3", "--size", "smal"), "small"),
        (("scale",), "Missing argument"),
    ],
)
def test_scale_refuses_what_it_cannot_read(
    tuienv: Tuienv, applied: Path, sandbox: Cloud, words: tuple[str, ...], said: str
) -> None:
    before = sandbox.mutating_calls
    result = tuienv(*words)
    assert result.code == 64
    assert said in result.err
    assert sandbox.mutating_calls == before


def test_scale_of_a_layer_that_does_not_exist(tuienv: Tuienv, applied: Path) -> None:
    result = tuienv("scale", "shop/wbe=5")
    assert result.code == 1
    assert "Did you mean 'web'?" in result.err


def test_stop_and_start(tuienv: Tuienv, applied: Path, sandbox: Cloud) -> None:
    refused = tuienv("stop", "shop/web")
    assert refused.code == 3
    assert "interrupts service" in refused.err
    assert tuienv("stop", "shop/web", "--yes").code == 0
    assert {record.as_instance().status for record in sandbox.records("shop", "web")} == {Status.STOPPED}
    assert tuienv("start", "shop/web").code == 0
    assert {record.as_instance().status for record in sandbox.records("shop", "web")} == {Status.RUNNING}


def test_restart_asks_and_restarts(tuienv: Tuienv, applied: Path, sandbox: Cloud) -> None:
    assert tuienv("restart", "shop/web/2").code == 3
    before = {record.address.instance: record.started_at for record in sandbox.records("shop", "web")}
    assert tuienv("restart", "shop/web/2", "--yes").code == 0
    after = {record.address.instance: record.started_at for record in sandbox.records("shop", "web")}
    assert [name for name in before if before[name] != after[name]] == ["2"]


def test_a_failed_operation_keeps_the_next_from_running(tuienv: Tuienv, applied: Path, sandbox: Cloud) -> None:
    result = tuienv("restart", "shop/web", "shop/nosuch", "--yes")
    assert result.code == 1
    assert "no layer 'nosuch'" in result.err


def test_config_masks_what_is_secret(tuienv: Tuienv, applied: Path) -> None:
    shown = tuienv("config", "shop/web").out
    assert "LOG_LEVEL=info" in shown
    assert "DATABASE_URL=postgresql://app:••••••••@db:5432/app" in shown
    revealed = tuienv("config", "shop/web", "--reveal").out
    assert "•" not in revealed
    assert "DATABASE_URL=postgresql://app:" in revealed


def test_config_as_json(tuienv: Tuienv, applied: Path) -> None:
    shape = tuienv("config", "shop/web", "--output", "json").json
    assert shape["address"] == "shop/web"
    assert shape["config"]["LOG_LEVEL"] == "info"
    assert "••••" in shape["config"]["DATABASE_URL"]


def test_config_sets_and_unsets(tuienv: Tuienv, applied: Path, sandbox: Cloud) -> None:
    result = tuienv("config", "shop/web", "LOG_LEVEL=debug", "API_TOKEN=hunter2=x", "--unset", "CACHE_URL")
    assert result.code == 0, result.err
    assert "tuienv.yaml does not know of this" in result.err
    for record in sandbox.records("shop", "web"):
        assert record.blueprint.variables["LOG_LEVEL"] == "debug"
        assert record.blueprint.variables["API_TOKEN"] == "hunter2=x"
        assert "CACHE_URL" not in record.blueprint.variables
    assert "hunter2" not in result.out + result.err
    assert "hunter2" not in tuienv("journal", "--output", "json").out


def test_config_that_is_as_the_file_says_needs_no_hint(tuienv: Tuienv, applied: Path) -> None:
    for words in (("LOG_LEVEL=info",), ("--unset", "NEVER_SET"), ("OLD=1",), ("--unset", "OLD")):
        result = tuienv("config", "shop/web", *words)
        assert result.code == 0, result.err
        assert ("does not know of this" in result.err) is (words == ("OLD=1",)), words
    assert tuienv("plan", "shop").code == 0


def test_config_refuses_what_means_nothing(tuienv: Tuienv, applied: Path) -> None:
    both = tuienv("config", "shop/web", "LOG_LEVEL=debug", "--unset", "LOG_LEVEL")
    assert (both.code, "cannot be both" in both.err) == (64, True)
    secret = tuienv("config", "shop/web", "--unset", "API_TOKEN=hunter2")
    assert secret.code == 64
    assert "hunter2" not in secret.err


def test_config_of_a_layer_without_variables_prints_no_line(tuienv: Tuienv, applied: Path) -> None:
    result = tuienv("config", "shop/edge")
    assert (result.code, result.out) == (0, "")
    assert result.err == "shop/edge was given no variables\n"


def test_config_never_repeats_what_may_be_a_secret(tuienv: Tuienv, applied: Path) -> None:
    result = tuienv("config", "shop/web", "API-TOKEN=hunter2")
    assert result.code == 64
    assert "'API-TOKEN' is no assignment" in result.err
    assert "hunter2" not in result.err


def test_config_of_what_does_not_exist(tuienv: Tuienv, shop: Path) -> None:
    result = tuienv("config", "shop/web")
    assert result.code == 1
    assert "shop/web does not exist yet: tuienv apply shop makes it" in result.err


def test_journal_tells_what_was_done(tuienv: Tuienv, applied: Path) -> None:
    tuienv("scale", "shop/web=4")
    shapes = tuienv("journal", "--output", "json").json
    assert set(shapes[-1]) == {
        "id",
        "started_at",
        "ended_at",
        "seconds",
        "environment",
        "address",
        "action",
        "backend",
        "profile",
        "identity",
        "reason",
        "before",
        "after",
        "user",
        "machine",
        "command",
        "outcome",
        "detail",
        "run",
        "undoes",
        "reversible",
    }
    assert [shape["action"] for shape in shapes] == ["create"] * 5 + ["scale"]
    last = shapes[-1]
    assert (last["address"], last["outcome"], last["command"]) == ("shop/web", "done", "tuienv scale shop/web=4")
    table = tuienv("journal", "--limit", "1").out
    assert table.splitlines()[0].split() == ["WHEN", "WHO", "ACTION", "ADDRESS", "OUTCOME", "COMMAND"]
    assert table.splitlines()[1].endswith("scale   shop/web  done     tuienv scale shop/web=4")


def test_journal_since(tuienv: Tuienv, applied: Path) -> None:
    assert len(tuienv("journal", "--since", "1h30m", "--output", "json").json) == 5
    assert tuienv("journal", "--since", "2999-01-01T00:00:00Z", "--output", "json").json == []
    assert tuienv("journal", "--since", "yesterday").code == 64


def test_journal_of_nothing(tuienv: Tuienv) -> None:
    result = tuienv("journal")
    assert (result.code, result.out, result.err) == (0, "", "nothing was done from here\n")


def test_releases_rollback_and_events(applied: Path, tuienv: Tuienv) -> None:
    applied.write_text(applied.read_text().replace("shop:1.0", "shop:2.0"))
    assert tuienv("apply", "shop", "--yes").code == 0
    found = tuienv("releases", "shop/web", "--output", "json").json
    assert [(one["name"], one["current"], one["status"]) for one in found] == [
        ("v2", True, "succeeded"),
        ("v1", False, "succeeded"),
    ]
    assert found[0]["differences"] == [
        {"facet": "image", "before": "registry.example.com/shop:1.0", "after": "registry.example.com/shop:2.0"}
    ]
    shown = tuienv("releases", "shop/web").out
    assert "● current" in shown
    assert "image: registry.example.com/shop:1.0 → registry.example.com/shop:2.0" in shown

    result = tuienv("rollback", "shop/web", "--yes")
    assert result.code == 0, result.err
    assert "back to v1" in result.err
    assert "apply goes forward again" in result.err
    assert tuienv("status", "shop/web", "--output", "json").json["layers"][0]["image"].endswith("shop:1.0")
    assert "tuienv rollback shop/web" in tuienv("journal").out
    assert tuienv("plan", "shop").code == 2

    happened = tuienv("events", "shop/web", "--output", "json").json
    assert [one["time"] for one in happened] == sorted(one["time"] for one in happened)
    assert "release v2: registry.example.com/shop:2.0" in [one["text"] for one in happened]
    assert "release v2" in tuienv("events", "shop/web").out
    assert len(tuienv("events", "shop/web", "--limit", "1", "--output", "json").json) == 1


def test_what_cannot_be_rolled_back_says_why(applied: Path, tuienv: Tuienv) -> None:
    refused = tuienv("rollback", "shop/web", "v7", "--yes")
    assert (refused.code, refused.out) == (1, "")
    assert "no release 'v7'. It has: v1" in refused.err
    assert "keeps no releases of a layer like this" in tuienv("rollback", "shop/db", "--yes").err
    assert tuienv("releases", "shop/nothere").code == 1
