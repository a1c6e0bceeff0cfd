"""Commands run in this process, on a sandbox of the test's own, in a folder of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tuienv.backends.sandbox import Cloud, worlds
from tuienv.cli import run

SHOP = """\
environment: shop
backend: sandbox
layers:
  edge: {kind: load-balancer, routes: {web: 8000}, ports: [8080]}
  web:
    kind: app
    image: registry.example.com/shop:1.0
    port: 8000
    replicas: 3
    size: small
    health: {path: /healthz}
    environment:
      DATABASE_URL: ${layers.db.url}
      CACHE_URL: ${layers.cache.url}
      LOG_LEVEL: info
  cache: {kind: cache, engine: redis, version: "7"}
  db: {kind: database, engine: postgres, version: "15"}
"""


@dataclass(frozen=True)
class Result:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Tuienv = Callable[..., Result]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the commands run."""
    path = tmp_path / "work"
    path.mkdir()
    monkeypatch.chdir(path)
    return path


@pytest.fixture(autouse=True)
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """An empty world, fifty times as fast as ours, for this test alone."""
    monkeypatch.setattr(worlds, "_clouds", {})
    monkeypatch.setenv("TUIENV_SANDBOX", "empty:latency=0,speed=50")
    return worlds.process_cloud()


@pytest.fixture
def demo(monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """The demo's world, with several environments that no file declares."""
    monkeypatch.setenv("TUIENV_SANDBOX", "demo:latency=0")
    return worlds.process_cloud()


@pytest.fixture
def shop(folder: Path) -> Path:
    """The shop's file, declared and not applied."""
    path = folder / "tuienv.yaml"
    path.write_text(SHOP)
    return path


@pytest.fixture
def tuienv(capfd: pytest.CaptureFixture[str]) -> Tuienv:
    """Run one command."""

    def call(*words: str) -> Result:
        capfd.readouterr()
        code = run(words)
        return Result(code, *capfd.readouterr())

    return call


@pytest.fixture
def applied(shop: Path, tuienv: Tuienv) -> Path:
    """The shop's file, applied."""
    result = tuienv("apply", "shop", "--yes")
    assert result.code == 0, result.err
    return shop
