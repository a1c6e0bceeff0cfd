"""plan, ls, status, logs, check and the rest that only looks: no call that changes anything, on any provider."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.contract.trial import Trial
from tuienv.backends.base import Backends
from tuienv.cli import run as tuienv
from tuienv.cli.session import Session

FILE = """\
environment: {name}
backend: {backend}
protected: true
layers:
  web: {{kind: app, image: "other:9", port: 8000, replicas: 7, environment: {{LEVEL: debug}}}}
  more: {{kind: cache, engine: redis, version: "7"}}
"""
"""As far from what there is as can be, so that every plan is full of changes."""


@pytest.fixture
def file(made: Trial, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "tuienv.yaml"
    path.write_text(FILE.format(name=made.name, backend=made.backend.name))
    return path


LOOKS: Sequence[tuple[str, ...]] = (
    ("ls",),
    ("status", "ENV"),
    ("status", "ENV/web", "--output", "json"),
    ("plan", "ENV"),
    ("plan", "ENV", "--delete-data"),
    ("plan", "ENV", "--destroy", "--delete-data"),
    ("logs", "ENV/web", "--tail", "3"),
    ("events", "ENV/web"),
    ("releases", "ENV/web"),
    ("config", "ENV/web"),
    ("check", "tuienv.yaml"),
    ("journal",),
    ("schema",),
)


@pytest.mark.parametrize("words", LOOKS, ids=" ".join)
def test_a_look_changes_nothing(
    made: Trial, file: Path, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Session, "backends", Backends({made.backend.name: lambda profile="": made.backend}))
    before = made.outside()
    calls = made.harness.count(made.backend)
    code = tuienv(["--backend", made.backend.name, *(word.replace("ENV", made.name) for word in words)])
    said = capfd.readouterr()
    assert calls.changing == []
    assert made.outside() == before
    if words[0] == "plan":
        assert (code, "loses data" in said.out) == (2, "--delete-data" in words), said
    elif words[0] not in ("events", "releases"):  # some providers have no past
        assert code == 0, said
    if words[0] not in ("check", "journal", "schema", "events", "releases"):
        assert calls.reading, "it did not even ask"


def test_the_screens_looks_change_nothing(made: Trial, file: Path) -> None:
    from tests.contract.policies import Still
    from tuienv.model import Operation, Verb
    from tuienv.worker.answers import Answers
    from tuienv.worker.options import Options

    backends = Backends({made.backend.name: lambda profile="": made.backend})
    calls = made.harness.count(made.backend)
    answers = Answers(Still(made), backends, Options())  # type: ignore[arg-type]  # as much of it as is asked
    for operation in (
        Operation(Verb.SCALE, made.address("web"), replicas=9),
        Operation(Verb.DESTROY, made.address(), delete_data=True),
        Operation(Verb.STOP, made.address("web")),
        Operation(Verb.PROTECT, made.address()),
        Operation(Verb.LOCK, made.address(), why="looking"),
    ):
        assert answers.preview(operation).changes
    assert calls.changing == []
