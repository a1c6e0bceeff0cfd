"""The order in which things are done, step by step; the rest of it is the contract suite's."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.backends.sandbox.worlds import Said, create, quiet, web
from tuienv.backends.base import Cancelled, Conflict, Inputs, NotFound
from tuienv.backends.sandbox.records import Phase
from tuienv.model import Action, Address, Change, Kind, LayerSpec, Status


def test_a_new_version_comes_before_the_old_one_goes() -> None:
    _, _, backend = quiet()
    create(backend, web(replicas=2))
    steps = create(backend, web("shop:2", replicas=2))
    assert steps == [
        "create shop-web-3", "start shop-web-3", "drain shop-web-1", "remove shop-web-1",
        "create shop-web-1", "start shop-web-1", "drain shop-web-2", "remove shop-web-2",
    ]  # fmt: skip


def test_a_database_is_replaced_on_its_volume() -> None:
    _, _, backend = quiet()
    database = LayerSpec("db", Kind.DATABASE, "sandbox", image="postgres:15")
    create(backend, database)
    before = backend.connection(Address("shop", "db"))
    steps = create(backend, replace(database, image="postgres:15.1"))
    assert steps == ["stop shop-db-1", "remove shop-db-1", "create shop-db-1", "start shop-db-1"]
    assert backend.connection(Address("shop", "db")) == before


def test_what_failed_is_made_anew() -> None:
    cloud, _, backend = quiet()
    create(backend, web(replicas=2))
    cloud.crash(Address("shop", "web", "2"))
    assert create(backend, web(replicas=2)) == ["remove shop-web-2", "create shop-web-2", "start shop-web-2"]


def test_a_drained_instance_gets_requests_again() -> None:
    cloud, _, backend = quiet()
    create(backend, web())
    record = cloud.find(Address("shop", "web", "1"))
    cloud.drain_instance(record)
    assert create(backend, web()) == ["send requests to shop-web-1 again"]
    assert record.phase is Phase.RUNNING


@pytest.mark.parametrize("action", [Action.SCALE, Action.START])
def test_who_was_drained_by_what_was_interrupted_looks_so_and_is_mended(action: Action) -> None:
    """Somebody was killed while scaling in, and nobody wants fewer any more."""
    cloud, clock, backend = quiet()
    create(backend, web(replicas=2))
    cloud.drain_instance(cloud.find(Address("shop", "web", "2")))
    clock.advance(60)
    assert [one.status for one in backend.observe("shop").layers[0].instances] == [Status.RUNNING, Status.STOPPED]
    backend.apply(Change(action, Address("shop", "web"), "sandbox", "", "", replicas=2), Inputs(), Said())
    assert [one.status for one in backend.observe("shop").layers[0].instances] == [Status.RUNNING, Status.RUNNING]


def test_the_highest_numbers_go_first_but_the_dead_before_them() -> None:
    cloud, _, backend = quiet()
    create(backend, web(replicas=4))
    cloud.crash(Address("shop", "web", "2"))
    said = Said()
    backend.apply(Change(Action.SCALE, Address("shop", "web"), "sandbox", "", "", replicas=2), Inputs(), said)
    assert [line for line in said.lines if line.startswith("remove")] == ["remove shop-web-2", "remove shop-web-4"]


def test_a_version_that_exits_says_why() -> None:
    _, _, backend = quiet()
    create(backend, web())
    with pytest.raises(Conflict, match="ImportError"):
        create(backend, web("shop:broken"))
    assert [layer.image for layer in backend.observe("shop").layers] == ["shop:1"]


def test_scaling_nothing_says_what_to_do() -> None:
    _, _, backend = quiet()
    change = Change(Action.SCALE, Address("shop", "web"), "sandbox", "", "", replicas=2)
    with pytest.raises(NotFound, match="Apply its file"):
        backend.apply(change, Inputs(), Said())


def test_it_stops_where_it_is_cancelled() -> None:
    class Impatient(Said):
        def say(self, text: str) -> None:
            super().say(text)
            if text.startswith("start"):
                raise Cancelled

    cloud, _, backend = quiet()
    create(backend, web())
    change = Change(Action.SCALE, Address("shop", "web"), "sandbox", "", "", replicas=3)
    with pytest.raises(Cancelled):
        backend.apply(change, Inputs(), Impatient())
    assert [record.phase for record in cloud.records("shop")] == [Phase.RUNNING, Phase.CREATED, Phase.CREATED]


def test_passwords_are_in_no_representation() -> None:
    cloud, _, backend = quiet()
    create(backend, LayerSpec("db", Kind.DATABASE, "sandbox"))
    password = backend.connection(Address("shop", "db"))["password"]
    shown = repr(cloud.records("shop")) + repr(cloud.volumes) + repr(backend.observe("shop", thorough=True))
    assert password
    assert password not in shown
