"""What only AWS does in several steps, killed before each changing call and gone on with."""

from __future__ import annotations

import pytest

from tests.contract import specs
from tests.contract.harness import Deed
from tests.contract.test_killed import at_every_step
from tests.contract.trial import Trial
from tuienv.model import Verb


@pytest.mark.parametrize("standby", [False, True])
@pytest.mark.parametrize(("before", "after"), [(1, 2), (2, 1)])
def test_the_nodes_of_a_cache_killed_at_every_step(trial: Trial, before: int, after: int, standby: bool) -> None:
    """A replica that was added takes over for its primary, also where the run ended before that was asked for."""
    trial.spec = specs.with_layer(trial.spec, "cache", replicas=after, options={"aws": {"multi_az": standby}})
    trial.apply()

    def deed(step: int) -> Deed:
        trial.do(trial.deed(Verb.SCALE, "cache", replicas=before))
        return trial.deed(Verb.SCALE, "cache", replicas=after)

    def check(step: int) -> None:
        assert not trial.plan().changes
        assert trial.outside().count("cache") == after

    assert at_every_step(trial, deed, check) >= 2
