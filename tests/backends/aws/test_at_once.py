"""What was made a moment ago, by a request that was given up and arrived later or by somebody who does the same."""

from __future__ import annotations

import pytest

from tests.backends.aws.courses import NAME, SECONDS, Steps, inputs_of, make
from tests.contract.aws_harness import RecordsHarness
from tests.contract.trial import Trial
from tuienv.model import Change


@pytest.mark.timeout(SECONDS)
def test_what_came_to_be_between_a_look_and_its_making_is_found(trial: Trial, harness: RecordsHarness) -> None:
    made: set[str] = set()
    client = harness.open()
    client.session.before_call = lambda service, name, _: made.add(name)
    make(trial, client, trial.plan().changes)
    client.close()
    creations = sorted(name for name in made if name.startswith("Create"))
    assert len(creations) >= 12
    for creation in creations:
        harness.wipe(NAME)
        _make_while_somebody_does(trial, harness, creation)
        trial.check()


def _make_while_somebody_does(trial: Trial, harness: RecordsHarness, creation: str) -> None:
    """Every change; the first call of this operation comes after somebody else has made the whole change."""
    client, due = harness.open(), [creation]
    for change in trial.plan().changes:

        def meet(service: str, name: str, _: bool, change: Change = change) -> None:
            if name in due:
                due.remove(name)
                make(trial, trial.backend, [change])

        client.session.before_call = meet
        client.apply(change, inputs_of(trial, change), Steps())
    client.close()
    assert not due
