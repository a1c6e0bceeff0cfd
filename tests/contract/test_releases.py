"""Versions that were released, going back to one, and what happened meanwhile. For the providers that keep them; the
others refuse in a sentence."""

from __future__ import annotations

import pytest

from tests.contract import specs
from tests.contract.harness import Deed, Harness
from tests.contract.test_killed import at_every_step
from tests.contract.trial import Trial
from tuienv.backends.base import Invalid, NotFound, Releases, Reports
from tuienv.model import Action, Release, Verb
from tuienv.plan import PlanError


@pytest.fixture
def released(harness: Harness, fresh: Trial) -> Trial:
    """A small environment whose app was released twice: a good image, then a better one. Nothing is made where no
    releases are kept."""
    if not keeps_releases(fresh):
        return fresh
    fresh.apply()
    fresh.apply(specs.with_layer(fresh.spec, "web", image=harness.images.better))
    return fresh


def releases(trial: Trial) -> list[Release]:
    backend = trial.backend
    assert isinstance(backend, Releases)
    return backend.releases(trial.address("web"))


def image_of(trial: Trial) -> str:
    return trial.layer("web").image


def keeps_releases(trial: Trial) -> bool:
    return isinstance(trial.backend, Releases)


def test_without_releases_a_rollback_is_refused_in_a_sentence(shop: Trial) -> None:
    if keeps_releases(shop):
        return
    with pytest.raises(Invalid, match="keeps no releases") as refused:
        shop.plan(shop.deed(Verb.ROLLBACK, "web"))
    assert refused.value.remedy
    assert not shop.backend.capabilities(shop.layer("web")).releases


def test_each_change_of_what_runs_is_a_release(harness: Harness, released: Trial) -> None:
    if not keeps_releases(released):
        return
    found = releases(released)
    assert [one.current for one in found] == [True] + [False] * (len(found) - 1), "newest first, and the newest is on"
    assert len({one.name for one in found}) == len(found) >= 2
    assert found[0].status == "succeeded"
    times = [one.at for one in found if one.at is not None]
    assert times == sorted(times, reverse=True)
    assert harness.images.better in " ".join(map(str, (found[0].description, *found[0].differences)))


def test_a_rollback_goes_back_to_what_ran_before(harness: Harness, released: Trial) -> None:
    if not keeps_releases(released):
        return
    assert image_of(released) == harness.images.better
    replicas = len(released.layer("web").instances)
    plan = released.plan(released.deed(Verb.ROLLBACK, "web"))
    (change,) = plan.changes
    assert (change.action, str(change.address)) == (Action.ROLLBACK, str(released.address("web")))
    assert change.release == releases(released)[1].name
    released.do(released.deed(Verb.ROLLBACK, "web", release=change.release))
    assert image_of(released) == harness.images.good
    assert len(released.layer("web").instances) == replicas
    released.check()  # the file still wants the good one, so that nothing is left to do


def test_a_rollback_to_what_is_there_does_nothing(released: Trial) -> None:
    if not keeps_releases(released):
        return
    current = next(one for one in releases(released) if one.current)
    assert released.plan(released.deed(Verb.ROLLBACK, "web", release=current.name)).changes == ()


def test_a_release_that_failed_is_not_gone_back_to(harness: Harness, released: Trial) -> None:
    if not keeps_releases(released):
        return
    sick = specs.with_layer(released.spec, "web", image=harness.images.sick)
    outcome = released.try_to(released.deed(Verb.APPLY, spec=sick))
    assert not outcome.ok
    found = releases(released)
    (failed,) = [one for one in found[:2] if one.status == "failed"]
    assert not failed.current
    with pytest.raises(PlanError, match="failed"):
        released.plan(released.deed(Verb.ROLLBACK, "web", release=failed.name))
    assert image_of(released) == harness.images.better


def test_a_release_that_never_was_is_refused_with_those_that_were(released: Trial) -> None:
    if not keeps_releases(released):
        return
    with pytest.raises(PlanError, match=f"'v999'. It has: .*{releases(released)[0].name}"):
        released.plan(released.deed(Verb.ROLLBACK, "web", release="v999"))


def test_releases_and_events_of_what_is_not_there(shop: Trial) -> None:
    if keeps_releases(shop):
        assert isinstance(shop.backend, Releases)
        with pytest.raises(NotFound, match="nothere"):
            shop.backend.releases(shop.address("nothere"))
    if isinstance(shop.backend, Reports):
        with pytest.raises(NotFound, match="nothere"):
            shop.backend.events(shop.address("nothere"))


def test_a_rollback_killed_at_every_step(harness: Harness, released: Trial) -> None:
    if not keeps_releases(released):
        return
    better = specs.with_layer(released.spec, "web", image=harness.images.better)

    def deed(step: int) -> Deed:
        released.apply(better)
        good = next(one for one in releases(released)[1:] if one.status == "succeeded" and not one.current)
        return released.deed(Verb.ROLLBACK, "web", release=good.name)

    assert at_every_step(released, deed, lambda step: released.check()) >= harness.traits.steps // 2


def test_what_happened_is_told_newest_first(shop: Trial) -> None:
    if not isinstance(shop.backend, Reports):
        assert not shop.backend.capabilities(shop.layer("web")).events
        return
    before = shop.backend.events(shop.address("web"))
    assert before, "an environment was made, and nothing is told of it"
    assert [event.time for event in before] == sorted((event.time for event in before), reverse=True)
    assert all(event.source and event.text for event in before)
    shop.do(shop.deed(Verb.RESTART, "web"))
    after = shop.backend.events(shop.address("web"))
    assert after[0].time >= before[0].time
    assert after != before, "a restart left no trace"
