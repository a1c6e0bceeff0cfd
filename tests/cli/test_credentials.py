"""`credentials`: who acts, chosen and kept without a secret on any command line or in any file."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import keyring
import pytest

from tests.cli.conftest import Tuienv
from tests.heroku_platform import HerokuPlatform, Program
from tests.keyrings import Hanging, InMemory, PlaintextKeyring
from tuienv.backends.sandbox import accounts
from tuienv.cli.codes import Exit
from tuienv.credentials import keyring as store
from tuienv.settings import paths

SECRET = "sandbox:acme"


@pytest.fixture(autouse=True)
def kept() -> Iterator[InMemory]:
    """A keyring that works."""
    before = keyring.get_keyring()
    made = InMemory()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


@pytest.fixture
def piped(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put a text on standard input."""
    return lambda text: monkeypatch.setattr(sys, "stdin", io.StringIO(text))


@pytest.fixture
def acme(tuienv: Tuienv, piped: Callable[[str], None]) -> None:
    """A profile that tuienv keeps."""
    piped(f"{SECRET}:3600\n")
    assert tuienv("credentials", "add", "sandbox", "acme").code == 0


def by_name(tuienv: Tuienv) -> dict[str | None, dict[str, object]]:
    listed = tuienv("credentials", "list", "--output", "json").json
    return {one["profile"]: one for one in listed if one["backend"] == "sandbox"}


def test_a_profile_nobody_uses_is_listed_and_not_asked(tuienv: Tuienv) -> None:
    listed = by_name(tuienv)
    assert set(listed) == {None, "visitor"}
    assert listed["visitor"] == {
        "backend": "sandbox",
        "profile": "visitor",
        "source": "memory",
        "default": False,
        "in_use": False,
        "environments": [],
        "account": None,
        "name": None,
        "expires_at": None,
        "error": None,
    }


@pytest.mark.usefixtures("shop")
def test_a_profile_that_a_file_names_is_in_use(tuienv: Tuienv) -> None:
    one = by_name(tuienv)[None]
    assert (one["in_use"], one["account"]) == (True, "sandbox-1")


def test_using_a_profile_shows_its_identity_before_it_counts(tuienv: Tuienv) -> None:
    refused = tuienv("credentials", "use", "sandbox", "visitor")
    assert refused.code == 3
    assert "sandbox visitor is a visitor · sandbox-visitor. It will be used for" in refused.err
    assert not paths().profiles.exists()
    assert tuienv("credentials", "use", "sandbox", "visitor", "--yes").code == 0
    listed = by_name(tuienv)
    assert listed["visitor"]["in_use"] is True
    assert listed["visitor"]["expires_at"] is not None


@pytest.mark.usefixtures("applied")
def test_what_was_chosen_is_what_is_looked_at(tuienv: Tuienv) -> None:
    assert tuienv("status", "shop").code == 0
    tuienv("credentials", "use", "sandbox", "visitor", "--environment", "shop", "--yes")
    seen = tuienv("status", "shop", "--output", "json").json
    assert {layer["profile"] for layer in seen["layers"]} == {"visitor"}
    assert seen["status"] == "absent"
    assert by_name(tuienv)["visitor"]["environments"] == ["shop"]
    tuienv("credentials", "use", "sandbox", "--environment", "shop", "--yes")
    assert tuienv("status", "shop", "--output", "json").json["status"] == "running"


def test_one_that_is_signed_out_cannot_be_chosen(tuienv: Tuienv, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "_STARTED", 0.0)
    result = tuienv("credentials", "use", "sandbox", "visitor", "--yes")
    assert result.code == 4
    assert "the session has ended" in result.err
    assert not paths().profiles.exists()


def test_testing_one_that_is_signed_out_says_how_to_renew(tuienv: Tuienv, monkeypatch: pytest.MonkeyPatch) -> None:
    assert tuienv("credentials", "test", "sandbox", "visitor").code == 0
    monkeypatch.setattr(accounts, "_STARTED", 0.0)
    result = tuienv("credentials", "test", "sandbox", "visitor")
    assert result.code == 4
    assert "Sign in again: tuienv credentials test sandbox visitor" in result.err


def test_a_secret_that_is_piped_in_goes_to_the_keyring_and_nowhere_else(
    tuienv: Tuienv, piped: Callable[[str], None], kept: InMemory
) -> None:
    piped(f"{SECRET}:3600\n")
    result = tuienv("credentials", "add", "sandbox", "acme", "--output", "json")
    assert result.code == 0
    assert result.json["added"]["account"] == "acme"
    assert kept.kept == {("tuienv", "profile:sandbox:acme"): f"{SECRET}:3600"}
    assert SECRET not in result.out + result.err
    root = paths().state.parent
    assert not [file for file in root.rglob("*") if file.is_file() and SECRET in file.read_text("latin-1")]


@pytest.mark.usefixtures("acme")
def test_one_that_is_kept_can_be_used_and_removed(tuienv: Tuienv, kept: InMemory) -> None:
    tuienv("credentials", "use", "sandbox", "acme", "--yes")
    assert by_name(tuienv)["acme"]["account"] == "acme"
    assert tuienv("credentials", "remove", "sandbox", "acme").code == 3
    assert tuienv("credentials", "remove", "sandbox", "acme", "--yes").code == 0
    assert kept.kept == {}
    assert "acme" not in by_name(tuienv)
    assert json.loads(paths().profiles.read_text()) == {"used": {}, "environments": {}, "kept": []}


@pytest.mark.parametrize(
    ("words", "given", "code", "said"),
    [
        (("sandbox", "acme"), "nonsense", 4, "the secret is not valid"),
        (("sandbox", "acme"), "", 64, "no secret was given"),
        (("sandbox", "acme"), "x" * 70000, 64, "longer than 64 KiB"),
        (("sandbox", "visitor"), SECRET, 1, "there is one of that name in memory"),
        (("sandbox", "no/name"), SECRET, 1, "a name has letters, digits"),
        (("docker", "far"), "x", 1, "docker context create NAME"),
        (("nowhere", "far"), "x", 1, "it is not installed"),
    ],
)
def test_what_cannot_be_added_is_refused_and_not_kept(
    tuienv: Tuienv,
    piped: Callable[[str], None],
    kept: InMemory,
    words: tuple[str, str],
    given: str,
    code: int,
    said: str,
) -> None:
    piped(given)
    result = tuienv("credentials", "add", *words)
    assert (result.code, result.out) == (code, "")
    assert said in result.err
    assert kept.kept == {}


def test_what_others_keep_is_not_removed(tuienv: Tuienv) -> None:
    result = tuienv("credentials", "remove", "sandbox", "visitor", "--yes")
    assert result.code == 1
    assert "it is kept in memory. Remove it there" in result.err


def test_without_a_keyring_the_choices_are_named(
    tuienv: Tuienv, piped: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    from keyring.backends.fail import Keyring

    keyring.set_keyring(Keyring())  # type: ignore[no-untyped-call]  # keyring has no types there
    piped(SECRET)
    result = tuienv("credentials", "add", "sandbox", "acme")
    assert result.code == 1
    assert "the keyring is missing on this system, so nothing was kept" in result.err
    assert "keyrings.cryptfile" in result.err
    assert "TUIENV_PROFILE_SANDBOX_ACME" in result.err
    monkeypatch.setenv("TUIENV_PROFILE_SANDBOX_ACME", SECRET)
    assert "acme" in tuienv("credentials", "test", "sandbox", "acme").out


def test_no_secret_is_kept_in_plain_text(tuienv: Tuienv, piped: Callable[[str], None]) -> None:
    made = PlaintextKeyring()
    keyring.set_keyring(made)
    piped(SECRET)
    result = tuienv("credentials", "add", "sandbox", "acme")
    assert result.code == 1
    assert "would keep it in plain text (PlaintextKeyring), so nothing was kept" in result.err
    assert made.kept == {}


def test_a_keyring_that_hangs_holds_up_nothing_else(tuienv: Tuienv, monkeypatch: pytest.MonkeyPatch) -> None:
    hanging = Hanging()
    keyring.set_keyring(hanging)
    monkeypatch.setattr(store, "TIMEOUT", 0.05)
    result = tuienv("credentials", "test", "sandbox", "acme")
    assert result.code == 4
    assert "did not answer within 0.05 s; it may be locked" in result.err
    assert "TUIENV_PROFILE_SANDBOX_ACME" in result.err
    assert tuienv("credentials", "test", "sandbox").code == 0
    hanging.answered.set()


def test_a_file_of_choices_that_is_broken_is_as_none(tuienv: Tuienv) -> None:
    paths().state.mkdir(parents=True)
    for content in ("[", "[]", '{"used": 3, "kept": [1, ["a"]], "environments": {"x": 3}}', "[" * 100_000):
        paths().profiles.write_text(content)
        assert tuienv("credentials", "list").code == 0


def test_what_was_remembered_of_another_account_is_forgotten(tuienv: Tuienv) -> None:
    frames = paths().cache / "frames"
    frames.mkdir(parents=True)
    (frames / "x").write_text("a picture of another account")
    Path(paths().cache / "live.json").write_text("{}")
    tuienv("credentials", "use", "sandbox", "visitor", "--yes")
    assert not [file for file in paths().cache.rglob("*") if file.is_file()]


# --- a second factor --------------------------------------------------------------------------------------------


def test_a_second_factor_is_given_from_standard_input(
    tuienv: Tuienv, piped: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    with HerokuPlatform() as platform:
        account = platform.account("somebody@example.com", "key-of-somebody")
        app = platform.app("theirs", account, Program())
        account.second_factor = "123456"
        monkeypatch.setenv("HEROKU_HOST", platform.url)
        monkeypatch.setenv("HEROKU_API_KEY", "key-of-somebody")
        refused = tuienv("config", "theirs/web", "--backend", "heroku")
        assert refused.code == Exit.FAILED
        assert "tuienv credentials authorize heroku theirs" in refused.err
        piped("654321\n")
        assert tuienv("credentials", "authorize", "heroku", "theirs").code == Exit.FAILED
        piped("123456\n")
        given = tuienv("credentials", "authorize", "heroku", "theirs")
        assert (given.code, given.out) == (0, "authorized theirs\n")
        assert app.id in account.preauthorized
        assert "123456" not in given.err


def test_a_provider_without_a_second_factor_says_so(tuienv: Tuienv, piped: Callable[[str], None]) -> None:
    piped("123456\n")
    refused = tuienv("credentials", "authorize", "sandbox", "shop")
    assert refused.code == Exit.FAILED
    assert "asks for no code" in refused.err
