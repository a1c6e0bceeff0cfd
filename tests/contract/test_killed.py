"""Killed before each changing call of an operation, and run again: it converges, with nothing doubled and nothing
left over. The client that was killed does no more; another one goes on."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.contract import specs
from tests.contract.harness import Deed, Harness
from tests.contract.trial import Trial
from tuienv.engine import PlanOutdated
from tuienv.model import EnvironmentSpec, Verb

pytestmark = pytest.mark.timeout(900)
"""Seconds: on a real engine each step of these makes and removes containers."""

ENOUGH = 200
"""More changing calls than any of these operations makes."""


def at_every_step(trial: Trial, deed: Callable[[int], Deed], check: Callable[[int], None]) -> int:
    """Do `deed` of the step with a client that dies before that changing call; then do the same again, and check.

    Returns how many steps there were.
    """
    for step in range(1, ENOUGH):
        wanted = deed(step)
        survived = not trial.harness.killed(step, wanted)
        if not survived:
            do_again(trial, wanted)
        try:
            check(step)
        except AssertionError as error:
            raise AssertionError(f"killed before changing call {step} of {wanted.operation.verb}: {error}") from error
        if survived:
            return step - 1
    raise AssertionError(f"it did not end within {ENOUGH} calls")


def do_again(trial: Trial, wanted: Deed) -> None:
    """As somebody would who runs the same command again. What the dead one asked for last may be done a moment later,
    between the plan and its run: then the command makes a fresh one, once."""
    try:
        trial.do(wanted)
    except PlanOutdated:
        trial.do(wanted)


def test_apply_killed_at_every_step(fresh: Trial, harness: Harness) -> None:
    def check(step: int) -> None:
        fresh.check()
        harness.wipe(fresh.name)

    assert at_every_step(fresh, lambda step: fresh.deed(Verb.APPLY), check) >= 8


def test_destroy_killed_at_every_step(fresh: Trial) -> None:
    fresh.spec = EnvironmentSpec(fresh.name, fresh.spec.layers[1:])

    def deed(step: int) -> Deed:
        fresh.apply()
        return fresh.deed(Verb.DESTROY, delete_data=True)

    def check(step: int) -> None:
        assert fresh.outside().nothing, fresh.outside()

    assert at_every_step(fresh, deed, check) >= 4


def test_a_rollout_killed_at_every_step(fresh: Trial) -> None:
    images = fresh.harness.images
    fresh.spec = specs.with_layer(fresh.spec, "web", replicas=2)
    fresh.apply()

    def version(step: int) -> EnvironmentSpec:
        return specs.with_layer(fresh.spec, "web", image=(images.good, images.better)[step % 2])

    steps = at_every_step(
        fresh, lambda step: fresh.deed(Verb.APPLY, spec=version(step)), lambda step: fresh.check(version(step))
    )
    assert steps >= fresh.harness.traits.steps


def test_new_settings_killed_at_every_step(fresh: Trial) -> None:
    fresh.spec = specs.with_layer(fresh.spec, "web", replicas=2)
    fresh.apply()
    web = fresh.spec.layer("web")
    assert web is not None

    def check(step: int) -> None:
        fresh.check(specs.with_layer(fresh.spec, "web", environment={**web.environment, "STEP": str(step)}))

    steps = at_every_step(fresh, lambda step: fresh.deed(Verb.CONFIGURE, "web", settings={"STEP": str(step)}), check)
    assert steps >= fresh.harness.traits.steps


@pytest.mark.parametrize(("before", "after"), [(1, 3), (3, 1)])
def test_scaling_killed_at_every_step(fresh: Trial, before: int, after: int) -> None:
    fresh.apply()

    def deed(step: int) -> Deed:
        fresh.do(fresh.deed(Verb.SCALE, "web", replicas=before))
        return fresh.deed(Verb.SCALE, "web", replicas=after)

    def check(step: int) -> None:
        fresh.check(specs.with_layer(fresh.spec, "web", replicas=after))

    assert at_every_step(fresh, deed, check) >= fresh.harness.traits.steps // 2


def test_a_restart_killed_at_every_step(fresh: Trial) -> None:
    fresh.spec = specs.with_layer(fresh.spec, "web", replicas=2)
    fresh.apply()
    assert at_every_step(fresh, lambda step: fresh.deed(Verb.RESTART, "web"), lambda step: fresh.check()) >= 2
