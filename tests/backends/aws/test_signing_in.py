"""Credentials that cannot be used: one sentence, with the command that mends it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.backends.aws.unusable import unusable_profiles
from tuienv.backends.aws import open_backend
from tuienv.backends.base import Invalid, NotAuthenticated, ProviderError
from tuienv.cli import run
from tuienv.cli.codes import Exit


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    unusable_profiles(tmp_path, monkeypatch)
    return tmp_path


def refusal(profile: str, kind: type[ProviderError]) -> str:
    """What both a first question and a look say; neither gets as far as AWS."""
    backend = open_backend(profile)
    said = []
    asks: list[Callable[[], object]] = [backend.identity, backend.discover, lambda: backend.observe("shop")]
    for ask in asks:
        with pytest.raises(kind) as refused:
            ask()
        assert "token-of-acme" not in str(refused.value)
        said.append(f"{refused.value.said}. {refused.value.remedy}")
    backend.close()
    assert len(set(said)) == 1, said
    return said[0]


@pytest.mark.parametrize("profile", ["acme", "deploy", "chain", "acme@eu-west-1"])
def test_a_session_that_ran_out_names_what_it_is_renewed_with(profile: str) -> None:
    assert "Sign in again: `aws sso login --profile acme`" in refusal(profile, NotAuthenticated)


def test_no_credentials() -> None:
    assert refusal("keys", NotAuthenticated) == ("there are no credentials. Sign in: `aws configure --profile keys`.")


def test_no_such_profile() -> None:
    assert refusal("acme-prod", Invalid) == (
        "there is no profile of that name. `aws configure list-profiles` lists them."
    )


def test_no_region_and_how_to_name_one() -> None:
    assert refusal("nowhere", Invalid) == (
        "no region is set. `aws configure set region REGION`, or write the profile as NAME@REGION."
    )


def test_opening_one_contacts_nobody_whatever_it_is() -> None:
    for profile in ("acme", "acme-prod", "nowhere", "@", "a@b@c"):
        open_backend(profile).close()


@pytest.mark.parametrize("command", [("plan", "shop"), ("status", "shop"), ("credentials", "test", "aws")])
@pytest.mark.parametrize(
    ("profile", "code", "said"),
    [
        ("acme", Exit.NOT_AUTHENTICATED, "Sign in again: `aws sso login --profile acme`"),
        ("keys", Exit.NOT_AUTHENTICATED, "there are no credentials. Sign in: `aws configure --profile keys`"),
        ("acme-prod", Exit.FAILED, "there is no profile of that name. `aws configure list-profiles` lists them"),
        (
            "nowhere",
            Exit.FAILED,
            "no region is set. `aws configure set region REGION`, or write the profile as NAME@REGION",
        ),
    ],
)
def test_commands_say_it_in_one_sentence(
    machine: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: Sequence[str],
    profile: str,
    code: Exit,
    said: str,
) -> None:
    (machine / "tuienv.yaml").write_text(
        f"environment: shop\nbackend: aws\nprofile: {profile}\nlayers:\n"
        '  cache: {kind: cache, engine: redis, version: "7"}\n'
    )
    monkeypatch.chdir(machine)
    monkeypatch.setenv("AWS_PROFILE", profile)
    assert run(list(command)) == code
    out, err = capsys.readouterr()
    assert said in " ".join(f"{out} {err}".split())
    assert "Traceback" not in err
