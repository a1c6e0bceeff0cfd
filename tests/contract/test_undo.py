"""What was done is undone by a plan against the world as it is, on every provider."""

from __future__ import annotations

import pytest

from tests.contract import planted
from tests.contract.harness import Deed
from tests.contract.trial import Trial
from tuienv.backends.base import Backends, Configures
from tuienv.engine import Engine
from tuienv.journal import Journal
from tuienv.model import Status, Verb
from tuienv.plan import PlanError


def undo(trial: Trial) -> None:
    backends = Backends({trial.backend.name: lambda profile="": trial.backend})
    engine = Engine(backends, Journal(trial.journal), read_secret=planted.read_secret)
    trial.do(Deed(engine.undoing(trial.name), trial.spec))


def test_scaling_stopping_and_settings_are_undone_in_turn(shop: Trial) -> None:
    assert isinstance(shop.backend, Configures)
    shop.do(shop.deed(Verb.SCALE, "web", replicas=3))
    shop.do(shop.deed(Verb.CONFIGURE, "web", settings={"COLOUR": "green", "LEVEL": "debug"}))
    shop.do(shop.deed(Verb.STOP, "web"))
    undo(shop)
    assert shop.layer("web").status is Status.RUNNING
    undo(shop)
    config = shop.backend.config(shop.address("web"))
    assert config["LEVEL"] == "info"
    assert "COLOUR" not in config
    undo(shop)
    assert shop.outside().count("web") == 2
    shop.check()


def test_a_protection_is_undone(shop: Trial) -> None:
    shop.do(shop.deed(Verb.PROTECT))
    assert shop.backend.observe(shop.name).marks.protected
    undo(shop)
    assert not shop.backend.observe(shop.name).marks.protected


def test_what_cannot_be_undone_says_why(fresh: Trial) -> None:
    fresh.apply()
    fresh.do(fresh.deed(Verb.DESTROY, delete_data=True))
    with pytest.raises(PlanError, match="its data is gone"):
        undo(fresh)
