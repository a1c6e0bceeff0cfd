"""Two processes that change one environment at once: one waits or is refused, and the journal has both."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.backends.docker.busy import PLACES, engine_with
from tests.backends.docker.conftest import World
from tuienv.engine import Refused, locking
from tuienv.engine.holding import this_process
from tuienv.journal import Journal
from tuienv.model import Action, Address, Kind, LayerSpec, Operation, Outcome, Size, Verb


@pytest.fixture
def shop(world: World) -> World:
    world.change(Action.CREATE)
    world.create(LayerSpec("cache", Kind.CACHE, "docker", engine="redis", version="7"))
    return world


@contextmanager
def process(world: World, journal: Path, *, stays: bool) -> Iterator[subprocess.Popen[str]]:
    """Another tuienv that restarts the cache."""
    words = [sys.executable, "-m", "tests.backends.docker.busy", world.name, str(journal), "stays" if stays else "goes"]
    one = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield one
    finally:
        one.kill()
        one.communicate()


def busy(one: subprocess.Popen[str]) -> None:
    """Wait until it is in the middle of what it does."""
    assert one.stdout is not None
    assert one.stdout.readline() == "busy\n"


def resize(world: World, journal: Path, cpu: float) -> Outcome:
    engine = engine_with(journal)
    operation = Operation(Verb.RESIZE, Address(world.name, "cache"), size=Size(cpu=cpu, memory=64 * 2**20))
    plan = engine.preview(operation, None, PLACES)
    try:
        return engine.run(plan, None, PLACES, lambda progress: None)
    finally:
        engine.backends.close()


def actions(journal: Path) -> list[tuple[str, str]]:
    """What was done, oldest first, and how it ended."""
    return [(record.entry.action, record.outcome) for record in reversed(Journal(journal).records())]


def locked(world: World) -> bool:
    return world.backend.observe(world.name).marks.lock is not None


def test_the_second_is_refused_and_told_who_since_when_and_why(
    shop: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = tmp_path / "journal.db"
    with process(shop, journal, stays=True) as first:
        busy(first)
        monkeypatch.setattr(locking, "WAIT", 0.0)
        with pytest.raises(Refused) as refused:
            resize(shop, journal, 0.5)
        assert f"{shop.name} is being changed by {this_process().name} since 20" in str(refused.value)
        assert f"tuienv restart {shop.name}/cache" in str(refused.value)
        assert locked(shop), "who was refused takes nobody's lock off"
        first.communicate("go on\n")
        assert first.returncode == 0
    assert not locked(shop)
    assert resize(shop, journal, 0.5).ok
    assert actions(journal) == [("restart", "done"), ("resize", "done")]


def test_the_second_waits_for_the_first(shop: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locking, "WAIT", 120.0)
    journal = tmp_path / "journal.db"
    with process(shop, journal, stays=False) as first:
        busy(first)
        assert resize(shop, journal, 0.5).ok
        assert first.wait() == 0
    newest, oldest = Journal(journal).records()
    assert (oldest.entry.action, newest.entry.action) == ("restart", "resize")
    assert oldest.ended_at is not None
    assert oldest.ended_at <= newest.started_at, "they were at it at once"
    assert not locked(shop)


def test_killed_while_it_holds_the_lock_and_the_next_goes_on(shop: World, tmp_path: Path) -> None:
    journal = tmp_path / "journal.db"
    with process(shop, journal, stays=True) as first:
        busy(first)
        first.send_signal(signal.SIGKILL)
        first.wait()
        assert locked(shop)
    assert resize(shop, journal, 0.5).ok
    assert not locked(shop)
    assert actions(journal) == [("restart", "started"), ("break lock", "done"), ("resize", "done")]
    broken = Journal(journal).records()[1].entry
    assert f"the lock of {this_process().name}, whose process is gone" in broken.reason
