"""protect, unprotect, lock, unlock and undo: what is kept with an environment, and going back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.conftest import Tuienv
from tests.cli.test_changing import answering
from tuienv.backends.sandbox import Cloud
from tuienv.engine.holding import this_process
from tuienv.model import Lock, Status

ADA = replace(this_process(), name="ada@laptop", place="elsewhere")


def locked(sandbox: Cloud, why: str = "migrating") -> Lock:
    """Somebody else has locked the shop, from another machine."""
    return sandbox.take_lock("shop", ADA.lock(why, 1_700_000_000.0, kept=True))


# --- protection -------------------------------------------------------------------------------------------------


def test_what_is_protected_is_not_destroyed_whatever_its_file_says(tuienv: Tuienv, applied: Path) -> None:
    assert tuienv("protect", "shop").out == "shop: 1 change done\n"
    refused = tuienv("destroy", "shop", "--yes", "--delete-data")
    assert refused.code == 3
    assert "shop is protected" in refused.err
    assert "tuienv unprotect shop" in refused.err
    assert tuienv("scale", "shop/web=4").code == 0, "and it grows"
    assert tuienv("protect", "shop").out == "shop: nothing to change\n"


def test_lifting_a_protection_wants_the_name_typed(
    tuienv: Tuienv, applied: Path, sandbox: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    tuienv("protect", "shop")
    assert tuienv("unprotect", "shop").code == 3, "nobody is there to ask"
    answering(monkeypatch, "yes")
    assert tuienv("unprotect", "shop").code == 1
    assert sandbox.protected == {"shop"}
    answering(monkeypatch, "shop")
    assert tuienv("unprotect", "shop").code == 0
    assert sandbox.protected == set()


def test_a_file_that_protects_puts_it_on_at_apply_and_editing_it_does_not_take_it_off(
    tuienv: Tuienv, shop: Path, sandbox: Cloud
) -> None:
    open_file = shop.read_text()
    shop.write_text(open_file.replace("environment: shop\n", "environment: shop\nprotected: true\n"))
    result = tuienv("apply", "shop", "--yes")
    assert result.code == 0, result.err
    assert "protect  shop" in result.err
    assert tuienv("plan", "shop").code == 0
    shop.write_text(open_file)
    refused = tuienv("destroy", "shop", "--yes")
    assert refused.code == 3
    assert "tuienv unprotect shop" in refused.err
    shape = tuienv("status", "shop", "--output", "json").json
    assert shape["protected"] is True
    assert "shop (protected)" in tuienv("ls").out
    assert tuienv("unprotect", "shop", "--yes").code == 0
    assert tuienv("destroy", "shop", "--yes", "--delete-data").code == 0
    assert sandbox.protected == set()


def test_unprotecting_says_what_the_file_still_says(tuienv: Tuienv, shop: Path) -> None:
    shop.write_text(shop.read_text().replace("environment: shop\n", "environment: shop\nprotected: true\n"))
    tuienv("apply", "shop", "--yes")
    result = tuienv("unprotect", "shop", "--yes")
    assert result.code == 0
    assert "tuienv.yaml still says protected: true" in result.err


def test_what_does_not_exist_cannot_be_protected(tuienv: Tuienv, shop: Path) -> None:
    result = tuienv("protect", "shop")
    assert result.code == 1
    assert "there is nothing of it yet" in result.err


# --- locks ------------------------------------------------------------------------------------------------------


def test_a_lock_of_ones_own_lets_oneself_pass_and_is_shown(tuienv: Tuienv, applied: Path, sandbox: Cloud) -> None:
    assert tuienv("lock", "shop", "-m", "migrating the orders").code == 0
    assert tuienv("scale", "shop/web=4").code == 0
    shape = tuienv("status", "shop", "--output", "json").json["lock"]
    assert shape["holder"] == this_process().name
    assert shape["why"] == "migrating the orders"
    assert ": migrating the orders" in tuienv("status", "shop").out
    assert "shop (locked)" in tuienv("ls").out
    assert tuienv("lock", "shop").out == "shop: nothing to change\n"
    assert tuienv("unlock", "shop").code == 0
    assert sandbox.locks == {}


def test_somebody_elses_lock_keeps_others_out_and_says_who_since_when_and_why(
    tuienv: Tuienv, applied: Path, sandbox: Cloud
) -> None:
    locked(sandbox)
    before = sandbox.mutating_calls
    for words in (
        ("scale", "shop/web=5"),
        ("destroy", "shop", "--yes"),
        ("lock", "shop"),
        ("protect", "shop"),
        ("run", "shop/web", "hostname"),
        ("unlock", "shop"),
    ):
        refused = tuienv(*words)
        if words != ("lock", "shop"):
            assert refused.code == 3, (words, refused)
            assert "shop is locked by ada@laptop since 2023-11-1" in refused.err
            assert "migrating" in refused.err
            assert "tuienv unlock shop --break" in refused.err
    assert sandbox.mutating_calls == before
    assert tuienv("plan", "shop").code == 0
    assert tuienv("config", "shop/web").code == 0


def test_a_lock_can_be_broken_and_that_is_recorded(tuienv: Tuienv, applied: Path, sandbox: Cloud) -> None:
    locked(sandbox)
    assert tuienv("unlock", "shop", "--break").code == 3, "nobody is there to say yes"
    assert tuienv("unlock", "shop", "--break", "--yes").code == 0
    last = tuienv("journal", "--output", "json").json[-1]
    assert (last["action"], last["before"]) == ("unlock", "locked by ada@laptop: migrating")
    assert tuienv("scale", "shop/web=5").code == 0


def test_the_lock_of_a_run_that_was_killed_is_taken_off_by_the_next(
    tuienv: Tuienv, applied: Path, sandbox: Cloud
) -> None:
    killed = replace(this_process(), pid=2**22 - 1, start="1")
    sandbox.take_lock("shop", killed.lock("tuienv apply shop", 1_700_000_000.0))
    assert tuienv("scale", "shop/web=5").code == 0
    assert sandbox.locks == {}
    records = tuienv("journal", "--output", "json").json
    assert [record["action"] for record in records[-2:]] == ["break lock", "scale"]


def test_nothing_to_do_still_clears_what_a_killed_run_left(tuienv: Tuienv, applied: Path, sandbox: Cloud) -> None:
    killed = replace(this_process(), boot="before")
    sandbox.take_lock("shop", killed.lock("tuienv apply shop", 1_700_000_000.0))
    assert tuienv("--read-only", "apply", "shop").code == 0
    assert sandbox.locks, "a read-only session changes nothing at all"
    assert tuienv("apply", "shop").code == 0
    assert sandbox.locks == {}


def test_a_lock_takes_the_place_of_one_that_a_killed_run_left(tuienv: Tuienv, applied: Path, sandbox: Cloud) -> None:
    """There is nothing to do, as long as that is there; and then there is."""
    killed = replace(this_process(), pid=2**22 + 1, start="1").lock("tuienv scale shop/web=5", 1_700_000_000.0)
    sandbox.take_lock("shop", killed)
    result = tuienv("lock", "shop", "-m", "mine")
    assert result.code == 0, result.err
    assert result.out == "shop: 1 change done\n"
    assert "The fresh plan" in result.err
    assert sandbox.locks["shop"].why == "mine"


def test_a_lock_is_not_said_to_be_on_where_it_is_somebody_elses(tuienv: Tuienv, applied: Path, sandbox: Cloud) -> None:
    hers = locked(sandbox)
    refused = tuienv("lock", "shop", "-m", "mine")
    assert refused.code == 3
    assert "shop is locked by ada@laptop" in refused.err
    sandbox.locks["shop"] = running = ADA.lock("tuienv scale shop/web=5", 1_700_000_000.0)
    refused = tuienv("lock", "shop", "-m", "mine")
    assert refused.code == 3
    assert "shop is being changed by ada@laptop" in refused.err
    assert sandbox.locks == {"shop": running}
    assert hers != running


# --- undo -------------------------------------------------------------------------------------------------------


def undone(tuienv: Tuienv, *words: str) -> None:
    result = tuienv("undo", "shop", "--yes", *words)
    assert result.code == 0, result.err


def test_scaling_and_stopping_are_undone_one_after_the_other(tuienv: Tuienv, applied: Path, sandbox: Cloud) -> None:
    tuienv("scale", "shop/web=5")
    tuienv("stop", "shop/web", "--yes")
    undone(tuienv)
    assert {record.as_instance().status for record in sandbox.records("shop", "web")} == {Status.RUNNING}
    undone(tuienv)
    assert len(sandbox.records("shop", "web")) == 3
    last = tuienv("journal", "--output", "json").json[-1]
    assert last["undoes"]
    assert last["command"] == "tuienv undo shop"


def test_scaled_to_nothing_is_done_and_undone(tuienv: Tuienv, applied: Path, sandbox: Cloud) -> None:
    assert tuienv("scale", "shop/web=0", "--yes").code == 0
    assert sandbox.records("shop", "web") == []
    undone(tuienv)
    assert len(sandbox.records("shop", "web")) == 3


def test_a_size_is_given_back(tuienv: Tuienv, applied: Path, sandbox: Cloud) -> None:
    tuienv("scale", "shop/web", "--size", "large")
    undone(tuienv)
    assert {str(record.blueprint.size) for record in sandbox.records("shop", "web")} == {"small"}


def test_settings_go_back_unless_one_was_secret(tuienv: Tuienv, applied: Path, sandbox: Cloud) -> None:
    tuienv("config", "shop/web", "LOG_LEVEL=debug", "NEW=1")
    undone(tuienv)
    variables = sandbox.records("shop", "web")[0].blueprint.variables
    assert variables["LOG_LEVEL"] == "info"
    assert "NEW" not in variables
    tuienv("config", "shop/web", "EMPTY=")
    tuienv("config", "shop/web", "EMPTY=full")
    undone(tuienv)
    assert sandbox.records("shop", "web")[0].blueprint.variables["EMPTY"] == ""
    tuienv("config", "shop/web", "API_TOKEN=hunter2-hunter2")
    undone(tuienv)
    tuienv("config", "shop/web", "API_TOKEN=hunter2-hunter2")
    tuienv("config", "shop/web", "API_TOKEN=other-secret-9")
    refused = tuienv("undo", "shop", "--yes")
    assert refused.code == 1
    assert "what API_TOKEN had before is secret" in refused.err


def test_what_was_created_without_data_goes_and_what_has_data_stays(
    tuienv: Tuienv, applied: Path, sandbox: Cloud
) -> None:
    result = tuienv("undo", "--yes")
    assert result.code == 0, result.err
    assert {record.address.layer for record in sandbox.records("shop")} == {"cache", "db"}
    assert "create shop/db cannot be undone: it may hold data by now" in result.err


def test_what_nobody_has_to_undo_any_more_is_passed(tuienv: Tuienv, applied: Path, sandbox: Cloud) -> None:
    tuienv("config", "shop/web", "LOG_LEVEL=debug")
    tuienv("scale", "shop/web=4")
    sandbox.delete_instance(sandbox.records("shop", "web")[-1])
    assert tuienv("undo", "shop", "--yes").out == "shop: nothing to change\n"
    undone(tuienv)
    assert sandbox.records("shop", "web")[0].blueprint.variables["LOG_LEVEL"] == "info"


def test_marks_are_undone_too(tuienv: Tuienv, applied: Path, sandbox: Cloud) -> None:
    tuienv("protect", "shop")
    tuienv("lock", "shop", "-m", "busy")
    undone(tuienv)
    assert sandbox.locks == {}
    undone(tuienv)
    assert sandbox.protected == set()


def test_undo_asks_first_and_is_refused_like_what_it_does(tuienv: Tuienv, applied: Path, folder: Path) -> None:
    tuienv("scale", "shop/web=5")
    assert tuienv("undo", "shop").code == 3
    assert tuienv("--read-only", "undo", "shop", "--yes").code == 3


def test_nothing_to_undo(tuienv: Tuienv, shop: Path) -> None:
    result = tuienv("undo")
    assert result.code == 1
    assert "Nothing was done from here that could be undone" in result.err
