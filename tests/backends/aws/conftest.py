"""Keys that open nothing, and what answers in AWS's place."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.backends.aws.stub import REGION, Stub
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
