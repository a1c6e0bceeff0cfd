"""Faults on demand: of which calls, how many, for whom; and every call can be counted."""

from __future__ import annotations

import threading

import pytest

from tests.backends.sandbox.worlds import create, quiet, web
from tuienv.backends.base import Forbidden, NotAuthenticated, ProviderError, Throttled, Unreachable
from tuienv.backends.sandbox import Cloud, ManualClock, SandboxBackend, Trouble
from tuienv.model import Address


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        (Trouble.THROTTLED, Throttled),
        (Trouble.UNREACHABLE, Unreachable),
        (Trouble.NOT_AUTHENTICATED, NotAuthenticated),
        (Trouble.FORBIDDEN, Forbidden),
    ],
)
def test_each_trouble_has_its_error(trouble: Trouble, error: type[ProviderError]) -> None:
    cloud, _, backend = quiet()
    cloud.faults.add(trouble)
    with pytest.raises(error) as raised:
        backend.discover()
    assert raised.value.remedy


def test_only_so_many_times_and_only_those_calls() -> None:
    cloud, _, backend = quiet()
    cloud.faults.add(Trouble.THROTTLED, "list_*", times=2)
    backend.identity()
    for _ in range(2):
        with pytest.raises(Throttled):
            backend.discover()
    assert backend.discover() == []


def test_only_for_one_profile() -> None:
    cloud, _, backend = quiet()
    other = SandboxBackend(cloud, "other")
    cloud.faults.add(Trouble.FORBIDDEN, profile="other")
    assert backend.discover() == []
    with pytest.raises(Forbidden):
        other.discover()


def test_a_call_that_hangs_ends_when_the_fault_is_cleared() -> None:
    cloud, _, backend = quiet()
    cloud.faults.add(Trouble.HANGING)
    raised: list[BaseException] = []

    def ask() -> None:
        try:
            backend.identity()
        except Unreachable as error:
            raised.append(error)

    caller = threading.Thread(target=ask)
    caller.start()
    while not cloud.calls["whoami"]:
        caller.join(0.001)
    assert caller.is_alive()
    cloud.faults.clear()
    caller.join(30)
    assert len(raised) == 1


def test_a_call_that_hangs_is_given_up_after_a_while() -> None:
    cloud = Cloud(ManualClock(), patience=0.01)
    cloud.faults.add(Trouble.HANGING)
    with pytest.raises(Unreachable, match="no answer in time"):
        SandboxBackend(cloud).identity()


def test_open_streams_are_cut_off() -> None:
    cloud, _, backend = quiet()
    create(backend, web())
    watch, logs = backend.watch(), backend.logs(Address("shop", "web"), follow=True)
    next(watch)
    cloud.faults.add(Trouble.UNREACHABLE)
    for stream in (watch, logs):
        with pytest.raises(Unreachable, match="cut off"):
            next(iter(stream))


def test_the_hook_sees_every_call_and_may_forbid_it() -> None:
    cloud, _, backend = quiet()
    seen: list[tuple[str, bool]] = []
    backend.before_call = lambda name, mutating: seen.append((name, mutating))
    create(backend, web())
    assert [name for name, mutating in seen if mutating] == ["create_network", "create_instance", "start_instance"]
    assert sum(cloud.calls.values()) == len(seen)
    assert cloud.mutating_calls == 3


def test_a_listing_takes_a_call_a_page() -> None:
    cloud = Cloud(ManualClock(), page=2)
    backend = SandboxBackend(cloud)
    create(backend, web(replicas=5))
    cloud.calls.clear()
    assert len(backend.observe("shop").layers[0].instances) == 5
    assert cloud.calls["list_instances"] == 3
