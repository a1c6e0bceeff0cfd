"""What is done with an environment on an AWS that has a bad day: made, changed, removed."""

from __future__ import annotations

import time
from collections.abc import Sequence

from tests.contract import planted
from tests.contract.harness import Deed
from tests.contract.trial import Trial
from tuienv.backends.base import Backend, Backends, Inputs
from tuienv.engine.values import inputs_for
from tuienv.model import Change, Verb

NAME = "faulty"
SECONDS = 600
"""For a course with every operation: a minute alone, more on a machine that is busy with other tests."""


class Steps:
    """Between two looks there is nothing to wait for: what these records tell, they tell at once."""

    def say(self, text: str) -> None:
        """Nobody listens."""

    def pause(self, seconds: float) -> None:
        time.sleep(min(seconds, 0.01))


def make(trial: Trial, backend: Backend, changes: Sequence[Change]) -> None:
    """Every change, in order, as the engine makes them; what is read for them beforehand is read past the faults."""
    for change in changes:
        backend.apply(change, inputs_of(trial, change), Steps())


def inputs_of(trial: Trial, change: Change) -> Inputs:
    backends = Backends({"aws": lambda profile="": trial.backend})
    return inputs_for(change, trial.spec, backends, planted.read_secret)


def deeds(trial: Trial) -> list[Deed]:
    """What changes an environment that is there, so that it has three instances of its app in the end."""
    return [
        trial.deed(Verb.SCALE, "web", replicas=3),
        trial.deed(Verb.SCALE, "cache", replicas=2),
        trial.deed(Verb.RESIZE, "web", size=trial.harness.traits.big),
        trial.deed(Verb.CONFIGURE, "web", settings={"LEVEL": "debug"}),
        trial.deed(Verb.RESTART, "web"),
        trial.deed(Verb.STOP, "web"),
        trial.deed(Verb.START, "web"),
        trial.deed(Verb.RESTART, "db"),
        trial.deed(Verb.RESTART, "cache"),
    ]
