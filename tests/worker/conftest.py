"""Where worker processes of the demo are at home."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def demo_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home of the test's own, and a world in which nothing takes time."""
    monkeypatch.setenv("TUIENV_HOME", str(tmp_path))
    monkeypatch.setenv("TUIENV_SANDBOX", "demo:latency=0,speed=50")
