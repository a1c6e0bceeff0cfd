"""The profiles of AWS's tools: found in their files, whatever these hold; and when their credentials run out."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.backends.aws.stub import Stub
from tuienv.backends.aws import expiring
from tuienv.backends.aws.expiring import expires_at, moment
from tuienv.backends.aws.profiles import find_profiles
from tuienv.model import Profile

CONFIG = """\
[default]
region = eu-west-1

[profile acme-dev]
sso_session = acme
sso_account_id = 111122223333
sso_role_name = Developer

[profile acme-old]
sso_start_url = https://acme.awsapps.com/start

[profile acme-prod]
role_arn = arn:aws:iam::444455556666:role/Deploy
source_profile = acme-dev
s3 =
    max_concurrent_requests = 20

[profile "with space"]
login_session = arn:aws:iam::111122223333:user/ann

[sso-session acme]
sso_start_url = https://acme.awsapps.com/start
sso_region = eu-west-1

[services local]
"""

CREDENTIALS = """\
[default]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = not-a-secret

[federated]
aws_access_key_id = ASIAIOSFODNN7EXAMPLE
aws_session_token = not-a-token
x_security_token_expires = 2026-11-24T13:00:00+00:00
"""


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """Variables that say where the files are."""
    (tmp_path / "config").write_text(CONFIG)
    (tmp_path / "credentials").write_text(CREDENTIALS)
    return {
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
    }


def by_name(environ: dict[str, str]) -> dict[str, Profile]:
    return {profile.name: profile for profile in find_profiles(environ)}


def test_profiles_of_both_files_in_their_order(files: dict[str, str]) -> None:
    found = find_profiles(files)
    assert [one.name for one in found] == ["default", "acme-dev", "acme-old", "acme-prod", "with space", "federated"]
    assert {one.source for one in found} == {files["AWS_CONFIG_FILE"], files["AWS_SHARED_CREDENTIALS_FILE"]}
    assert [one.name for one in found if one.default] == ["default"]


def test_those_that_run_out_say_how_they_are_renewed(files: dict[str, str]) -> None:
    renewals = {name: " ".join(profile.renew) for name, profile in by_name(files).items()}
    assert renewals == {
        "default": "",
        "acme-dev": "aws sso login --profile acme-dev",
        "acme-old": "aws sso login --profile acme-old",
        "acme-prod": "aws sso login --profile acme-dev",  # the role is taken with that one's credentials
        "with space": "aws login --profile with space",
        "federated": "",
    }


@pytest.mark.parametrize(
    ("variables", "default"),
    [
        ({"AWS_PROFILE": "acme-dev"}, "acme-dev"),
        ({"AWS_DEFAULT_PROFILE": "acme-old", "AWS_PROFILE": "acme-dev"}, "acme-old"),
        ({"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_PROFILE": "acme-dev"}, ""),
        ({"AWS_WEB_IDENTITY_TOKEN_FILE": "/token"}, ""),
        ({"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23"}, ""),
    ],
)
def test_variables_say_which_is_used_now(files: dict[str, str], variables: dict[str, str], default: str) -> None:
    found = find_profiles({**files, **variables})
    assert [one.name for one in found if one.default] == [default]


def test_a_machine_without_files_has_none(tmp_path: Path) -> None:
    nowhere = {"AWS_CONFIG_FILE": str(tmp_path / "a"), "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "b")}
    assert find_profiles(nowhere) == []


def test_a_circle_of_roles_has_an_end(files: dict[str, str]) -> None:
    Path(files["AWS_CONFIG_FILE"]).write_text("[profile a]\nsource_profile = b\n[profile b]\nsource_profile = a\n")
    assert by_name(files)["a"].renew == ()
    assert expires_at("a", files) is None


def test_finding_them_imports_no_sdk(files: dict[str, str]) -> None:
    program = (
        "import sys; from tuienv.backends.aws.profiles import find_profiles; assert find_profiles();"
        "sys.exit(any(name.startswith(('boto', 'urllib3')) for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], env=files, check=False).returncode == 0


@given(st.text(max_size=200), st.binary(max_size=200))
def test_whatever_the_files_hold_nothing_is_raised(
    tmp_path_factory: pytest.TempPathFactory, text: str, raw: bytes
) -> None:
    folder = tmp_path_factory.mktemp("aws")
    (folder / "config").write_text(f"[profile x]\n{text}", errors="replace")
    (folder / "credentials").write_bytes(raw)
    environ = {"AWS_CONFIG_FILE": str(folder / "config"), "AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials")}
    for profile in find_profiles(environ):
        assert profile.name.isprintable()
    expires_at("x", environ)


# --- when they run out ------------------------------------------------------------------------------------------

SOON = "2026-11-24T12:52:00Z"


@pytest.fixture
def signed_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder where AWS's tools keep the tokens of SSO sessions."""
    monkeypatch.setattr(expiring, "SSO_CACHE", str(tmp_path))
    return tmp_path


def sign_in(folder: Path, started: str, **more: str) -> None:
    """As ``aws sso login`` does."""
    name = hashlib.sha1(started.encode()).hexdigest()
    (folder / f"{name}.json").write_text(json.dumps({"accessToken": "a-token", "expiresAt": SOON, **more}))


def test_an_sso_session_ends_when_its_token_does(files: dict[str, str], signed_in: Path) -> None:
    assert expires_at("acme-dev", files) is None
    sign_in(signed_in, "acme")
    assert expires_at("acme-dev", files) == moment(SOON)
    assert expires_at("acme-prod", files) == moment(SOON)  # a role is as fresh as who takes it


def test_an_older_sso_profile_goes_by_its_start_url(files: dict[str, str], signed_in: Path) -> None:
    sign_in(signed_in, "https://acme.awsapps.com/start")
    assert expires_at("acme-old", files) == moment(SOON)


def test_a_token_that_renews_itself_ends_with_its_registration(files: dict[str, str], signed_in: Path) -> None:
    sign_in(signed_in, "acme", refreshToken="a-token", registrationExpiresAt="2027-02-01T00:00:00Z")
    assert expires_at("acme-dev", files) == moment("2027-02-01T00:00:00Z")


def test_keys_with_an_end_say_it(files: dict[str, str]) -> None:
    assert expires_at("federated", files) == moment("2026-11-24T13:00:00Z")
    assert expires_at("default", files) is None
    keys = {"AWS_ACCESS_KEY_ID": "ASIAIOSFODNN7EXAMPLE", "AWS_CREDENTIAL_EXPIRATION": SOON}
    assert expires_at("", {**files, **keys}) == moment(SOON)
    assert expires_at("", {**files, "AWS_PROFILE": "federated"}) == moment("2026-11-24T13:00:00Z")


@pytest.mark.parametrize(
    "text",
    ["2026-11-24T12:00:00Z", "2026-11-24T12:00:00+00:00", "2026-11-24T12:00:00UTC", "2026-11-24 12:00:00"],
)
def test_times_as_the_tools_write_them(text: str) -> None:
    assert moment(text) == 1795521600.0


@given(st.one_of(st.none(), st.text(max_size=40), st.integers()))
def test_what_is_no_time_is_none(anything: object) -> None:
    assert moment(anything) is None or isinstance(moment(anything), float)


def test_identity_says_until_when(stub: Stub, files: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    from tuienv.backends.aws import open_backend

    monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", SOON)
    stub.on("sts", "GetCallerIdentity", {"Account": "111122223333", "Arn": "arn:aws:iam::111122223333:user/ann"})
    backend = open_backend()
    backend.session = stub.session()
    identity = backend.identity()
    assert (identity.account, identity.expires_at) == ("111122223333", moment(SOON))
    assert identity.name == "user/ann · us-east-1"
    backend.close()
