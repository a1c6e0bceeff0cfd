"""A platform for the tests of the platform, fifty times as fast as Heroku, with one account."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import urllib3

from tests.heroku_platform.asking import Asker
from tests.heroku_platform.platform import HerokuPlatform


@pytest.fixture
def platform() -> Iterator[HerokuPlatform]:
    with HerokuPlatform(speed=50) as platform:
        platform.account()
        yield platform


@pytest.fixture
def http() -> Iterator[urllib3.PoolManager]:
    with urllib3.PoolManager(timeout=20, retries=False) as http:
        yield http


@pytest.fixture
def ask(platform: HerokuPlatform, http: urllib3.PoolManager) -> Asker:
    return Asker(platform, http)
