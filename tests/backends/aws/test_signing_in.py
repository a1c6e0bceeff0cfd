"""Credentials that cannot be used: one sentence, with the command that mends it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tuienv.backends.aws import open_backend
from tuienv.backends.base import Invalid, NotAuthenticated, ProviderError
from tuienv.cli import run
from tuienv.cli.codes import Exit

CONFIG = """\
[profile acme]
sso_session = acme
sso_account_id = 111122223333
sso_role_name = Developer
region = us-east-1

[profile deploy]
role_arn = arn:aws:iam::444455556666:role/Deploy
source_profile = acme
region = us-east-1

[profile chain]
role_arn = arn:aws:iam::777788889999:role/Deploy
source_profile = deploy
region = us-east-1

[profile keys]
region = us-east-1

[profile nowhere]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = no-secret-at-all

[sso-session acme]
sso_start_url = https://acme.awsapps.com/start
sso_region = us-east-1
"""


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with a config file, and the token of a session that ran out."""
    cache = tmp_path / ".aws/sso/cache"
    cache.mkdir(parents=True)
    token = {"accessToken": "token-of-acme", "expiresAt": "2020-01-01T00:00:00Z", "region": "us-east-1"}
    (cache / f"{hashlib.sha1(b'acme').hexdigest()}.json").write_text(json.dumps(token))
    (tmp_path / ".aws/config").write_text(CONFIG)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / ".aws/config"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
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
