"""What the engine promises whatever the backend: order, journal, policy, cancellation, and the truth afterwards."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine.scripted import Script, Scripted, nothing
from tests.plan.worlds import carry_out, everything, operation, shop
from tuienv.backends.base import Backends, Inputs, Steps, Throttled, Unreachable
from tuienv.credentials import SecretMissing
from tuienv.engine import Engine, PlanOutdated, Policy, Refused
from tuienv.journal import Journal
from tuienv.model import Address, Change, Entry, EnvironmentSpec, Observation, Outcome, Progress, Stage, Status, Verb

APPLY = operation(Verb.APPLY)
DESTROY = operation(Verb.DESTROY, delete_data=True)


class Stand:
    """An engine on one scripted backend, with what it reported."""

    def __init__(
        self, folder: Path, script: Script = nothing, world: Observation | None = None, policy: Policy | None = None
    ) -> None:
        self.backend = Scripted(world, script)
        self.journal = Journal(folder / "journal.db")
        self.reports: list[Progress] = []
        self.engine = Engine(
            Backends({"docker": self.backend}),
            self.journal,
            policy,
            read_secret=lambda name: f"value-of-{name}",
        )

    def run(self, spec: EnvironmentSpec, cancel: threading.Event | None = None) -> Outcome:
        plan = self.engine.preview(APPLY, spec, [])
        return self.engine.run(plan, spec, [], self.reports.append, cancel)

    def stages(self, address: str) -> list[Stage]:
        return [report.stage for report in self.reports if str(report.address) == address]


def test_a_plan_is_run_in_the_order_of_needs_and_leaves_nothing_to_do(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    assert stand.run(shop()).ok
    order = stand.backend.applied
    assert order[0] == "create shop"
    assert order.index("create shop/db") < order.index("create shop/web") < order.index("create shop/edge")
    assert stand.engine.preview(APPLY, shop(), []).changes == ()


def test_a_preview_changes_nothing(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    stand.engine.preview(APPLY, shop(), [])
    assert stand.backend.applied == []
    assert stand.journal.records() == []


@pytest.mark.parametrize("verb", ["restart", "stop"])
def test_what_was_interrupted_without_a_trace_is_told_until_it_was_run_again(tmp_path: Path, verb: str) -> None:
    stand = Stand(tmp_path)
    stand.run(shop())
    number = stand.journal.begin(Entry("shop", "shop/web", verb))
    stand.journal.end(stand.journal.begin(Entry("shop", "shop/web", "run")), "done")
    plan = stand.engine.preview(APPLY, shop(), [])
    assert plan.changes == ()
    (sentence,) = plan.left_alone
    assert f"tuienv {verb} shop/web" in sentence
    stand.journal.end(number, "done")
    assert stand.engine.preview(APPLY, shop(), []).left_alone == ()


def test_independent_layers_run_side_by_side(tmp_path: Path) -> None:
    together = threading.Barrier(2, timeout=10)

    def script(change: Change, inputs: Inputs, steps: Steps) -> None:
        if change.address.layer in ("db", "cache"):
            together.wait()

    assert Stand(tmp_path, script).run(shop()).ok


def test_a_failure_stops_what_depends_on_it_and_nothing_else(tmp_path: Path) -> None:
    def script(change: Change, inputs: Inputs, steps: Steps) -> None:
        if change.address.layer == "cache":
            raise Throttled("create", change.address, "slow down", "Try again", retry_after=3.0)

    stand = Stand(tmp_path, script)
    outcome = stand.run(shop())
    assert [key.split()[1] for key in outcome.done] == ["shop", "shop/db"]
    assert [(key.split()[1], failure.kind, failure.retry_after) for key, failure in outcome.failed] == [
        ("shop/cache", "Throttled", 3.0)
    ]
    assert [key.split()[1] for key in outcome.skipped] == ["shop/web", "shop/edge"]
    assert stand.stages("shop/web") == [Stage.SKIPPED]


def test_running_again_goes_on_from_there(tmp_path: Path) -> None:
    broken = threading.Event()
    broken.set()

    def script(change: Change, inputs: Inputs, steps: Steps) -> None:
        if change.address.layer == "web" and broken.is_set():
            raise Unreachable("create", change.address, "connection reset")

    stand = Stand(tmp_path, script)
    assert not stand.run(shop()).ok
    broken.clear()
    before = len(stand.backend.applied)
    assert stand.run(shop()).ok
    assert stand.backend.applied[before:] == ["create shop/web", "create shop/edge"]


def test_cancelling_stops_between_two_steps_and_says_what_was_not_done(tmp_path: Path) -> None:
    cancel = threading.Event()

    def script(change: Change, inputs: Inputs, steps: Steps) -> None:
        if change.address.layer == "web":
            steps.say("create shop-web-1")
            cancel.set()
            steps.pause(60)
            raise AssertionError("went on after it was cancelled")

    stand = Stand(tmp_path, script)
    outcome = stand.run(shop(), cancel)
    assert outcome.cancelled
    assert {key.split()[1] for key in outcome.skipped} == {"shop/web", "shop/edge"}
    assert "cancelled" in {record.outcome for record in stand.journal.records()}


def test_a_plan_that_no_longer_matches_is_not_run_and_a_fresh_one_offered(tmp_path: Path) -> None:
    stand = Stand(tmp_path, world=everything(shop())[0])
    spec = shop(web=replace(shop().layers[1], image="shop:2"))
    plan = stand.engine.preview(APPLY, spec, [])
    web = stand.backend.world.layers[1]
    failed = replace(web.instances[0], status=Status.FAILED)
    changed = replace(web, instances=(failed, *web.instances[1:]))
    stand.backend.world = replace(stand.backend.world, layers=(changed, *stand.backend.world.layers[2:]))
    with pytest.raises(PlanOutdated) as caught:
        stand.engine.run(plan, spec, [], stand.reports.append)
    assert caught.value.fresh.fingerprint != plan.fingerprint
    assert stand.backend.applied == []


def test_read_only_refuses_every_change_before_any_call(tmp_path: Path) -> None:
    stand = Stand(tmp_path, policy=Policy(read_only=True))
    with pytest.raises(Refused, match="read-only"):
        stand.run(shop())
    assert stand.backend.applied == []
    assert stand.journal.records() == []
    with pytest.raises(Refused, match="read-only"):
        stand.engine.execute(Address("shop", "web"), ("docker", ""), ["sh"])
    with pytest.raises(Refused, match="read-only"):
        stand.engine.reveal(Address("shop", "web"), ("docker", ""))


def test_a_protected_environment_is_not_destroyed_but_grows(tmp_path: Path) -> None:
    protected = replace(shop(), protected=True)
    stand = Stand(tmp_path)
    assert stand.run(protected).ok
    plan = stand.engine.preview(DESTROY, protected, [])
    with pytest.raises(Refused, match="protected"):
        stand.engine.run(plan, protected, [], stand.reports.append)
    without_data = replace(protected, layers=protected.layers[:3])
    losing = stand.engine.preview(replace(APPLY, delete_data=True), without_data, [])
    with pytest.raises(Refused, match="shop/db"):
        stand.engine.run(losing, without_data, [], stand.reports.append)


def test_values_are_resolved_for_the_backend_and_shown_to_nobody(tmp_path: Path) -> None:
    web = shop().layers[1]
    spec = shop(web=replace(web, environment={**web.environment, "KEY": "${secret:key}", "PRICE": "$${plain}"}))
    stand = Stand(tmp_path)
    assert stand.run(spec).ok
    assert stand.backend.given["shop/web"] == {
        "DATABASE_URL": "scheme://user:pass-of-db@db",
        "CACHE_URL": "scheme://user:pass-of-cache@cache",
        "KEY": "value-of-key",
        "PRICE": "${plain}",
    }
    shown = repr(stand.reports) + repr(stand.journal.records()) + repr(stand.backend.world)
    assert "pass-of" not in shown
    assert "value-of-key" not in shown
    assert "value-of-key" not in repr(Inputs({"KEY": "value-of-key"}))


def test_a_secret_that_is_not_there_fails_its_layer_and_says_how_to_add_it(tmp_path: Path) -> None:
    def missing(name: str) -> str:
        raise SecretMissing(f"there is no secret {name!r}: add it")

    backend = Scripted()
    engine = Engine(Backends({"docker": backend}), Journal(tmp_path / "journal.db"), read_secret=missing)
    spec = shop(web=replace(shop().layers[1], environment={"KEY": "${secret:key}"}))
    outcome = engine.run(engine.preview(APPLY, spec, []), spec, [], lambda progress: None)
    assert [(failure.kind, failure.said) for _, failure in outcome.failed] == [
        ("Invalid", "there is no secret 'key': add it")
    ]
    assert "create shop/web" not in backend.applied


def test_the_journal_has_each_change_with_its_command_and_end(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    stand.run(shop())
    records = stand.journal.records()
    assert [record.outcome for record in records] == ["done"] * 5
    assert {record.entry.command for record in records} == {"tuienv apply shop"}
    assert all(record.ended_at is not None and record.ended_at >= record.started_at for record in records)


def test_a_change_that_cannot_be_recorded_is_not_made(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    (tmp_path / "journal.db").mkdir()
    outcome = stand.run(shop())
    assert stand.backend.applied == []
    assert outcome.failed[0][1].kind == "JournalError"


def test_a_defect_of_a_backend_is_reported_as_one(tmp_path: Path) -> None:
    def script(change: Change, inputs: Inputs, steps: Steps) -> None:
        raise KeyError("Labels")

    failure = Stand(tmp_path, script).run(shop()).failed[0][1]
    assert failure.kind == "KeyError"
    assert "defect" in failure.remedy


def test_a_dead_provider_gives_an_observation_not_an_error(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    observations = stand.engine.observe("shop", None, [("docker", ""), ("nowhere", "")])
    assert [seen.failure.kind if seen.failure else None for seen in observations] == [None, "Invalid"]


def test_costs_are_told_before_it_runs(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    costs = {str(change.address): change.monthly_cost for change in stand.engine.preview(APPLY, shop(), []).changes}
    assert costs == {"shop": None, "shop/cache": 3.0, "shop/db": 3.0, "shop/web": 9.0, "shop/edge": 3.0}
    assert stand.run(shop()).ok
    scale = stand.engine.preview(operation(Verb.SCALE, "shop/web", replicas=1), shop(), [])
    assert scale.changes[0].monthly_cost == -6.0


# --- undo -------------------------------------------------------------------------------------------------------


def undo(stand: Stand) -> Outcome:
    plan = stand.engine.preview(stand.engine.undoing("shop"), shop(), [])
    return stand.engine.run(plan, shop(), [], stand.reports.append)


def failing(*verbs: str) -> Script:
    """Fails these changes after they have begun."""

    def script(change: Change, inputs: Inputs, steps: Steps) -> None:
        if f"{change.action} {change.address}" in verbs:
            raise Unreachable("change", change.address, "the line is cut")

    return script


def test_what_an_undoing_did_not_get_to_is_undone_by_the_next(tmp_path: Path) -> None:
    stand = Stand(tmp_path, world=everything(shop())[0])
    verbs = operation(Verb.SCALE, "shop/web", replicas=1), operation(Verb.STOP, "shop")
    for each in verbs:
        plan = stand.engine.preview(each, shop(), [])
        assert stand.engine.run(plan, shop(), [], stand.reports.append).ok
    stand.backend.script = failing("start shop/web")
    assert not undo(stand).ok
    stopped = [layer.name for layer in stand.backend.world.layers if layer.status is Status.STOPPED]
    assert stopped == ["edge", "web"], "the others run again"
    stand.backend.script = nothing
    assert undo(stand).ok
    assert {layer.status for layer in stand.backend.world.layers} == {Status.RUNNING}
    assert len(stand.backend.world.layers[1].instances) == 1, "and what was done before that is still done"
    assert undo(stand).ok
    assert len(stand.backend.world.layers[1].instances) == 3


def test_an_undoing_that_was_cut_short_after_a_teardown_goes_on(tmp_path: Path) -> None:
    stand = Stand(tmp_path, failing("delete shop/web"))
    assert stand.run(shop()).ok
    assert not undo(stand).ok
    assert "edge" not in [layer.name for layer in stand.backend.world.layers]
    stand.backend.script = nothing
    assert undo(stand).ok
    assert {layer.name for layer in stand.backend.world.layers} == {"cache", "db"}


def test_what_failed_half_way_is_undone_before_what_was_done_earlier(tmp_path: Path) -> None:
    """Three instances; scaled to five, which fails when one more is there."""
    stand = Stand(tmp_path, world=everything(shop())[0])

    def half(change: Change, inputs: Inputs, steps: Steps) -> None:
        stand.backend.world = carry_out([replace(change, replicas=4)], stand.backend.world)
        raise Unreachable("scale", change.address, "the line is cut")

    plan = stand.engine.preview(operation(Verb.SCALE, "shop/web", replicas=2), shop(), [])
    assert stand.engine.run(plan, shop(), [], stand.reports.append).ok
    plan = stand.engine.preview(operation(Verb.SCALE, "shop/web", replicas=5), shop(), [])
    stand.backend.script = half
    assert not stand.engine.run(plan, shop(), [], stand.reports.append).ok
    stand.backend.script = nothing
    assert [change.replicas for change in stand.engine.preview(stand.engine.undoing(), shop(), []).changes] == [2]
    assert undo(stand).ok
    assert [change.replicas for change in stand.engine.preview(stand.engine.undoing(), shop(), []).changes] == [3]


def test_what_was_not_created_to_its_end_is_told_and_left_to_whoever_made_it(tmp_path: Path) -> None:
    apps = tuple(replace(shop().layers[1], name=name, environment={}) for name in ("web", "worker"))
    spec = replace(shop(), layers=apps)
    stand = Stand(tmp_path, failing("create shop/worker"))
    assert not stand.run(spec).ok
    plan = stand.engine.preview(stand.engine.undoing("shop"), spec, [])
    assert [change.key for change in plan.changes] == ["delete shop/web docker:"]
    assert plan.left_alone == (
        "create shop/worker did not get to its end, and is not undone: tuienv status shows what there is",
    )
