"""A new version: one at a time, never fewer serving than wanted; and one that is no good changes nothing."""

from __future__ import annotations

from tests.contract import specs
from tests.contract.trial import Trial
from tests.docker_engine.leftovers import wait
from tuienv.model import Progress, Status, Verb

PATIENCE = 60.0
"""Seconds until a provider that goes back by itself has done so."""


def test_a_new_version_replaces_one_at_a_time(shop: Trial) -> None:
    newer = specs.with_layer(shop.spec, "web", image=shop.harness.images.better)
    serving: list[int] = []

    def look(progress: Progress) -> None:
        serving.append(shop.outside().count("web"))

    before = {one.id for one in shop.layer("web").instances}
    shop.do(shop.deed(Verb.APPLY, spec=newer), look)
    shop.check(newer)
    if shop.harness.traits.keeps_instances:
        assert min(serving) >= 2, "an old one went before a new one could serve"
        assert max(serving) <= 3, "more than one was replaced at a time"
    assert not before & {one.id for one in shop.layer("web").instances}


def test_other_layers_are_left_alone(shop: Trial) -> None:
    newer = specs.with_layer(shop.spec, "web", image=shop.harness.images.better)
    others = {one.id for name, layer in shop.layers().items() if name != "web" for one in layer.instances}
    shop.apply(newer)
    assert others == {one.id for name, layer in shop.layers().items() if name != "web" for one in layer.instances}


def test_a_version_that_is_never_healthy_stops_the_rollout(shop: Trial) -> None:
    images = shop.harness.images
    before = {one.id for one in shop.layer("web").instances}
    outcome = shop.try_to(shop.deed(Verb.APPLY, spec=specs.with_layer(shop.spec, "web", image=images.sick)))
    assert [(failure.kind, key.split()[1]) for key, failure in outcome.failed] == [("Conflict", f"{shop.name}/web")]
    assert images.complaint in outcome.failed[0][1].said, "the last log lines are missing"

    def still() -> set[str]:
        return {one.id for one in shop.layer("web").instances if one.status is Status.RUNNING}

    if shop.harness.traits.keeps_instances:
        assert before <= still(), "the old version does not serve any more"
    else:  # the provider goes back to it by itself
        assert wait(lambda: shop.layer("web").image == images.good, PATIENCE), "it did not go back to the old version"
        assert wait(lambda: len(before) <= len(still()), PATIENCE), "fewer serve than before"
    shop.apply()
    shop.check()


def test_an_image_that_does_not_exist_changes_nothing(shop: Trial) -> None:
    images = shop.harness.images
    before = shop.layer("web").instances
    outcome = shop.try_to(shop.deed(Verb.APPLY, spec=specs.with_layer(shop.spec, "web", image=images.absent)))
    assert [failure.kind for _, failure in outcome.failed] == ["NotFound"]
    assert images.absent in str(outcome.failed[0][1])
    assert {one.id for one in shop.layer("web").instances} == {one.id for one in before}
