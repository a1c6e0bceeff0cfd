"""A double of Heroku for the tests of its backend: two hundred times as fast, with one account."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.backends.heroku.shop import Shop
from tests.contract.heroku_harness import IMAGES, KEY, SPEED, open_at
from tests.heroku_platform import HerokuPlatform, Program
from tuienv.backends.heroku.backend import HerokuBackend


@pytest.fixture
def platform() -> Iterator[HerokuPlatform]:
    with HerokuPlatform(speed=SPEED) as platform:
        platform.account("somebody@example.com", KEY)
        ticking = Program(ticks="tick", tick_seconds=40)
        platform.image(IMAGES.good, ticking)
        platform.image(IMAGES.better, ticking)
        yield platform


@pytest.fixture
def backend(platform: HerokuPlatform) -> Iterator[HerokuBackend]:
    backend = open_at(platform.url)
    yield backend
    backend.close()


@pytest.fixture
def shop(platform: HerokuPlatform, backend: HerokuBackend, tmp_path: Path) -> Shop:
    """An environment that is not made yet."""
    return Shop(platform, backend, tmp_path / "journal.sqlite")
