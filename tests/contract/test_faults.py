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
