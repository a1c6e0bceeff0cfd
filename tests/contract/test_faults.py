"""Bad days: each error is the contract's, says what to do, and nothing unknown is taken for gone."""

from __future__ import annotations

import pytest

from tests.contract.harness import Harness
from tests.contract.test_changing import Patient
from tests.contract.trial import Trial
from tuienv.backends.base import Forbidden, Inputs, NotAuthenticated, NotFound, ProviderError, Throttled, Unreachable
from tuienv.model import Action, Address, Change, Verb


@pytest.mark.parametrize("kind", [Unreachable, Throttled, NotAuthenticated, Forbidden])
def test_a_bad_day_has_its_name(shop: Trial, harness: Harness, kind: type[ProviderError]) -> None:
    trouble = harness.troubles().get(kind)
    if trouble is None:
        return  # this provider has no such days
    with trouble():
        backend = harness.open()
        for call in (backend.identity, backend.discover, lambda: backend.observe(shop.name)):
            with pytest.raises(kind) as raised:
                call()
            assert raised.value.said
            assert raised.value.remedy
        backend.close()
    assert len(shop.layers()) == 4, "and when the day is over, all is there"


def test_nothing_unknown_is_planned(shop: Trial, harness: Harness) -> None:
    with harness.troubles()[Unreachable]():
        lost = Trial(harness, shop.spec, shop.journal)
        plan = lost.plan()
        assert plan.changes == ()
        assert len(plan.left_alone) == 4
        lost.backend.close()


def test_a_change_of_what_is_gone(shop: Trial) -> None:
    change = Change(
        Action.SCALE, Address(shop.name, "nothere"), shop.backend.name, shop.backend.profile, "try", replicas=3
    )
    with pytest.raises(NotFound):
        shop.backend.apply(change, Inputs(), Patient())


def test_a_deletion_of_what_is_gone_is_done(shop: Trial) -> None:
    change = Change(Action.DELETE, Address(shop.name, "nothere"), shop.backend.name, shop.backend.profile, "try")
    shop.backend.apply(change, Inputs(), Patient())
    assert not shop.plan(shop.deed(Verb.APPLY)).changes


def test_what_one_service_does_not_tell_is_left_alone(shop: Trial, harness: Harness) -> None:
    """An answer in part: a kind whose service is silent is neither made again nor torn down, and the rest is."""
    for kind, silence in harness.silences().items():
        silent = next(layer for layer in shop.spec.layers if layer.kind is kind)
        before = shop.outside()
        with silence():
            seen = shop.backend.observe(shop.name)
            assert seen.failure is None
            assert set(seen.unanswered) == {kind}
            assert kind not in {layer.kind for layer in seen.layers}
            assert len(seen.layers) == 3
            assert any(kind in one.unanswered for one in shop.backend.discover() if not one.environment)
            plan = shop.plan()
            assert silent.name not in {change.address.layer for change in plan.changes}
            assert any(sentence.startswith(f"{silent.name}: unknown") for sentence in plan.left_alone)
            teardown = shop.plan(shop.deed(Verb.DESTROY, delete_data=True))
            assert {change.address.layer for change in teardown.changes} == {"edge", "web", "cache", "db"} - {
                silent.name
            }
            assert any(str(kind) in sentence for sentence in teardown.left_alone)
        assert shop.outside() == before
        shop.check()
