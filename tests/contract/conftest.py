"""The providers that the contract suite runs against, and the environment that most of its tests share."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.contract import planted, specs
from tests.contract.aws_harness import AwsHarness, RecordsHarness
from tests.contract.docker_harness import DockerHarness
from tests.contract.harness import Harness
from tests.contract.heroku_harness import HerokuHarness
from tests.contract.sandbox_harness import SandboxHarness
from tests.contract.trial import Trial

PROVIDERS = ("sandbox", "heroku", "docker", "aws")
KILLED = ("sandbox", "heroku", "docker", "aws-records")
"""Who is killed at every step: of AWS the form that keeps records and starts nothing, where that takes milliseconds."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "harness" in metafunc.fixturenames:
        names: tuple[str, ...] = KILLED if "killed_at_every_step" in metafunc.function.__name__ else PROVIDERS
        metafunc.parametrize("harness", names, indirect=True, scope="session")


@pytest.fixture(scope="session")
def harness(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    journals = tmp_path_factory.mktemp("journals")
    if request.param == "docker":
        with closing(DockerHarness(request.getfixturevalue("docker_engine"), journals)) as docker:
            yield docker
    elif request.param == "aws":
        with closing(AwsHarness(request.getfixturevalue("docker_engine"), journals)) as aws:
            yield aws
    elif request.param == "aws-records":
        with closing(RecordsHarness(journals)) as kept:
            yield kept
    elif request.param == "heroku":
        with closing(HerokuHarness(journals)) as heroku:
            yield heroku
    else:
        with closing(SandboxHarness(journals)) as sandbox:
            yield sandbox


@pytest.fixture(autouse=True)
def nothing_leaks(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> Iterator[None]:
    """A secret of every source is planted, and none is found in whatever was written while the test ran: files of
    ours, journals, both outputs, logs."""
    for name, value in planted.VARIABLES.items():
        monkeypatch.setenv(name, value)
    yield
    out, err = capfd.readouterr()
    logged = "".join(map(logging.Formatter().format, caplog.get_records("call")))
    found = planted.found_in(out + err + logged) + planted.found_below(tmp_path)
    for folder in tmp_path_factory.getbasetemp().glob("*/"):
        if folder.name.startswith(("journals", "shop", "fresh")):
            found += planted.found_below(folder)
    assert not found


@pytest.fixture(scope="session")
def made(harness: Harness, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    """An environment with a layer of each kind, made once for all tests of a provider."""
    trial = Trial(
        harness, specs.full(harness, f"contract-{os.getpid()}-shop"), tmp_path_factory.mktemp("shop") / "journal.sqlite"
    )
    try:
        trial.apply()
        yield trial
    finally:
        trial.backend.close()
        harness.wipe(trial.name)


@pytest.fixture
def shop(made: Trial) -> Trial:
    """That environment, put right again after whatever the test before did to it."""
    made.apply()
    return made


@pytest.fixture
def fresh(harness: Harness, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    """A small environment that does not exist yet."""
    trial = Trial(
        harness,
        specs.small(harness, f"contract-{os.getpid()}-fresh"),
        tmp_path_factory.mktemp("fresh") / "journal.sqlite",
    )
    yield trial
    trial.backend.close()
    harness.wipe(trial.name)
