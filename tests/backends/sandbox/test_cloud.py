"""The world: what takes time takes it, what fails fails, and whoever watches is told."""

from __future__ import annotations

import threading

import pytest

from tests.backends.sandbox.worlds import create, quiet, web
from tuienv.backends.base import Conflict, Hint, NotFound
from tuienv.backends.sandbox.cloud import CRASH_AFTER
from tuienv.backends.sandbox.records import Blueprint, Phase
from tuienv.backends.sandbox.timeline import MAILBOX
from tuienv.model import Address, Kind, Status

ONE = Address("shop", "web", "1")


def test_an_instance_is_created_then_starting_then_running() -> None:
    cloud, clock, _ = quiet()
    cloud.create_network("shop")
    record = cloud.create_instance(ONE, Blueprint(Kind.APP, "shop:1"))
    assert record.phase is Phase.CREATED
    cloud.start_instance(record)
    assert record.as_instance().status is Status.STARTING
    clock.advance(10)
    assert record.as_instance().status is Status.RUNNING


def test_draining_ends_and_can_be_taken_back() -> None:
    cloud, clock, backend = quiet()
    create(backend, web())
    record = cloud.find(ONE)
    cloud.drain_instance(record)
    assert (record.phase, record.as_instance().status) == (Phase.DRAINING, Status.DEGRADED)
    cloud.undrain_instance(record)
    clock.advance(60)
    assert record.phase is Phase.RUNNING, "what was scheduled before must not happen any more"


def test_nothing_stands_without_a_network_and_no_network_goes_from_under_it() -> None:
    cloud, _, backend = quiet()
    with pytest.raises(NotFound, match="no such network"):
        cloud.create_instance(ONE, Blueprint(Kind.APP, "shop:1"))
    create(backend, web())
    with pytest.raises(Conflict, match="still on it"):
        cloud.delete_network("shop")


def test_names_are_taken_once() -> None:
    cloud, _, backend = quiet()
    create(backend, web())
    with pytest.raises(Conflict, match="taken"):
        cloud.create_instance(ONE, Blueprint(Kind.APP, "shop:1"))


def test_a_crashing_image_crashes_and_comes_back() -> None:
    cloud, clock, backend = quiet()
    create(backend, web("shop:crashing"))
    seen = []
    for _ in range(60):
        clock.advance(CRASH_AFTER / 10)
        seen.append(cloud.find(ONE).phase)
    assert seen.count(Phase.FAILED) > 1
    assert seen.index(Phase.FAILED) < len(seen) - seen[::-1].index(Phase.RUNNING)


def test_a_crash_from_outside_is_seen_and_told() -> None:
    cloud, _, backend = quiet()
    create(backend, web())
    watch = backend.watch()
    assert next(watch) == Hint()
    cloud.crash(ONE, 139)
    told = next(watch).instance
    assert told is not None
    assert (told.status, told.detail) == (Status.FAILED, "exited 139")
    assert backend.observe("shop").layers[0].instances == (told,)


def test_what_was_deleted_is_told_by_name() -> None:
    cloud, _, backend = quiet()
    create(backend, web())
    watch = backend.watch()
    next(watch)
    cloud.vanish(ONE)
    assert next(watch) == Hint("shop", "web", gone="shop/web/1")


def test_a_watcher_that_does_not_listen_is_told_to_look_again() -> None:
    cloud, _, backend = quiet()
    create(backend, web())
    watch = backend.watch()
    for _ in range(MAILBOX + 5):
        cloud.touch([cloud.find(ONE)], lambda record: "busy")
    assert next(watch) == Hint(), "what was dropped must be looked up"
    last = next(watch).instance
    assert last is not None
    assert last.detail == "busy"


def test_a_waiting_watcher_is_woken_by_time_itself() -> None:
    """Nobody calls anything: the clock alone makes the instance ready, and the watcher hears of it."""
    cloud, clock, backend = quiet()
    cloud.create_network("shop")
    record = cloud.create_instance(ONE, Blueprint(Kind.APP, "shop:1"))
    cloud.start_instance(record)
    watch = backend.watch()
    next(watch)
    heard: list[Hint] = []
    reader = threading.Thread(target=lambda: heard.append(next(watch)))
    reader.start()
    clock.advance(30)
    reader.join(30)
    assert heard
    assert heard[0].instance is not None
    assert heard[0].instance.status is Status.RUNNING
