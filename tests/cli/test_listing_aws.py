"""`ls` with an AWS profile that cannot be used: one sentence with the command that mends it, and all else is listed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.backends.aws.unusable import unusable_profiles
from tests.cli.conftest import Tuienv
from tests.worker.heard import Heard
from tuienv.cli.codes import Exit
from tuienv.model.state import ConnectionChanged, EnvironmentsChanged
from tuienv.worker.client import Worker
from tuienv.worker.options import Options

REGION = "`aws configure set region REGION`, or write the profile as NAME@REGION."

UNUSABLE = {
    "acme": (Exit.NOT_AUTHENTICATED, "Sign in again: `aws sso login --profile acme`."),
    "keys": (Exit.NOT_AUTHENTICATED, "there are no credentials. Sign in: `aws configure --profile keys`."),
    "acme-prod": (Exit.FAILED, "there is no profile of that name. `aws configure list-profiles` lists them."),
    "nowhere": (Exit.FAILED, f"no region is set. {REGION}"),
    "moon": (Exit.FAILED, f"there is no region us-moon-1. {REGION}"),
}
"""By profile: how `ls` exits, and what it says."""


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unusable_profiles(tmp_path, monkeypatch)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")


@pytest.fixture(params=UNUSABLE)
def profile(request: pytest.FixtureRequest, folder: Path) -> str:
    """One that an environment of its own is to be looked at with."""
    (folder / "environments").mkdir()
    (folder / "environments/cloud.yaml").write_text(
        f"environment: cloud\nbackend: aws\nprofile: {request.param}\nlayers:\n"
        '  cache: {kind: cache, engine: redis, version: "7"}\n'
    )
    return str(request.param)


@pytest.mark.usefixtures("applied")
def test_ls_says_what_is_wrong_and_lists_the_others(tuienv: Tuienv, profile: str) -> None:
    code, said = UNUSABLE[profile]
    result = tuienv("ls")
    assert result.code == code
    assert re.search(r"^shop +● running", result.out, re.MULTILINE)
    assert re.search(r"^cloud +\? unknown", result.out, re.MULTILINE)
    (line,) = result.err.splitlines()
    assert line.startswith("tuienv: ")
    assert line.endswith(said)
    assert "token-of-acme" not in result.err


@pytest.mark.usefixtures("shop", "demo")
async def test_the_first_look_of_the_screen_says_it_too(profile: str) -> None:
    """Its worker tells the failure once, and what it sees with the others."""
    worker = Worker(Options())
    heard = Heard(worker)

    def of_aws() -> list[ConnectionChanged]:
        return [one for one in heard.of(ConnectionChanged) if one.backend == "aws" and one.failure is not None]

    def named() -> set[str]:
        return {state.name for one in heard.of(EnvironmentsChanged) for state in one.environments}

    try:
        await worker.start()
        (told,) = await heard.wait(of_aws)
        await heard.wait(lambda: "shop-staging" in named())
    finally:
        await worker.stop()
    assert told.failure is not None
    assert told.profile == profile
    assert str(told.failure).endswith(UNUSABLE[profile][1])
    assert len(of_aws()) == 1
