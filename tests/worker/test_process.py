"""The process itself: started, asked, killed, and left alone."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.worker.heard import Heard
from tuienv.model import Address, Operation, Outcome, Plan, Stage, Verb
from tuienv.model.state import ConnectionChanged, EnvironmentsChanged, Samples
from tuienv.worker.client import Worker, WorkerFailure
from tuienv.worker.messages import (
    CloseLog,
    Describe,
    Description,
    EventList,
    Focus,
    LogBatch,
    LogSeen,
    OpenLog,
    PlanProgress,
    Preview,
    ReadEvents,
    ReadJournal,
    ReadReleases,
    RecordList,
    Refresh,
    ReleaseList,
    Run,
    WorkerLost,
)
from tuienv.worker.options import Options

WEB = Address("shop-staging", "web")
HEAVY = (
    "docker",
    "requests",
    "boto3",
    "pydantic",
    "yaml",
    "keyring",
    "click",
    "tuienv.engine",
    "tuienv.backends",
    "tuienv.plan",
)


pytestmark = pytest.mark.usefixtures("demo_home")


@pytest.fixture
async def worker() -> AsyncIterator[Worker]:
    worker = Worker(Options(demo=True))
    yield worker
    await worker.stop()


@pytest.fixture
async def heard(worker: Worker) -> Heard:
    heard = Heard(worker)
    await worker.start()
    await heard.wait(lambda: bool(heard.of(EnvironmentsChanged)) and bool(heard.of(ConnectionChanged)))
    return heard


async def test_a_layer_is_described_without_its_secrets(worker: Worker, heard: Heard) -> None:
    described = await worker.call(Describe(WEB))
    assert isinstance(described, Description)
    assert described.config["LOG_LEVEL"] == "info"
    assert "b6b2f0f4c9d14d1c" not in str(described)
    assert "0f3c1a77" not in str(described)
    assert described.capabilities.replicas is not None


async def test_what_cannot_be_answered_says_why(worker: Worker, heard: Heard) -> None:
    with pytest.raises(WorkerFailure) as caught:
        await worker.call(Describe(Address("nowhere", "web")))
    assert caught.value.failure.kind == "NotFound"


async def test_a_plan_is_made_run_and_followed(worker: Worker, heard: Heard) -> None:
    plan = await worker.call(Preview(Operation(Verb.SCALE, WEB, replicas=4)))
    assert isinstance(plan, Plan)
    call = worker.begin(Run(plan))
    outcome = await call
    assert isinstance(outcome, Outcome)
    assert outcome.ok
    progress = [update.progress for update in heard.of(PlanProgress) if update.run == call.number]
    assert progress[-1].stage is Stage.DONE


async def test_what_was_done_is_told_and_undone(worker: Worker, heard: Heard) -> None:
    for operation in (Operation(Verb.LOCK, WEB.parent, why="moving"), Operation(Verb.UNDO, WEB.parent)):
        plan = await worker.call(Preview(operation))
        assert isinstance(plan, Plan)
        assert await worker.call(Run(plan)) == Outcome(tuple(change.key for change in plan.changes))
    journal = await worker.call(ReadJournal())
    assert isinstance(journal, RecordList)
    undone, done = journal.records
    assert (done.entry.action, done.entry.reason) == ("lock", "moving")
    assert undone.entry.undoes == done.entry.run


async def test_a_demo_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    worker = Worker(Options(demo=True))
    await worker.start()
    assert isinstance(await worker.call(ReadJournal()), RecordList)
    assert list((tmp_path / "tmp").glob("tuienv-demo-*"))
    await worker.stop()
    assert not list((tmp_path / "tmp").iterdir())


async def test_a_read_only_session_refuses(worker: Worker) -> None:
    reader = Worker(Options(demo=True, read_only=True))
    heard = Heard(reader)
    await reader.start()
    try:
        await heard.wait(lambda: heard.of(EnvironmentsChanged))
        plan = await reader.call(Preview(Operation(Verb.SCALE, WEB, replicas=4)))
        assert isinstance(plan, Plan)
        with pytest.raises(WorkerFailure, match="read-only") as caught:
            await reader.call(Run(plan))
        assert caught.value.failure.kind == "Refused"
    finally:
        await reader.stop()


async def test_what_is_in_view_is_measured(worker: Worker, heard: Heard) -> None:
    await worker.call(Focus((Address("shop-staging", "web", "1"),)))
    samples = await heard.wait(lambda: heard.of(Samples))
    assert {sample.address for update in samples for sample in update.samples} == {"shop-staging/web/1"}


async def test_a_log_is_opened_read_and_closed(worker: Worker, heard: Heard) -> None:
    call = worker.begin(OpenLog(WEB, tail=10))
    await call
    batch = await heard.wait(lambda: [each for each in heard.of(LogBatch) if each.stream == call.number and each.lines])
    assert batch[0].lines[0].source.startswith("shop-staging/web/")
    assert await worker.call(LogSeen(call.number)) is None
    assert await worker.call(CloseLog(call.number)) is None


async def test_killed_it_is_started_again_and_nothing_is_lost(worker: Worker, heard: Heard) -> None:
    await worker.call(Focus((Address("shop-staging", "web", "1"),)))
    await heard.wait(lambda: heard.of(Samples))
    first = worker.pid
    assert first is not None
    os.kill(first, signal.SIGSTOP)  # so that the call is under way for certain when it dies
    call = worker.begin(Describe(WEB))
    os.kill(first, signal.SIGKILL)
    with pytest.raises(WorkerFailure) as caught:
        await call
    assert caught.value.failure.kind == "WorkerLost"

    lost = await heard.wait(lambda: heard.of(WorkerLost))
    assert lost == [WorkerLost(-signal.SIGKILL)]
    heard.updates.clear()
    # The focus was said again.
    await heard.wait(lambda: bool(heard.of(EnvironmentsChanged)) and bool(heard.of(Samples)))
    assert worker.pid not in (None, first)
    assert isinstance(await worker.call(Describe(WEB)), Description)


async def test_one_that_cannot_be_started_again_is_started_when_that_can_be_done(tmp_path: Path) -> None:
    interpreter = tmp_path / "python"  # an update takes it away and puts another in its place
    program = f"#!/bin/sh\nexec {sys.executable} -m tuienv.worker\n"
    interpreter.write_text(program)
    interpreter.chmod(0o700)
    worker = Worker(Options(demo=True), [str(interpreter)])
    heard = Heard(worker)
    await worker.start()
    await heard.wait(lambda: heard.of(EnvironmentsChanged))
    interpreter.unlink()
    worker.restart()
    await heard.wait(lambda: heard.of(WorkerLost))
    async with asyncio.timeout(60):
        while worker._deaths < 2:  # it was tried, in vain
            await asyncio.sleep(0.01)
    heard.updates.clear()
    interpreter.write_text(program)
    interpreter.chmod(0o700)
    await heard.wait(lambda: heard.of(EnvironmentsChanged))
    await worker.stop()


async def test_refresh_is_answered(worker: Worker, heard: Heard) -> None:
    assert await worker.call(Refresh()) is None


async def test_it_ends_when_it_is_stopped(worker: Worker, heard: Heard) -> None:
    pid = worker.pid
    await worker.stop()
    assert pid is not None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with pytest.raises(WorkerFailure):
        await worker.call(Refresh())


def test_it_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    program = (
        "import sys, time\n"
        "from tuienv.worker.client import Worker\nfrom tuienv.worker.options import Options\n"
        "worker = Worker(Options(demo=True)); worker.spawn()\n"
        "print(worker.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        ended = os.pidfd_open(pid)
        parent.kill()
    import select

    assert select.select([ended], [], [], 60)[0], "the worker outlived its parent"
    os.close(ended)


def test_the_screens_side_imports_nothing_heavy() -> None:
    program = (
        f"import sys, tuienv.worker.client, tuienv.worker.messages\nprint([m for m in {HEAVY!r} if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_what_libraries_print_does_not_touch_the_channel() -> None:
    program = (
        "import os\n"
        "from tuienv.worker.channel import take_over_stdin\n"
        "channel = take_over_stdin()\n"
        "os.write(1, b'noise'); os.write(2, b'noise'); print('noise', flush=True)\n"
        "assert os.read(0, 10) == b''\n"
        "channel.send('clean')\n"
    )
    import socket

    from tuienv.worker.wire import Unframer, unpack

    ours, theirs = socket.socketpair()
    with ours, theirs:
        subprocess.run([sys.executable, "-c", program], stdin=theirs.fileno(), check=True)
        unframer = Unframer()
        unframer.feed(ours.recv(65536))
        body = unframer.take()
    assert body is not None
    assert unpack(body) == "clean"
    assert len(unframer) == 0


async def test_the_past_of_a_layer_is_told(worker: Worker, heard: Heard) -> None:
    found = await worker.call(ReadReleases(WEB))
    assert isinstance(found, ReleaseList)
    assert [one.name for one in found.releases] == ["v3", "v2", "v1"]
    assert found.releases[0].current
    happened = await worker.call(ReadEvents(WEB))
    assert isinstance(happened, EventList)
    assert any("release v3" in event.text for event in happened.events)
    with pytest.raises(WorkerFailure, match="keeps no releases"):
        await worker.call(ReadReleases(Address("shop-staging", "db")))
    with pytest.raises(WorkerFailure, match="does not exist"):
        await worker.call(ReadEvents(Address("nowhere", "web")))
