"""The lock around a run: who is let through, who waits, what is left behind, and who can tell."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from tests.plan.worlds import operation
from tuienv.backends.base import Backends, Inputs, NotFound, Steps, Unreachable
from tuienv.backends.sandbox import Cloud, SandboxBackend, WallClock
from tuienv.engine import Engine, Refused, locking
from tuienv.engine.holding import Holder, is_kept, this_process
from tuienv.journal import Journal, JournalError
from tuienv.model import Address, Change, EnvironmentSpec, Kind, LayerSpec, Lock, Outcome, Progress, Stage, Verb

PLACES = [("sandbox", "")]
SHOP = EnvironmentSpec("shop", (LayerSpec("web", Kind.APP, "sandbox", image="shop:1", replicas=2),))
ADA = replace(this_process(), name="ada@laptop", place="elsewhere")
NOON = 1_700_000_000.0


class Stand:
    """An engine on a sandbox; `backend` may be one that behaves otherwise."""

    def __init__(self, folder: Path, kind: type[SandboxBackend] = SandboxBackend, holder: Holder | None = None) -> None:
        self.cloud = Cloud(WallClock(speed=100))
        self.backend = kind(self.cloud)
        self.journal = Journal(folder / "journal.db")
        backends = Backends({"sandbox": lambda profile="": self.backend})
        self.engine = Engine(backends, self.journal, read_secret=str, holder=holder)
        self.told: list[Progress] = []

    def do(self, verb: Verb = Verb.APPLY, cancel: threading.Event | None = None, **more: object) -> Outcome:
        target = "shop/web" if verb in (Verb.SCALE, Verb.STOP) else "shop"
        plan = self.engine.preview(operation(verb, target, **more), SHOP, PLACES)
        return self.engine.run(plan, SHOP, PLACES, self.told.append, cancel)

    def actions(self) -> list[str]:
        return [record.entry.action for record in reversed(self.journal.records())]


def test_a_run_that_ends_in_time_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locking, "AGAIN", 0.01)
    stand = Stand(tmp_path)
    stand.do()
    lock = ADA.lock("tuienv apply shop", NOON)
    stand.cloud.take_lock("shop", lock)
    looks = iter([None, None, lambda: stand.cloud.drop_lock("shop", lock.token)])

    def look(name: str, mutating: bool) -> None:
        if name == "list_networks" and (end := next(looks, None)):
            end()

    stand.backend.before_call = look
    assert stand.do(Verb.SCALE, replicas=3).ok
    assert stand.cloud.locks == {}


def test_waiting_can_be_cancelled(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    stand.do()
    stand.cloud.take_lock("shop", ADA.lock("tuienv apply shop", NOON))
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Refused, match="is being changed by ada@laptop"):
        stand.do(Verb.SCALE, cancel, replicas=3)


def test_a_failure_leaves_no_lock(tmp_path: Path) -> None:
    class Failing(SandboxBackend):
        def apply(self, change: Change, inputs: Inputs, steps: Steps) -> None:
            raise Unreachable("create", change.address, "the network is down")

    stand = Stand(tmp_path, Failing)
    assert not stand.do().ok
    assert stand.cloud.locks == {}


def test_a_lock_that_could_not_be_taken_off_is_taken_off_by_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Sticky(SandboxBackend):
        tries = 0

        def drop_lock(self, environment: str, token: str) -> None:
            self.tries += 1
            if self.tries <= locking.DROPS:
                raise Unreachable("unlock", environment, "the network is down")
            super().drop_lock(environment, token)

    monkeypatch.setattr(locking, "AGAIN", 0.0)
    stand = Stand(tmp_path, Sticky)
    assert stand.do().ok, "what was done was done"
    assert stand.cloud.locks
    assert stand.do(Verb.SCALE, replicas=3).ok
    assert stand.cloud.locks == {}
    assert "break lock" in stand.actions()


def test_under_a_lock_of_ones_own_there_is_still_one_run_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locking, "WAIT", 0.0)
    stand, other = Stand(tmp_path), Stand(tmp_path)
    other.cloud = stand.cloud
    other.backend = SandboxBackend(stand.cloud)
    stand.do()
    stand.do(Verb.LOCK, why="migrating")
    entered, leave = threading.Event(), threading.Event()

    def stay(progress: Progress) -> None:
        entered.set()
        leave.wait(30)

    plan = stand.engine.preview(operation(Verb.SCALE, "shop/web", replicas=4), SHOP, PLACES)
    outcomes: list[Outcome] = []
    first = threading.Thread(target=lambda: outcomes.append(stand.engine.run(plan, SHOP, PLACES, stay)))
    first.start()
    assert entered.wait(30)
    with pytest.raises(Refused, match="another process of tuienv on this machine"):
        other.do(Verb.STOP)
    leave.set()
    first.join()
    assert outcomes[0].ok
    assert other.do(Verb.STOP).ok
    assert is_kept(stand.cloud.locks["shop"]), "the person's lock is still there"


def test_whoever_makes_an_environment_second_stops_once_there_is_a_place_for_the_lock(tmp_path: Path) -> None:
    class Grounded(SandboxBackend):
        """Keeps locks on the network, and so has no place for one before that is made."""

        def take_lock(self, environment: str, lock: Lock) -> Lock:
            there = environment in self.cloud.networks
            return super().take_lock(environment, ADA.lock("me first", NOON)) if there else lock

    stand = Stand(tmp_path, Grounded)
    outcome = stand.do()
    assert [failure.kind for _, failure in outcome.failed] == ["Conflict"]
    assert "ada@laptop is making it as well" in outcome.failed[0][1].said
    assert [key.split()[1] for key in outcome.skipped] == ["shop/web"]


def test_commands_are_refused_while_another_person_changes_it_and_not_beside_ones_own_run(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    stand.do()
    web = Address("shop", "web")
    stand.cloud.take_lock("shop", replace(this_process(), place="elsewhere").lock("tuienv apply shop", NOON))
    stand.engine.execute(web, PLACES[0], ["hostname"]).close()
    stand.cloud.locks["shop"] = ADA.lock("tuienv apply shop", NOON)
    with pytest.raises(Refused, match="is being changed by ada@laptop"):
        stand.engine.execute(web, PLACES[0], ["hostname"])
    assert stand.actions()[-1] == "run"


def test_what_is_done_with_a_layer_past_any_plan_is_recorded_with_its_end(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    stand.do()
    execution = stand.engine.execute(Address("shop", "web"), PLACES[0], ["false", "--password", "hunter2-hunter2"])
    while execution.read()[0]:
        pass
    assert execution.exit_code() == 1
    execution.close()
    stand.engine.reveal(Address("shop", "web"), PLACES[0])
    for ask in (
        lambda: stand.engine.execute(Address("shop", "none"), PLACES[0], ["sh"]),
        lambda: stand.engine.reveal(Address("shop", "none"), PLACES[0]),
    ):
        with pytest.raises(NotFound):
            ask()
    told = [(record.entry.action, record.outcome, record.detail[:11]) for record in reversed(stand.journal.records())]
    assert told[-4:-2] == [("run", "done", "exit code 1"), ("reveal", "done", "")]
    assert [end[:2] for end in told[-2:]] == [("run", "failed"), ("reveal", "failed")]
    assert "hunter2" not in repr(stand.journal.records())


def test_the_wrong_account_is_named_with_the_right_one(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    stand.do()
    before = stand.cloud.mutating_calls
    stand.backend = SandboxBackend(stand.cloud, "visitor")
    backends = Backends({"sandbox": lambda profile="": stand.backend})
    engine = Engine(backends, stand.journal, read_secret=str)
    plan = engine.preview(operation(Verb.SCALE, "shop/web", replicas=4), SHOP, PLACES)
    with pytest.raises(Refused, match=r"made with the sandbox account sandbox-1, .* is sandbox-visitor \(a visitor\)"):
        engine.run(plan, SHOP, PLACES, lambda progress: None)
    assert stand.cloud.mutating_calls == before


def test_an_environment_of_which_nobody_noted_the_account_may_be_changed(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    stand.cloud.create_network("shop")
    assert stand.do().ok


def test_what_was_done_is_done_even_if_the_journal_cannot_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(journal: Journal, number: int, outcome: str, detail: str = "") -> None:
        raise JournalError("the disk is full")

    stand = Stand(tmp_path)
    monkeypatch.setattr(Journal, "end", full)
    assert stand.do().ok
    assert any(
        report.stage is Stage.STEP and "could not be recorded: the disk is full" in report.text for report in stand.told
    )


# --- who can tell -----------------------------------------------------------------------------------------------


def test_a_process_knows_its_own_locks_and_those_of_processes_that_are_gone() -> None:
    me = this_process()
    living = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    from tuienv.engine.holding import started

    other = replace(me, pid=living.pid, start=started(living.pid))
    lock = other.lock("working", NOON)
    assert not me.is_gone(lock)
    assert not me.took(lock)
    assert me.is_gone(replace(other, start="1").lock("a number that was given to another since", NOON))
    assert me.is_gone(replace(other, boot="before").lock("before the machine was started anew", NOON))
    assert not me.is_gone(replace(other, place="elsewhere").lock("nobody can tell", NOON))
    living.kill()
    os.waitid(os.P_PID, living.pid, os.WEXITED | os.WNOWAIT)
    assert me.is_gone(lock), "a zombie does nothing any more"
    living.communicate()
    assert me.is_gone(lock)


def test_a_persons_lock_outlives_the_process_that_put_it_on() -> None:
    me = this_process()
    kept = replace(me, pid=2**22 - 1, start="1").lock("migrating", NOON, kept=True)
    assert is_kept(kept)
    assert not me.is_gone(kept)
    assert me.owns(kept)
    assert not ADA.owns(kept)


@pytest.mark.parametrize("token", ["", "x", "----", "a-b-c-d-e", "a-b-c-d-e-f", "\0" * 40])
def test_a_token_that_is_none_of_ours_is_just_a_lock(token: str) -> None:
    lock = Lock(token, "somebody", NOON, "")
    assert not this_process().is_gone(lock)
    assert not this_process().owns(lock)
    assert not this_process().took(lock)
