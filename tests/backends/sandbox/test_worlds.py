"""The demo and the big world, and how one is chosen."""

from __future__ import annotations

import pickle

import pytest

from tuienv.backends.base import (
    Configures,
    Connects,
    Invalid,
    Measures,
    Reads,
    Runs,
    Watches,
    load_backend,
)
from tuienv.backends.sandbox import ManualClock, SandboxBackend, demo_cloud, open_backend
from tuienv.backends.sandbox.big import big_cloud
from tuienv.backends.sandbox.worlds import make_cloud
from tuienv.model import Observation, Status


def test_it_is_found_by_name_and_can_do_everything() -> None:
    backend = load_backend("sandbox")("work")
    assert backend.identity().name == "work"
    for protocol in (Watches, Reads, Measures, Runs, Connects, Configures):
        assert isinstance(backend, protocol)


def test_all_clients_of_a_process_see_one_world() -> None:
    assert open_backend().cloud is open_backend("other").cloud


def statuses(observation: Observation) -> dict[str, Status]:
    return {layer.name: layer.status for layer in observation.layers}


def test_the_demo_has_something_of_everything() -> None:
    seen = {one.environment: one for one in SandboxBackend(demo_cloud(ManualClock(), latency=0)).discover()}
    assert len(seen) == 6
    for name in ("shop-dev", "shop-staging", "shop-production"):
        assert set(statuses(seen[name]).values()) == {Status.RUNNING}
    assert statuses(seen["search-staging"])["api"] is Status.DEGRADED
    assert statuses(seen["mailer-production"])["worker"] is Status.STARTING
    assert not any(layer.ours for layer in seen["wiki"].layers)
    pickle.dumps(seen)


def test_the_worker_of_the_demo_crashes_before_long() -> None:
    clock = ManualClock()
    backend = SandboxBackend(demo_cloud(clock, latency=0))
    seen = set()
    for _ in range(40):
        clock.advance(1)
        seen.add(statuses(backend.observe("mailer-production"))["worker"])
    assert seen >= {Status.RUNNING, Status.FAILED, Status.STARTING}


def test_the_big_world_is_as_big_as_asked() -> None:
    cloud = big_cloud(instances=1000, environments=7, changes=0, clock=ManualClock())
    observations = SandboxBackend(cloud).discover()
    assert len(observations) == 7
    sizes = [sum(len(layer.instances) for layer in one.layers) for one in observations]
    assert sum(sizes) == 1000
    assert max(sizes) - min(sizes) <= 1


def test_the_big_world_changes_as_often_as_asked() -> None:
    clock = ManualClock()
    backend = SandboxBackend(big_cloud(instances=1000, environments=10, changes=200, clock=clock))
    watch = backend.watch()
    next(watch)
    for _ in range(100):
        clock.advance(0.1)
    backend.close()
    watch = backend.watch()
    cloud = backend.cloud
    told: list[str] = []
    cloud.watch(lambda hint: told.append(str(hint.instance and hint.instance.id)))
    for _ in range(100):
        clock.advance(0.1)
    assert 1800 <= len(told) <= 2000
    assert len(set(told)) > 800, "it is not always the same ones"


@pytest.mark.parametrize(
    ("text", "environments"),
    [("demo", 6), ("empty", 0), ("demo:speed=10,latency=0", 6), ("big:instances=40,environments=4,changes=0", 4)],
)
def test_a_world_is_chosen_by_its_name(text: str, environments: int) -> None:
    assert len(SandboxBackend(make_cloud(text)).discover()) == environments


@pytest.mark.parametrize(
    "text",
    ["moon", "demo:colour=1", "big:instances=many", "big:latency=1", "demo:fast", "big:instances=0", "demo:speed=0"],
)
def test_a_world_that_does_not_exist_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="The worlds are"):
        make_cloud(text)
