"""Keys that open nothing, what answers in AWS's place, and an AWS that keeps records alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.backends.aws import courses
from tests.backends.aws.stub import REGION, Stub
from tests.contract import specs
from tests.contract.aws_harness import RecordsHarness
from tests.contract.trial import Trial
from tuienv.backends.aws.asking import Asker
from tuienv.backends.aws.looking.atlas import Atlas


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Stub:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "no-secret-at-all")
    monkeypatch.setenv("AWS_REGION", REGION)
    return Stub()


@pytest.fixture
def atlas(stub: Stub) -> Iterator[Atlas]:
    """What looks at it."""
    asker = Asker(stub.session())
    yield Atlas(asker, "")
    asker.close()
    asker.session.close()


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RecordsHarness]:
    harness = RecordsHarness(tmp_path_factory.mktemp("journals"))
    yield harness
    harness.close()


@pytest.fixture
def trial(harness: RecordsHarness, tmp_path: Path) -> Iterator[Trial]:
    """What plans and looks, past every fault."""
    trial = Trial(harness, specs.full(harness, courses.NAME), tmp_path / "journal.sqlite")
    yield trial
    trial.backend.close()
    harness.wipe(courses.NAME)
