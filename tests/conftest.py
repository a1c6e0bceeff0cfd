"""What every test stands on: a home of its own, no credentials of the machine, and a real Docker Engine."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import HealthCheck, settings

from tests.docker_engine import session
from tests.docker_engine.daemon import Daemon
from tests.docker_engine.images import PAUSE
from tests.docker_engine.machine import Unavailable
from tests.heroku_platform import cli
from tests.heroku_platform.cli import HerokuCli
from tuienv import redaction

# How long an example takes says how busy the machine is, and nothing of what is tested.
settings.register_profile("tuienv", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tuienv")

# A run that was started in the background ignores ctrl-c, and so would everything that it starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# As the tests were started: `isolation` takes it away from them.
ENVIRONMENT = dict(os.environ)
FOREIGN = ("AWS_", "DOCKER_", "HEROKU_", "TUIENV_")
TERMINAL = {"NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES"}


@pytest.fixture(autouse=True)
def isolation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test reads or writes what belongs to the person who runs it: files, credentials, keyring, engine."""
    for name in [name for name in os.environ if name.startswith(FOREIGN) or name in TERMINAL]:
        monkeypatch.delenv(name)
    home = tmp_path / "home"
    monkeypatch.setenv("TUIENV_HOME", str(home / "tuienv"))
    monkeypatch.setenv("DOCKER_CONFIG", str(home / "docker"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(home / "aws/config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(home / "aws/credentials"))
    monkeypatch.setenv("NETRC", str(home / "netrc"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    monkeypatch.setattr(redaction, "_redaction", redaction.Redaction())


@pytest.fixture(scope="session")
def docker_engine() -> Iterator[session.Engine]:
    """A Docker Engine that has the images: found, or brought up for this run. `.host` is what DOCKER_HOST takes."""
    try:
        with session.engine(ENVIRONMENT) as engine:
            yield engine
    except Unavailable as error:
        not_run(error)


@pytest.fixture
def own_engine(docker_engine: session.Engine) -> Iterator[Daemon]:
    """An engine that the test may stop, kill, pause and start again. It has the image `PAUSE` and no way out."""
    try:
        with session.own(alone=True) as daemon:
            with session.connected(daemon.host) as client:
                session.share(docker_engine.client, client, PAUSE)
            yield daemon
    except Unavailable as error:
        not_run(error)


@pytest.fixture(scope="session")
def heroku_cli(tmp_path_factory: pytest.TempPathFactory) -> HerokuCli:
    """The official Heroku CLI, to be pointed at a platform: ``heroku_cli.at(heroku.url, key)``."""
    try:
        return cli.installed(tmp_path_factory.mktemp("heroku"))
    except Unavailable as error:
        not_run(error)


def not_run(error: Unavailable) -> NoReturn:
    """Leave out the tests that need what cannot be had, which pytest's summary then says; in CI that is a failure."""
    if ENVIRONMENT.get("CI") == "true":
        pytest.fail(str(error), pytrace=False)
    pytest.skip(f"not run: {error}")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where tests run side by side: what takes longest begins, so that nothing long is left for the end."""
    items.sort(key=_rank)
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item)))


def _rank(item: pytest.Item) -> int:
    return 0 if item.path.stem == "test_killed" else 1 if item.path.parent.name == "contract" else 2


def _group(item: pytest.Item) -> str:
    """The tests of a group run one after another in one process. Those that kill at every step share nothing. The
    others of the contract share an environment for each provider, and those of a file what the file shares."""
    if item.path.stem == "test_killed":
        return item.nodeid
    called_with = getattr(item, "callspec", None)
    provider = called_with.params.get("harness") if called_with else None
    return f"contract with {provider}" if provider else str(item.path)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI, a run that left a test out is no success."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if ENVIRONMENT.get("CI") == "true" and reporter and reporter.stats.get("skipped") and not session.exitstatus:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
