"""Providers are watched, polled, lost and found again; each alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.live.provider import QUICK, Provider, Pushing, Told, instance, layer, living, until
from tuienv.backends.base import Forbidden, Hint, NotAuthenticated, Throttled, Unreachable
from tuienv.model import Address, Sample, Status
from tuienv.model.state import ConnectionChanged, EnvironmentsChanged, InstancesChanged, LayersChanged, Samples


def shop(provider: Provider, *names: str) -> None:
    provider.environments["shop"] = (layer("web", *(instance(name) for name in names), backend=provider.name),)


def ready(provider: Provider, told: Told) -> None:
    """Wait until it was looked at for the first time, and again because its stream had begun."""
    until(lambda: provider.calls["discover"] >= 2)
    told.wait(lambda: "shop" in told.states and told.of(ConnectionChanged))


def test_what_runs_is_told_with_who_was_asked() -> None:
    provider, told = Pushing(), Told()
    shop(provider, "1", "2")
    with living(provider, told=told):
        told.wait(lambda: "shop" in told.states)
        connection = told.wait(lambda: told.of(ConnectionChanged))[0]
    assert set(told.instances["shop", "web"]) == {"1", "2"}
    assert connection.identity is not None
    assert connection.identity.account == "account-1"


def test_a_hint_is_applied_without_looking_again() -> None:
    provider, told = Pushing(), Told()
    shop(provider, "1", "2")
    with living(provider, told=told):
        ready(provider, told)
        before = provider.calls.copy()
        provider.hint("shop", "web", instance("2", Status.FAILED, detail="exited 137"))
        notice = told.wait(lambda: told.of(InstancesChanged))[0]
        assert provider.calls == before, "a hint that says everything made a request"
    assert [one.name for one in notice.changed] == ["2"]
    assert (notice.layer_status, notice.environment_status) == (Status.DEGRADED, Status.DEGRADED)


def test_an_instance_that_came_or_went_is_told_at_once() -> None:
    provider, told = Pushing(), Told()
    shop(provider, "1", "2")
    with living(provider, told=told):
        ready(provider, told)
        provider.hint("shop", "web", instance("3", Status.STARTING))
        told.wait(lambda: "3" in told.instances["shop", "web"])
        provider.tape.put(Hint("shop", "web", gone="shop/web/1"))
        told.wait(lambda: "1" not in told.instances["shop", "web"])
    assert set(told.instances["shop", "web"]) == {"2", "3"}


def test_what_is_not_known_yet_is_looked_at() -> None:
    provider, told = Pushing(), Told()
    with living(provider, told=told):
        until(lambda: provider.calls["discover"] >= 2)
        shop(provider, "1")
        provider.hint("shop", "web", instance("1"))
        told.wait(lambda: "shop" in told.states)
        provider.environments.clear()
        provider.tape.put(Hint("shop", "web", gone="shop/web/1"))
        told.wait(lambda: "shop" not in told.states)
    assert told.of(EnvironmentsChanged)[-1].gone == ("shop",)


def test_a_provider_that_dies_leaves_its_layers_unknown_and_comes_back_by_itself() -> None:
    provider, told = Pushing(), Told()
    shop(provider, "1", "2")
    with living(provider, told=told):
        ready(provider, told)
        provider.die()
        told.wait(lambda: told.layer_status("shop", "web") is Status.UNKNOWN)
        lost = told.of(ConnectionChanged)[-1]
        state = told.states["shop"].layers[0]
        assert state.unknown_since is not None
        assert state.failure == lost.failure
        assert lost.failure is not None
        assert lost.failure.kind == "Unreachable"
        assert set(told.instances["shop", "web"]) == {"1", "2"}, "the last known state was thrown away"
        assert isinstance(told.notices[-1], LayersChanged), "instances were told again although none changed"

        shop(provider, "1", "2", "3")  # while nobody was looking
        provider.trouble = None
        told.wait(lambda: told.layer_status("shop", "web") is Status.RUNNING)
        told.wait(lambda: told.of(ConnectionChanged)[-1].failure is None)
        told.wait(lambda: "3" in told.instances["shop", "web"])
    assert told.states["shop"].layers[0].unknown_since is None


def test_a_dead_provider_is_told_of_once_however_often_it_is_asked() -> None:
    provider, told = Pushing(), Told()
    provider.trouble = Unreachable("reach", "fake", "connection refused")
    with living(provider, told=told):
        until(lambda: provider.calls["watch"] > 5)
        assert len(told.of(ConnectionChanged)) == 1


def test_a_failure_of_another_kind_is_told() -> None:
    provider, told = Pushing(), Told()
    provider.trouble = Unreachable("reach", "fake", "connection refused")
    with living(provider, told=told):
        told.wait(lambda: told.of(ConnectionChanged))
        provider.trouble = NotAuthenticated("reach", "fake", "token expired", "Sign in")
        told.wait(lambda: len(told.of(ConnectionChanged)) == 2)
    failure = told.of(ConnectionChanged)[-1].failure
    assert failure is not None
    assert failure.kind == "NotAuthenticated"


def test_a_mistake_inside_a_backend_ends_nothing_and_shows_no_text_of_its_own() -> None:
    provider, told = Pushing(), Told()
    broken = replace_discover(provider, RuntimeError("password=hunter2"))
    with living(provider, told=told):
        told.wait(lambda: told.of(ConnectionChanged))
        failure = told.of(ConnectionChanged)[0].failure
        assert failure is not None
        assert "hunter2" not in str(failure)
        shop(provider, "1")
        broken.clear()
        told.wait(lambda: "shop" in told.states)


def replace_discover(provider: Provider, error: Exception) -> list[Exception]:
    """Make `discover` and `watch` raise this, as long as the list that is returned has it."""
    errors = [error]

    def called(call: str) -> None:
        if errors:
            raise errors[0]

    provider._called = called  # type: ignore[method-assign]  # the test stands in for the provider's network
    return errors


def test_a_slow_provider_slows_no_other() -> None:
    slow, quick, told = Pushing("slow"), Pushing("quick"), Told()
    shop(quick, "1")
    slow.gate.clear()
    with living(slow, quick, told=told):
        ready(quick, told)
        quick.hint("shop", "web", instance("1", Status.STOPPED))
        told.wait(lambda: told.of(InstancesChanged))
        assert slow.calls["discover"] == 1, "the slow one was meant to be waited for all the time"
        slow.gate.set()


def test_a_provider_that_accepts_and_does_not_answer_counts_as_gone_until_it_answers() -> None:
    provider, told = Provider(), Told()
    shop(provider, "1")
    provider.gate.clear()
    with living(provider, told=told, pace=replace(QUICK, patience_long=0.05)):
        told.wait(lambda: told.of(ConnectionChanged))
        failure = told.of(ConnectionChanged)[0].failure
        assert failure is not None
        assert "not answered" in failure.said
        provider.gate.set()
        told.wait(lambda: told.layer_status("shop", "web") is Status.RUNNING)


def test_being_throttled_is_no_failure_of_what_is_known() -> None:
    provider, told = Provider(), Told()
    shop(provider, "1")
    with living(provider, told=told) as live:
        told.wait(lambda: told.of(ConnectionChanged))
        provider.trouble = Throttled("list", "fake", "slow down", retry_after=0.01)
        asked = provider.calls["discover"]
        live.refresh()
        until(lambda: provider.calls["discover"] > asked + 1)
        provider.trouble = None
    assert all(notice.failure is None for notice in told.of(ConnectionChanged))


def test_where_nothing_is_pushed_what_is_in_view_is_asked_for_often_and_the_rest_is_not() -> None:
    provider, told = Provider(), Told()
    shop(provider, "1")
    provider.environments["other"] = (layer("web", instance("1")),)
    with living(provider, told=told) as live:
        told.wait(lambda: "shop" in told.states)
        live.focus([Address("shop")])
        until(lambda: provider.calls["observe"] > 2)
        shop(provider, "1", "2")
        told.wait(lambda: "2" in told.instances["shop", "web"])
    assert provider.calls["discover"] == 1


def test_one_environment_that_may_not_be_seen_costs_no_other() -> None:
    provider, told = Provider(), Told()
    shop(provider, "1")
    provider.environments["other"] = (layer("web", instance("1")),)
    with living(provider, told=told) as live:
        told.wait(lambda: {"shop", "other"} <= told.states.keys())
        provider.refused["shop"] = Forbidden("look at", "shop", "a second factor is wanted", "Give it")
        live.focus([Address("shop"), Address("other")])
        told.wait(lambda: told.layer_status("shop", "web") is Status.UNKNOWN)
        (web,) = told.states["shop"].layers
        assert web.failure is not None
        assert web.failure.remedy == "Give it"
        assert told.layer_status("other", "web") is Status.RUNNING
        provider.refused.clear()
        live.refresh()
        told.wait(lambda: told.layer_status("shop", "web") is Status.RUNNING)
    assert all(notice.failure is None for notice in told.of(ConnectionChanged))


def test_a_refresh_looks_at_each_that_is_in_view() -> None:
    provider, told = Provider(), Told()
    shop(provider, "1")
    with living(provider, told=told, pace=replace(QUICK, focus=600, glance=600)) as live:
        told.wait(lambda: "shop" in told.states)
        live.focus([Address("shop")])

        def looked() -> bool:
            live.refresh()  # the focus settles in a thread of its own
            return bool(provider.calls["observe"])

        until(looked)


def test_nothing_is_told_while_nothing_changes() -> None:
    provider, told = Provider(), Told()
    shop(provider, "1")
    with living(provider, told=told, pace=replace(QUICK, sweep=0.01)):
        told.wait(lambda: told.of(ConnectionChanged) and "shop" in told.states)
        asked, before = provider.calls["discover"], len(told.notices)
        until(lambda: provider.calls["discover"] > asked + 10)
        assert told.notices[before:] == []


def test_a_busy_layer_is_told_in_few_messages_and_to_the_end() -> None:
    provider, told = Pushing(), Told()
    shop(provider, *map(str, range(100)))
    with living(provider, told=told):
        ready(provider, told)
        for turn in range(100):
            for name in range(100):
                provider.hint("shop", "web", instance(str(name), detail=f"turn {turn}"))
        told.wait(lambda: all(one.detail == "turn 99" for one in told.instances["shop", "web"].values()))
    assert len(told.of(InstancesChanged)) < 2_000, "10,000 hints were meant to be told as far fewer changes"


def test_what_is_in_view_is_measured_and_nothing_else() -> None:
    provider, told = Pushing(), Told()
    shop(provider, "1", "2")
    first, second = Address("shop", "web", "1"), Address("shop", "web", "2")
    with living(provider, told=told) as live:
        ready(provider, told)
        live.focus([first, Address("shop", "web")])
        until(lambda: len(provider.measured) == 1)
        targets, tape = provider.measured[0]
        assert targets == [first]
        tape.put([Sample("shop/web/1", 1.0, cpu=0.5)])
        assert told.wait(lambda: told.of(Samples))[0].samples[0].cpu == 0.5
        live.focus([second])
        until(lambda: len(provider.measured) == 2)
        assert provider.measured[1][0] == [second]
        until(lambda: tape.closed)


def test_measuring_goes_on_after_a_backends_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tuienv.live.measuring.AGAIN", 0.01)
    provider, told = Pushing(), Told()
    shop(provider, "1")
    with living(provider, told=told) as live:
        ready(provider, told)
        live.focus([Address("shop", "web", "1")])
        until(lambda: len(provider.measured) == 1)
        provider.measured[0][1].put(ValueError("not what was expected"))
        until(lambda: len(provider.measured) == 2)
        provider.measured[1][1].put([Sample("shop/web/1", 2.0, cpu=0.25)])
        assert told.wait(lambda: told.of(Samples))[0].samples[0].cpu == 0.25


def test_scrolling_by_a_row_keeps_the_streams_that_are_still_in_view() -> None:
    provider, told = Pushing(), Told()
    shop(provider, *map(str, range(6)))
    rows = [Address("shop", "web", str(number)) for number in range(6)]
    with living(provider, told=told) as live:
        ready(provider, told)
        live.focus(rows[:5])
        until(lambda: len(provider.measured) == 1)
        live.focus(rows[1:])
        until(lambda: len(provider.measured) == 2)
    assert [list(targets) for targets, _ in provider.measured] == [rows[:5], rows[5:]]
