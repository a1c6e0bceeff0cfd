"""What the worker says before there is an event loop: heard at once, and heard again by whoever subscribes."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator

import pytest

from tuienv.model import Address
from tuienv.model.state import EnvironmentsChanged, FilesRefused
from tuienv.worker import ahead
from tuienv.worker.ahead import Ahead
from tuienv.worker.client import Worker
from tuienv.worker.messages import Focus, Reply, Update, WorkerLost
from tuienv.worker.options import Options
from tuienv.worker.process import Process
from tuienv.worker.wire import pack

PATIENCE = 30.0


class Heard:
    """A handler in another thread, that can be waited for."""

    def __init__(self) -> None:
        self.updates: list[Update] = []
        self._news = threading.Condition()

    def __call__(self, updates: tuple[Update, ...]) -> None:
        with self._news:
            self.updates += updates
            self._news.notify_all()

    def wait(self, count: int = 1) -> None:
        with self._news:
            assert self._news.wait_for(lambda: len(self.updates) >= count, PATIENCE), self.updates


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def said(number: int) -> FilesRefused:
    return FilesRefused((str(number),))


def test_what_comes_is_handed_on_and_kept(pair: tuple[socket.socket, socket.socket]) -> None:
    heard = Heard()
    hearing = Ahead(pair[0], heard)
    hearing.start()
    frames = pack((said(1), said(2))) + pack(Reply(1)) + pack((said(3),))
    for at in range(0, len(frames), 7):  # however it is cut
        pair[1].sendall(frames[at : at + 7])
    heard.wait(3)
    assert heard.updates == [said(1), said(2), said(3)]
    assert hearing.stop() == frames


def test_what_was_not_read_when_it_stops_is_still_there(pair: tuple[socket.socket, socket.socket]) -> None:
    heard = Heard()
    hearing = Ahead(pair[0], heard)
    hearing.start()
    pair[1].sendall(pack((said(1),)))
    heard.wait()
    first = hearing.stop()
    pair[1].sendall(pack((said(2),)))
    assert first + pair[0].recv(65536) == pack((said(1),)) + pack((said(2),))
    assert heard.updates == [said(1)]


def test_a_handler_that_fails_loses_nothing(
    pair: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = threading.Event()
    monkeypatch.setattr(threading, "excepthook", lambda _: failed.set())

    def fail(_: object) -> None:
        raise RuntimeError("a mistake")

    hearing = Ahead(pair[0], fail)
    hearing.start()
    pair[1].sendall(pack((said(1),)))
    assert failed.wait(PATIENCE)
    assert hearing.stop() == pack((said(1),))


def test_of_very_much_only_the_beginning_is_handed_on(
    pair: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ahead, "MOST_HANDED", 200)
    monkeypatch.setattr(ahead, "MOST_BUFFERED", 1000)
    heard = Heard()
    hearing = Ahead(pair[0], heard)
    hearing.start()
    pair[1].sendall(pack((said(1),)))
    heard.wait()
    much = pack((said(2), FilesRefused(("x" * 5000,))))
    pair[1].sendall(much)
    hearing._thread.join(PATIENCE)  # it reads no more than it may keep
    assert not hearing._thread.is_alive()
    assert heard.updates == [said(1)]
    assert (pack((said(1),)) + much).startswith(hearing.stop())


async def test_subscribers_hear_it_all_once_the_process_is_joined() -> None:
    options, heard = Options(demo=True), Heard()
    process = Process()
    process.begin(options)
    hearing = Ahead(process.socket, heard)
    hearing.start()
    heard.wait()
    worker, updates = Worker(options), list[Update]()
    worker.subscribe(updates.append)
    worker.adopt(process, hearing)
    await worker.start()
    try:
        await worker.call(Focus((Address("shop"),)))
        assert updates[: len(heard.updates)] == heard.updates
        assert any(isinstance(update, EnvironmentsChanged) for update in updates)
    finally:
        await worker.stop()


async def test_a_process_that_died_before_it_was_joined_is_started_again() -> None:
    options, updates = Options(demo=True), list[Update]()
    process = Process(("/bin/false",))
    process._popen.wait(PATIENCE)
    hearing = Ahead(process.socket, Heard())
    hearing.start()
    hearing._thread.join(PATIENCE)
    worker = Worker(options)
    there = asyncio.Event()

    def take(update: Update) -> None:
        updates.append(update)
        if isinstance(update, EnvironmentsChanged):
            there.set()

    worker.subscribe(take)
    worker.adopt(process, hearing)
    await worker.start()
    try:
        await asyncio.wait_for(there.wait(), PATIENCE)
        assert isinstance(updates[0], WorkerLost)
    finally:
        await worker.stop()
