"""Accounts: found without being told, shown before they count, and gone completely once others are used."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import TypeVar

import keyring
import pytest

from tests.keyrings import InMemory
from tests.live.provider import QUICK
from tuienv.backends.base import Backends, Secret, no_secret
from tuienv.backends.sandbox import Cloud, SandboxBackend, WallClock
from tuienv.backends.sandbox.planting import Tier, plant
from tuienv.credentials import profile_secret
from tuienv.model import Address, Identity, Kind
from tuienv.model.state import ConnectionChanged, EnvironmentsChanged, InstancesChanged, LayersChanged, Samples
from tuienv.settings import paths
from tuienv.worker.channel import Channel
from tuienv.worker.client import Worker
from tuienv.worker.messages import (
    AddProfile,
    CloseLog,
    Describe,
    Focus,
    IdentifyProfile,
    ListProfiles,
    LogBatch,
    LogSeen,
    OpenLog,
    Profiles,
    RemoveProfile,
    Reply,
    Request,
    Switched,
    UseProfile,
)
from tuienv.worker.options import Options
from tuienv.worker.server import Server

T = TypeVar("T")
PATIENCE = 30.0
"""Seconds after which a test gives up waiting: far more than anything here takes."""

SWITCHES = 50
WEB = Address("shop", "web")
SHOP = """\
environment: shop
backend: sandbox
layers:
  web: {kind: app, image: "blue:1", replicas: 3}
"""


class Account(SandboxBackend):
    """A profile with a world of its own, and with a connection that has to be let go of."""

    def __init__(self, cloud: Cloud, profile: str, secret: Secret) -> None:
        super().__init__(cloud, profile, secret)
        self._connection = socket.socketpair()

    def identity(self) -> Identity:
        found = super().identity()
        return found if self.profile in ("", "kept") else Identity("sandbox", self.profile, self.profile, self.profile)

    def close(self) -> None:
        super().close()
        for each in self._connection:
            each.close()


def world(colour: str) -> Cloud:
    """A shop, and an environment that nobody else has."""
    cloud = Cloud(WallClock(20.0), latency=0.001)
    plant(cloud, "shop", (Tier("web", Kind.APP, f"{colour}:1", 3, port=8000), Tier("db", Kind.DATABASE, f"{colour}:2")))
    plant(cloud, f"only-{colour}", (Tier("web", Kind.APP, f"{colour}:1", 2),))
    return cloud


class Client:
    """The screen's side: everything that came, and what can be waited for."""

    def __init__(self, channel: Channel) -> None:
        self._channel, self._numbers = channel, count(1)
        self.heard: list[object] = []
        self._changed = threading.Condition()
        self.listening = threading.Thread(target=self._listen, daemon=True)
        self.listening.start()

    def begin(self, request: Request) -> int:
        number = next(self._numbers)
        self._channel.send((number, request))
        return number

    def ask(self, request: Request) -> Reply:
        number = self.begin(request)
        return self.wait(lambda: next((one for one in self.of(Reply) if one.number == number), None))

    def of(self, kind: type[T], since: int = 0) -> list[T]:
        return [one for one in self.heard[since:] if isinstance(one, kind)]

    def wait(self, found: Callable[[], T | None]) -> T:
        with self._changed:
            assert self._changed.wait_for(found, PATIENCE), f"it never came; the last was {self.heard[-3:]}"
            answer = found()
            assert answer is not None
            return answer

    def _listen(self) -> None:
        for message in self._channel:  # until the test ends the connection
            with self._changed:
                self.heard += message if isinstance(message, tuple) else [message]
                self._changed.notify_all()
            for update in message if isinstance(message, tuple) else ():
                if isinstance(update, LogBatch):
                    with suppress(OSError):  # the server has just ended
                        self.begin(LogSeen(update.stream))


@contextmanager
def serving(tmp_path: Path, *, pairs: tuple[tuple[str, str], ...] | None = None) -> Iterator[tuple[Client, Backends]]:
    """A worker in this process, with a red and a blue account."""
    clouds = {"": world("blue"), "blue": world("blue"), "red": world("red"), "kept": world("green")}

    def opener(profile: str = "", *, secret: Secret = no_secret) -> Account:
        return Account(clouds[profile], profile, secret)

    backends = Backends({"sandbox": opener}, read_secret=profile_secret)
    ours, theirs = socket.socketpair()
    server = Server(Channel(theirs), Options(str(tmp_path), profiles=pairs), backends, QUICK)
    serving = threading.Thread(target=server.serve, daemon=True)
    serving.start()
    channel = Channel(ours)
    client = Client(channel)
    try:
        yield client, backends
    finally:
        ours.shutdown(socket.SHUT_RDWR)
        serving.join(PATIENCE)
        client.listening.join(PATIENCE)
        backends.close()
        channel.close()
        theirs.close()


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with serving(tmp_path, pairs=(("sandbox", "blue"),)) as (made, _):
        yield made


def environments(client: Client) -> set[str]:
    """The environments as they are known by now."""
    found: set[str] = set()
    for notice in client.of(EnvironmentsChanged):
        found = (found | {state.name for state in notice.environments}) - set(notice.gone)
    return found


def test_which_profiles_there_are_and_which_is_looked_at(client: Client) -> None:
    client.wait(lambda: "only-blue" in environments(client) or None)
    answer = client.ask(ListProfiles()).answer
    assert isinstance(answer, Profiles)
    assert {one.profile.name: one.looked_at for one in answer.profiles} == {"": None, "visitor": None, "blue": "blue"}


def test_a_switch_shows_the_new_account_and_drops_the_old_one(client: Client, tmp_path: Path) -> None:
    client.wait(lambda: environments(client) == {"shop", "only-blue"} or None)
    assert client.ask(IdentifyProfile("sandbox", "red")).answer == Identity("sandbox", "red", "red", "red")
    assert environments(client) == {"shop", "only-blue"}, "looking who somebody is changes nothing"
    reply = client.ask(UseProfile("sandbox", "red", account="red"))
    assert reply.failure is None
    assert client.wait(lambda: client.of(Switched) or None) == [Switched("sandbox", "red")]
    client.wait(lambda: environments(client) == {"shop", "only-red"} or None)
    assert ConnectionChanged("sandbox", "blue", gone=True) in client.of(ConnectionChanged)


def test_an_account_that_is_another_by_now_is_not_switched_to(client: Client) -> None:
    failure = client.ask(UseProfile("sandbox", "red", account="pink")).failure
    assert failure is not None
    assert "it is now red (red)" in str(failure)
    assert not client.of(Switched)
    assert not paths().profiles.exists()


def test_one_environment_alone_can_be_switched(tmp_path: Path) -> None:
    (tmp_path / "tuienv.yaml").write_text(SHOP)
    with serving(tmp_path, pairs=(("sandbox", "blue"),)) as (client, _):
        client.wait(lambda: "shop" in environments(client) or None)
        assert client.ask(UseProfile("sandbox", "red", "shop")).failure is None

        def shown() -> bool | None:
            states = [state for notice in client.of(EnvironmentsChanged) for state in notice.environments]
            states += [notice.environment for notice in client.of(LayersChanged)]
            last = next((state for state in reversed(states) if state.name == "shop"), None)
            web = next((layer for layer in last.layers if layer.name == "web"), None) if last else None
            return (web is not None and web.profile == "red") or None

        client.wait(shown)
        client.wait(lambda: {"only-blue", "only-red"} <= environments(client) or None)


def test_a_secret_is_kept_used_and_removed(tmp_path: Path) -> None:
    before, made = keyring.get_keyring(), InMemory()
    keyring.set_keyring(made)
    try:
        with serving(tmp_path, pairs=(("sandbox", "blue"),)) as (client, _):
            assert client.ask(AddProfile("sandbox", "kept", "nonsense")).failure is not None
            assert made.kept == {}
            request = AddProfile("sandbox", "kept", "sandbox:acme")
            assert "acme" not in repr(request)
            assert client.ask(request).answer == Identity("sandbox", "kept", "acme", "acme")
            assert list(made.kept) == [("tuienv", "profile:sandbox:kept")]
            assert client.ask(UseProfile("sandbox", "kept")).failure is None
            client.wait(lambda: environments(client) == {"shop", "only-green"} or None)
            assert client.ask(RemoveProfile("sandbox", "kept")).failure is None
            assert made.kept == {}
    finally:
        keyring.set_keyring(before)


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


def until(found: Callable[[], bool], what: Callable[[], object]) -> None:
    """Wait for what nobody tells."""
    waiting = threading.Event()
    end = time.monotonic() + PATIENCE
    while not found():
        assert time.monotonic() < end, what()
        waiting.wait(0.01)


def test_fifty_switches_under_load_leave_nothing_open_and_nothing_of_the_other_account(tmp_path: Path) -> None:
    (tmp_path / "tuienv.yaml").write_text(SHOP)
    with serving(tmp_path, pairs=(("sandbox", "blue"),)) as (client, backends):
        client.wait(lambda: "only-blue" in environments(client) or None)
        load(client)
        client.wait(lambda: bool(client.of(Samples) and client.of(LogBatch)) or None)
        rest(client, "blue")
        files, threads = open_files(), set(threading.enumerate())
        for turn in range(SWITCHES):
            colour = ("red", "blue")[turn % 2]
            start, stream = len(client.heard), load(client)
            assert client.ask(UseProfile("sandbox", colour)).failure is None
            client.wait(lambda start=start: client.of(Switched, start) or None)  # type: ignore[misc]  # bound now
            client.begin(CloseLog(stream))  # as the pane does: it may not even be open yet
            load(client)
            switched = next(at for at, one in enumerate(client.heard[start:], start) if isinstance(one, Switched))
            rest(client, colour, start)
            assert_nothing_of("blue" if colour == "red" else "red", client.heard[switched:])
        assert backends.opened() == [("sandbox", "blue")]
        until(lambda: open_files() <= files, lambda: f"{open_files()} files are open, {files} were before")
        until(
            lambda: len(threading.enumerate()) <= len(threads),
            lambda: f"threads that were not there before: {set(threading.enumerate()) - threads}",
        )


def load(client: Client) -> int:
    """What a busy screen asks for: measurements, a description, and a log; gives the log's number."""
    client.begin(Focus(tuple(Address("shop", "web", str(number)) for number in (1, 2, 3))))
    client.begin(Describe(WEB))
    return client.begin(OpenLog(WEB, tail=5))


def rest(client: Client, colour: str, since: int = 0) -> None:
    """Wait until this account's own environment is known, and its shop as it is there."""
    client.wait(lambda: any(f"only-{colour}" in repr(one) for one in client.of(EnvironmentsChanged, since)) or None)
    client.wait(lambda: client.of(Samples, since) or None)


def assert_nothing_of(colour: str, heard: list[object]) -> None:
    """No state that was told has anything of that account in it. That an environment of it is gone may be said."""
    for one in heard:
        if isinstance(one, EnvironmentsChanged):
            assert colour not in repr(one.environments).replace("blue:1", "" if colour == "blue" else "blue:1")
        elif isinstance(one, InstancesChanged | LayersChanged | Samples):
            assert colour not in repr(one).replace("blue:1", "" if colour == "blue" else "blue:1")


async def test_fifty_switches_of_the_real_process_leave_nothing_open_in_it() -> None:
    worker = Worker(Options(demo=True))
    await worker.start()
    try:
        pid = worker.pid

        def open_now() -> tuple[int, int]:
            """Files and threads of the process."""
            return len(os.listdir(f"/proc/{pid}/fd")), len(os.listdir(f"/proc/{pid}/task"))

        async def switch(turns: int) -> None:
            for turn in range(turns):
                stream = worker.begin(OpenLog(Address("shop-staging", "web"), tail=5)).number
                worker.begin(Focus((Address("shop-staging", "web", "1"),)))
                await worker.call(UseProfile("sandbox", ("visitor", "")[turn % 2]))
                await worker.call(CloseLog(stream))

        await switch(4)  # what is made when it is first used is there now
        before = await resting(open_now)
        await switch(SWITCHES)
        after = await resting(open_now)
        assert all(now <= then for now, then in zip(after, before, strict=True)), (
            f"(files, threads) were {before} and are {after}"
        )
    finally:
        await worker.stop()


async def resting(look: Callable[[], tuple[int, int]]) -> tuple[int, int]:
    """What is open once nothing comes or goes any more."""
    seen = [look()]
    for _ in range(int(PATIENCE / 0.2)):
        await asyncio.sleep(0.2)
        seen.append(look())
        if len(seen) > 8 and len(set(seen[-8:])) == 1:
            return seen[-1]
    raise AssertionError(f"it never came to rest: {seen[-8:]}")
