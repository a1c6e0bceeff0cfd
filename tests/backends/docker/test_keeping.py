"""Marks on a volume: whatever is written there by whomever, reading it ends no listing."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tests.backends.docker.conftest import World
from tuienv.backends.docker import naming
from tuienv.engine.holding import this_process
from tuienv.model import Action, Lock, Marks
from tuienv.text import plain

LABELS = st.dictionaries(
    st.sampled_from([naming.LOCK_TOKEN, naming.LOCK_HOLDER, naming.LOCK_SINCE, naming.LOCK_WHY, naming.PROTECTED]),
    st.text(max_size=40) | st.sampled_from(["nan", "inf", "-1e400", "1700000000.5"]),
)


@given(LABELS)
def test_any_labels_are_a_lock_or_none(labels: dict[str, str]) -> None:
    lock = naming.lock_of(labels)
    assert (lock is None) == (naming.LOCK_TOKEN not in labels)
    if lock is not None:
        assert all(plain(text, 1024) == text for text in (lock.token, lock.holder, lock.why))
        assert lock.since == lock.since, "not a number"
        assert not this_process().owns(lock)
        assert not this_process().is_gone(lock)


@given(st.text(max_size=200), st.floats(0, 4e9))
def test_a_lock_is_read_as_it_was_written(why: str, since: float) -> None:
    lock = replace(this_process()).lock(why, since, kept=True)
    read = naming.lock_of(naming.lock_labels("shop", lock))
    assert read is not None
    assert (read.token, read.holder, read.since) == (lock.token, lock.holder, lock.since)


def test_marks_alone_are_no_environment(world: World) -> None:
    world.backend.take_lock(world.name, Lock("a-b-0-d-e", "ada@laptop", 1.0, "early"))
    world.backend.protect(world.name, True)
    assert world.backend.observe(world.name).marks == Marks("", True, Lock("a-b-0-d-e", "ada@laptop", 1.0, "early"))
    assert world.name not in {seen.environment for seen in world.backend.discover()}
    assert world.backend.observe(world.name).layers == ()


def test_a_volume_that_came_from_another_engine_pins_nothing(world: World) -> None:
    labels = {**naming.environment_labels(world.name), naming.ACCOUNT: "another engine", naming.LAYER: "db"}
    world.client.volumes.create(f"{world.name}_db-data", labels=labels)
    assert world.backend.observe(world.name).marks.account == ""
    world.change(Action.CREATE)
    assert world.backend.observe(world.name).marks.account == world.backend.identity().account
