"""What is kept with an environment: the account, the protection, and a lock that one of two gets."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from tests.contract.harness import Harness, ended
from tests.contract.trial import Trial
from tuienv.backends.base import Keeps
from tuienv.engine.holding import this_process
from tuienv.model import Lock, Marks, Verb

ADA = replace(this_process(), name="ada@laptop", place="elsewhere")
NOON = 1_700_000_000.25


@pytest.fixture
def keeper(shop: Trial) -> Iterator[Keeps]:
    """The client, and afterwards the environment without marks."""
    assert isinstance(shop.backend, Keeps)
    yield shop.backend
    lock = marks(shop).lock
    if lock is not None:
        shop.backend.drop_lock(shop.name, lock.token)
    shop.backend.protect(shop.name, False)


def marks(trial: Trial) -> Marks:
    return trial.backend.observe(trial.name).marks


def test_the_account_is_noted_by_whoever_makes_it(shop: Trial) -> None:
    assert marks(shop).account == shop.backend.identity().account


def test_a_lock_is_put_on_told_and_taken_off(shop: Trial, keeper: Keeps) -> None:
    lock = ADA.lock("migrating: “orders” → new\ndb", NOON, kept=True)
    assert keeper.take_lock(shop.name, lock).token == lock.token
    there = told(shop)
    assert there is not None
    assert (there.token, there.holder, there.since) == (lock.token, "ada@laptop", NOON)
    assert there.why.startswith("migrating: “orders” → new")
    assert keeper.take_lock(shop.name, ADA.lock("me too", NOON)).token == lock.token, "the first one stays"
    keeper.drop_lock(shop.name, "another token")
    assert told(shop) == there
    keeper.drop_lock(shop.name, lock.token)
    assert told(shop) is None
    keeper.drop_lock(shop.name, lock.token)


def told(trial: Trial) -> Lock | None:
    return marks(trial).lock


def test_of_many_at_once_one_gets_the_lock(shop: Trial, harness: Harness, keeper: Keeps) -> None:
    clients = [harness.open() for _ in range(4)]
    together = threading.Barrier(len(clients))

    def take(number: int) -> tuple[str, str]:
        client, lock = clients[number], ADA.lock(f"client {number}", NOON)
        assert isinstance(client, Keeps)
        together.wait()
        return lock.token, client.take_lock(shop.name, lock).token

    with ThreadPoolExecutor(len(clients)) as pool:
        results = list(pool.map(take, range(len(clients))))
    for client in clients:
        client.close()
    winners = {there for _, there in results}
    assert len(winners) == 1, "some believe that they have it and others do not"
    assert sum(mine == there for mine, there in results) == 1
    lock = told(shop)
    assert lock is not None
    assert {lock.token} == winners


def test_a_protection_is_put_on_told_and_taken_off(shop: Trial, harness: Harness, keeper: Keeps) -> None:
    keeper.protect(shop.name, True)
    assert marks(shop).protected
    assert marks(shop).account, "and the account is still there"
    calls = harness.count(shop.backend)
    keeper.protect(shop.name, True)
    assert calls.changing == [], "what holds already is not done again"
    keeper.protect(shop.name, False)
    assert not marks(shop).protected


def test_a_file_that_protects_is_kept_to_once_it_was_applied(fresh: Trial) -> None:
    protected = replace(fresh.spec, protected=True)
    fresh.apply(protected)
    assert marks(fresh).protected
    assert not fresh.plan(fresh.deed(Verb.APPLY, spec=protected)).changes
    fresh.do(fresh.deed(Verb.UNPROTECT))
    assert not marks(fresh).protected
    fresh.do(fresh.deed(Verb.DESTROY, delete_data=True))
    assert fresh.outside().nothing


def test_a_run_has_the_lock_while_it_lasts_and_leaves_none(shop: Trial) -> None:
    during: list[Lock | None] = []

    def look(progress: object) -> None:
        during.append(told(shop))

    shop.do(shop.deed(Verb.SCALE, "web", replicas=3), look)
    assert during
    assert all(lock is not None and lock.holder == ended().name for lock in during)
    assert told(shop) is None
