"""How AWS is asked: within a budget, by several threads, none of which waits for another."""

from __future__ import annotations

import gc
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.backends.aws import rows
from tests.backends.aws.rows import World
from tests.backends.aws.stub import Refusal, Stub
from tuienv.backends.aws.asking import Asker
from tuienv.backends.aws.budget import AT_ONCE, RequestBudget, budget_of
from tuienv.backends.aws.looking.atlas import Atlas
from tuienv.backends.aws.looking.crew import Crew
from tuienv.backends.base import NotAuthenticated, Unreachable
from tuienv.model import Budget


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now, self.slept = 0.0, 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds


def test_a_stretch_is_free_and_then_calls_come_at_their_rate() -> None:
    clock = Clock()
    budget = RequestBudget(at_once=1, stretch=10, refill=2.0, clock=clock, sleep=clock.sleep)
    for _ in range(10):
        with budget:
            pass
    assert clock.slept == 0
    for _ in range(4):
        with budget:
            pass
    assert clock.slept == pytest.approx(2.0)


def test_what_was_not_used_comes_back_up_to_the_stretch() -> None:
    clock = Clock()
    budget = RequestBudget(at_once=1, stretch=2, refill=1.0, clock=clock, sleep=clock.sleep)
    for _ in range(2):
        with budget:
            pass
    clock.now += 100
    for _ in range(2):
        with budget:
            pass
    assert clock.slept == 0


def test_what_is_left_and_what_was_spent_is_told() -> None:
    clock = Clock()
    budget = RequestBudget(at_once=1, stretch=10, refill=1.0, clock=clock, sleep=clock.sleep)
    for _ in range(4):
        with budget:
            pass
    budget.give_back()
    clock.now += 2
    assert budget.told() == Budget(9, 10, 1.0, spent=3, own=True)
    clock.now += 100
    assert budget.told() == Budget(10, 10, 1.0, spent=3, own=True)


def test_as_much_is_spent_as_was_asked(stub: Stub, atlas: Atlas) -> None:
    World().answer(stub)
    before = atlas.asker.told()
    atlas.discover()
    after = atlas.asker.told()
    assert before is not None
    assert after is not None
    assert (after.spent or 0) - (before.spent or 0) == len(stub.calls) > 0


def test_a_profile_that_cannot_be_used_has_no_budget(stub: Stub) -> None:
    asker = Asker(stub.session("nobody-has-this"))
    assert asker.told() is None
    asker.close()


def test_so_many_at_once_and_no_more() -> None:
    budget = RequestBudget(at_once=3)
    inside, most, lock = [0], [0], threading.Lock()
    together = threading.Barrier(3)

    def call(_: int) -> None:
        with budget:
            with lock:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
            together.wait(10)
            with lock:
                inside[0] -= 1

    with ThreadPoolExecutor(9) as pool:
        list(pool.map(call, range(9)))
    assert most == [3]


def test_one_budget_a_profile_and_region() -> None:
    assert budget_of("acme", "eu-west-1") is budget_of("acme", "eu-west-1")
    assert budget_of("acme", "eu-west-1") is not budget_of("acme", "us-east-1")


def test_work_may_bring_more_work_on_a_single_thread() -> None:
    done: list[int] = []

    def work(depth: int) -> None:
        done.append(depth)
        if depth:
            crew.add(lambda: work(depth - 1))
            crew.add(lambda: work(depth - 1))

    with ThreadPoolExecutor(1) as pool:
        crew = Crew(pool)
        crew.add(lambda: work(3))
        crew.finish()
    assert len(done) == 15


def test_the_first_failure_is_raised_and_nothing_is_begun_after_it() -> None:
    done: list[str] = []

    def fail() -> None:
        raise Unreachable("ask", "it", "no answer")

    with ThreadPoolExecutor(1) as pool:
        crew = Crew(pool)
        crew.add(fail)
        crew.add(lambda: done.append("late"))
        with pytest.raises(Unreachable):
            crew.finish()
    assert done == []


def test_a_look_of_a_backend_that_is_closed_ends(stub: Stub, atlas: Atlas) -> None:
    World().answer(stub)
    atlas.discover()
    atlas.asker.close()
    with pytest.raises(RuntimeError):
        atlas.discover()


def test_garbage_is_collected_again_after_a_look_however_it_ended(stub: Stub, atlas: Atlas) -> None:
    World().answer(stub)
    atlas.discover()
    assert gc.isenabled()
    for service, operation in [("ecs", "ListClusters"), ("rds", "DescribeDBInstances")]:
        stub.on(service, operation, Refusal("ExpiredToken", "no", 403))
    with pytest.raises(NotAuthenticated):
        atlas.discover()
    assert gc.isenabled()


SERVICES, CLUSTERS = 5000, 50


def test_five_thousand_services_take_as_many_calls_as_pages(stub: Stub, atlas: Atlas) -> None:
    """Each call takes its time, so that many of them are under way at once."""
    world = World()
    world.clusters = [f"cluster-{number}" for number in range(CLUSTERS)]
    each = SERVICES // CLUSTERS
    for cluster in world.clusters:
        world.services += [rows.service(cluster, f"web-{number}") for number in range(each)]
        world.tasks += [rows.task(cluster, f"web-{number}", number) for number in range(each)]
    world.answer(stub)
    under_way, most, lock = [0], [0], threading.Lock()
    slowed = stub.answer

    def slow(model: object, given: dict[str, object]) -> object:
        with lock:
            under_way[0] += 1
            most[0] = max(most[0], under_way[0])
        time.sleep(0.005)
        with lock:
            under_way[0] -= 1
        return slowed(model, given)

    stub.answer = slow  # type: ignore[method-assign,assignment]  # each answer takes its time
    found = atlas.discover()
    assert sum(len(one.layers) for one in found) == SERVICES
    assert all(layer.ready == 1 for one in found for layer in one.layers)
    counted = stub.counted()
    assert (counted["ListClusters"], counted["DescribeClusters"]) == (1, 1)
    assert (counted["ListServices"], counted["DescribeServices"]) == (CLUSTERS, SERVICES // 10)
    assert (counted["ListTasks"], counted["DescribeTasks"]) == (CLUSTERS, SERVICES // 100)
    assert 8 <= most[0] <= AT_ONCE
