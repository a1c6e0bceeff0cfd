"""A database gets more storage from its file, from plan to look, whatever interrupts it; never less."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.aws_emulators.clients import bare
from tests.contract import specs
from tests.contract.aws_harness import RecordsHarness
from tests.contract.test_killed import at_every_step
from tests.contract.trial import Trial
from tuienv.model import Action, EnvironmentSpec, Storage, Verb

NAME = "stored"
GIB = 1024**3


@pytest.fixture
def stored(harness: RecordsHarness, tmp_path: Path) -> Iterator[Trial]:
    """A database alone, whose file asks for less than RDS has."""
    spec = EnvironmentSpec(NAME, (specs.database(harness),))
    trial = Trial(harness, specs.with_layer(spec, "db", storage=10 * GIB), tmp_path / "journal.sqlite")
    trial.apply()
    yield trial
    trial.backend.close()
    harness.wipe(NAME)


def allocated(trial: Trial, harness: RecordsHarness) -> int:
    """GiB, seen without the backend."""
    (row,) = bare("rds", harness.cloud.url).describe_db_instances(DBInstanceIdentifier=f"{NAME}-db")["DBInstances"]
    return int(row["AllocatedStorage"])


def test_more_of_it_is_one_change_in_place(stored: Trial, harness: RecordsHarness) -> None:
    assert stored.layer("db").storage == Storage(20 * GIB, 10 * GIB)
    stored.check()
    stored.spec = specs.with_layer(stored.spec, "db", storage=40 * GIB)
    (change,) = stored.plan().changes
    assert (change.action, change.reason, change.interrupts) == (Action.UPDATE, "storage: 20GiB → 40GiB", False)
    stored.apply()
    assert allocated(stored, harness) == 40
    stored.check()


def test_it_converges_killed_at_every_step(stored: Trial, harness: RecordsHarness) -> None:
    def check(step: int) -> None:
        assert allocated(stored, harness) == 20 + 20 * step
        stored.check(specs.with_layer(stored.spec, "db", storage=(20 + 20 * step) * GIB))

    def more(step: int) -> EnvironmentSpec:
        return specs.with_layer(stored.spec, "db", storage=(20 + 20 * step) * GIB)

    assert at_every_step(stored, lambda step: stored.deed(Verb.APPLY, spec=more(step)), check) >= 2


def test_what_grew_by_itself_stays_and_less_is_said(stored: Trial, harness: RecordsHarness) -> None:
    rds = bare("rds", harness.cloud.url)
    rds.modify_db_instance(DBInstanceIdentifier=f"{NAME}-db", AllocatedStorage=100, ApplyImmediately=True)
    stored.check()
    stored.check(specs.with_layer(stored.spec, "db", storage=50 * GIB))
    plan = stored.plan(stored.deed(Verb.APPLY, spec=specs.with_layer(stored.spec, "db", storage=5 * GIB)))
    assert not plan.changes
    assert plan.left_alone[0].startswith("db: storage: 10GiB → 5GiB: it is never made smaller")
