"""A worker that hangs without dying: told, marked, and ended where nothing is lost by it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from tests.worker.heard import Heard
from tests.worker.test_process import WEB
from tuienv.model import Operation, Outcome, Plan, Verb
from tuienv.model.state import EnvironmentsChanged
from tuienv.worker import client
from tuienv.worker.client import Worker, WorkerFailure
from tuienv.worker.messages import Describe, Preview, Refresh, Run, WorkerAnswers, WorkerLost, WorkerSilent
from tuienv.worker.options import Options
from tuienv.worker.process import COMMAND
from tuienv.worker.pulse import Beat, Patience, Pulse

NEVER = 10**9
QUICK = Patience(beat=0.1, first=NEVER, restart=NEVER)
HASTY = Patience(beat=0.1, first=NEVER, restart=2, every=2, talk=10)

STUCK = {
    "the lock of what is known": "threading.Thread(target=hold, args=(self._world.lock,), daemon=True).start()",
    "the lock of who tells": "threading.Thread(target=hold, args=(self._telling,), daemon=True).start()",
    "the interpreter": "ctypes.PyDLL(None).sleep(3600)",
    "nothing, but who tells has ended": "self._teller = None; self._news.set()",
    "nothing, and talks on, but who tells has ended": (
        "self._teller = None; self._news.set(); "
        "threading.Thread(target=talk, args=(self._listener,), daemon=True).start()"
    ),
}
"""What a worker does when it is asked to look at everything again: it hangs in one of the ways in which one can."""

PROGRAM = """
import ctypes, threading
from tuienv.live.freshness import Live
from tuienv.model.state import ConnectionChanged
from tuienv.worker.server import main

def hold(lock):
    with lock:
        threading.Event().wait()

def talk(listener):
    while not threading.Event().wait(0.05):
        listener([ConnectionChanged("sandbox", "")])

def hang(self):
    {what}

Live.refresh = hang
main()
"""

Begun = Callable[..., Awaitable[tuple[Worker, Heard]]]


pytestmark = pytest.mark.usefixtures("demo_home")


@pytest.fixture
async def begin() -> AsyncIterator[Begun]:
    workers: list[Worker] = []

    async def begun(patience: Patience, command: tuple[str, ...] = COMMAND) -> tuple[Worker, Heard]:
        worker = Worker(Options(demo=True), command, patience)
        workers.append(worker)
        heard = Heard(worker)
        await worker.start()
        await heard.wait(lambda: heard.of(EnvironmentsChanged))
        return worker, heard

    yield begun
    for worker in workers:
        await worker.stop()


def is_silent(heard: Heard) -> bool:
    told = [update for update in heard.updates if isinstance(update, WorkerSilent | WorkerAnswers)]
    return bool(told) and isinstance(told[-1], WorkerSilent)


def send(worker: Worker, number: signal.Signals) -> None:
    assert worker.pid is not None
    os.kill(worker.pid, number)


async def test_it_is_told_and_it_goes_away_when_it_answers_again(begin: Begun) -> None:
    worker, heard = await begin(QUICK)
    send(worker, signal.SIGSTOP)
    await heard.wait(lambda: is_silent(heard))
    failure = heard.of(WorkerSilent)[-1].failure
    assert "does not answer, since" in failure.said
    assert "started again by itself" in failure.remedy

    send(worker, signal.SIGCONT)
    await heard.wait(lambda: not is_silent(heard))
    assert await worker.call(Describe(WEB)) is not None
    assert not heard.of(WorkerLost)


async def test_what_is_asked_of_a_silent_one_is_refused_and_not_done_later(begin: Begun) -> None:
    worker, heard = await begin(QUICK)
    send(worker, signal.SIGSTOP)
    asked_before = worker.begin(Preview(Operation(Verb.RESTART, WEB)))
    await heard.wait(lambda: is_silent(heard))
    for call in (asked_before, worker.begin(Preview(Operation(Verb.RESTART, WEB)))):
        with pytest.raises(WorkerFailure) as caught:
            await call
        assert caught.value.failure.kind == "WorkerSilent"
    send(worker, signal.SIGCONT)


async def test_one_that_stays_silent_is_ended_and_another_takes_its_place(begin: Begun) -> None:
    worker, heard = await begin(HASTY)
    first = worker.pid
    send(worker, signal.SIGSTOP)
    await heard.wait(lambda: heard.of(WorkerLost))
    assert heard.of(WorkerLost) == [WorkerLost(-signal.SIGKILL)]
    assert heard.of(WorkerSilent)
    heard.updates.clear()
    await heard.wait(lambda: heard.of(EnvironmentsChanged))
    assert worker.pid not in (None, first)
    assert heard.of(WorkerAnswers)


async def test_one_that_may_be_changing_something_is_ended_by_nobody_but_the_user(begin: Begun) -> None:
    worker, heard = await begin(HASTY)
    plan = await worker.call(Preview(Operation(Verb.SCALE, WEB, replicas=4)))
    assert isinstance(plan, Plan)
    first = worker.pid
    send(worker, signal.SIGSTOP)
    run = worker.begin(Run(plan))
    await heard.wait(lambda: is_silent(heard))
    assert ":worker" in heard.of(WorkerSilent)[-1].failure.remedy
    worker._stop_beating()
    while worker._pulse.beat() is not Beat.RESTART:
        pass
    worker._beat()  # the one that would end it
    assert worker.pid == first

    send(worker, signal.SIGCONT)
    outcome = await run
    assert isinstance(outcome, Outcome)
    assert outcome.ok
    assert not heard.of(WorkerLost)

    send(worker, signal.SIGSTOP)
    run = worker.begin(Run(plan))
    await heard.wait(lambda: is_silent(heard))
    worker.restart()
    with pytest.raises(WorkerFailure, match="it died"):
        await run
    await heard.wait(lambda: heard.of(WorkerLost))


@pytest.mark.parametrize("what", STUCK)
async def test_whatever_it_hangs_in_is_noticed(begin: Begun, what: str) -> None:
    worker, heard = await begin(HASTY, (sys.executable, "-c", PROGRAM.format(what=STUCK[what])))
    worker.begin(Refresh())
    await heard.wait(lambda: is_silent(heard))
    await heard.wait(lambda: heard.of(WorkerLost))
    heard.updates.clear()
    await heard.wait(lambda: heard.of(EnvironmentsChanged))


async def test_a_machine_that_slept_takes_its_own_absence_for_nobodys_silence(
    begin: Begun, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker, heard = await begin(Patience(restart=0))
    loop, first = asyncio.get_running_loop(), worker.pid
    time = loop.time
    for hours in range(1, 4):
        slept = asyncio.Event()
        monkeypatch.setattr(loop, "time", lambda hours=hours: time() + 3600 * hours)
        loop.call_later(0, slept.set)
        await slept.wait()
        assert await worker.call(Refresh()) is None
    assert not heard.of(WorkerSilent)
    assert worker.pid == first


async def test_to_leave_a_silent_one_takes_no_patience(begin: Begun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "PATIENCE", float(NEVER))
    worker, heard = await begin(QUICK)
    send(worker, signal.SIGSTOP)
    await heard.wait(lambda: is_silent(heard))
    await worker.stop()
    with pytest.raises(ProcessLookupError):
        send(worker, signal.SIGCONT)


def test_an_idle_one_is_asked_and_a_busy_one_is_not() -> None:
    pulse = Pulse(Patience(ask=2, tell=4, first=6, restart=3, every=NEVER, talk=NEVER))
    assert [pulse.beat() for _ in range(7)] == [
        Beat.NOTHING, Beat.ASK, Beat.NOTHING, Beat.NOTHING, Beat.NOTHING, Beat.TELL, Beat.NOTHING,
    ]  # fmt: skip
    for _ in range(5):
        pulse.heard()
        assert pulse.beat() is Beat.NOTHING
    assert [pulse.beat() for _ in range(7)] == [
        Beat.ASK, Beat.NOTHING, Beat.TELL, Beat.NOTHING, Beat.NOTHING, Beat.RESTART, Beat.RESTART,
    ]  # fmt: skip
    assert pulse.silent
    pulse.heard()
    assert not pulse.silent


def test_one_that_talks_and_does_not_answer_is_silent_all_the_same() -> None:
    def beat() -> Beat:
        pulse.heard()
        return pulse.beat()

    pulse = Pulse(Patience(restart=3, every=2, talk=6))
    assert [beat() for _ in range(2)] == [Beat.NOTHING, Beat.ASK]
    pulse.answered()
    assert [beat() for _ in range(9)] == [
        Beat.NOTHING, Beat.ASK, Beat.NOTHING, Beat.ASK, Beat.NOTHING, Beat.TELL, Beat.NOTHING, Beat.ASK, Beat.RESTART,
    ]  # fmt: skip
    assert pulse.silent
    pulse.answered()
    assert not pulse.silent
