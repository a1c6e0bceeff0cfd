"""Logs whose sessions run out: begun again, each line once, and a gap told where there is one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests

from tests.contract.test_reading import PATIENCE
from tests.heroku_platform import HerokuPlatform, Program
from tests.heroku_platform.records import App
from tuienv.backends.base import Stream, Unreachable
from tuienv.backends.heroku import metrics, transport
from tuienv.backends.heroku.backend import HerokuBackend
from tuienv.backends.heroku.logs import following
from tuienv.model import Address, LogLine

WEB = Address("theirs", "web")


@pytest.fixture
def app(platform: HerokuPlatform) -> App:
    """An app of others whose log is written by the test alone."""
    theirs = platform.app("theirs", platform.world.accounts[0], Program())
    platform.skip(60)
    return theirs


def write(platform: HerokuPlatform, app: App, *texts: str) -> None:
    with platform.world.held() as world:
        for text in texts:
            world.write(app, "app", "web.1", text)


@contextmanager
def closing(stream: Stream[list[LogLine]]) -> Iterator[Stream[list[LogLine]]]:
    """Ends the stream at the end, or when it took too long."""
    timer = threading.Timer(PATIENCE, stream.close)
    timer.start()
    try:
        yield stream
    finally:
        timer.cancel()
        stream.close()


def heard(stream: Stream[list[LogLine]], last: bytes) -> list[bytes]:
    """What the app said up to this line."""
    lines: list[bytes] = []
    for batch in stream:
        lines += [line.raw for line in batch if line.raw.startswith(b"line")]
        if last in lines:
            return lines
    raise AssertionError(f"{last!r} was not heard, only {lines}")


def test_a_session_that_ran_out_is_begun_again_with_each_line_once(
    platform: HerokuPlatform, backend: HerokuBackend, app: App
) -> None:
    platform.world.seconds["session_connected"] = 40  # a fifth of a second
    write(platform, app, "line 0")
    with closing(backend.logs(WEB, follow=True)) as stream:
        found = heard(stream, b"line 0")
        for number in range(1, 6):
            platform.skip(45)  # the session is over
            write(platform, app, f"line {number}")
            found += heard(stream, b"line %d" % number)
    assert found == [b"line %d" % number for number in range(6)]
    asked = [request for request in platform.recorder.requests if request.path.endswith("/log-sessions")]
    assert len(asked) > 2, "no session was begun again"


def test_a_session_that_is_over_before_it_is_read_is_not_the_end(
    platform: HerokuPlatform, backend: HerokuBackend, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    open_stream = transport.open_stream

    def too_late(url: str, timeout: tuple[float, float]) -> requests.Response:
        asked.append(url)
        if len(asked) == 2:  # the first told what is kept, the second is to follow
            with platform.world.held() as world:
                world.sessions.clear()
        return open_stream(url, timeout)

    monkeypatch.setattr(transport, "open_stream", too_late)
    write(platform, app, "line 0")
    with closing(backend.logs(WEB, follow=True)) as stream:
        heard(stream, b"line 0")
        write(platform, app, "line 1")
        heard(stream, b"line 1")
    assert len(asked) > 2, "no other session was begun"


def test_a_gap_is_told_where_it_is(
    platform: HerokuPlatform, backend: HerokuBackend, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More is written between two sessions than is kept."""
    monkeypatch.setattr(following, "MOST", 3)
    platform.world.seconds["session_connected"] = 200
    write(platform, app, "line 0")
    with closing(backend.logs(WEB, follow=True)) as stream:
        heard(stream, b"line 0")
        write(platform, app, "line 0, live")
        heard(stream, b"line 0, live")  # so the session is there: what is kept was read before it began
        with platform.world.held() as world:
            for session in world.sessions.values():
                session.made_at = world.now()
        with platform.faults.on("slow", path="/log-sessions$", seconds=1.0):
            platform.skip(300)
            write(platform, app, *(f"line {number}" for number in range(1, 20)))
            with pytest.raises(Unreachable, match="no longer kept"):
                heard(stream, b"line 19")


def test_of_an_add_on_and_the_router_what_they_write_is_read(
    platform: HerokuPlatform, backend: HerokuBackend, app: App
) -> None:
    with platform.world.held() as world:
        world.write(app, "heroku", "router", 'at=info method=GET path="/" dyno=web.1 service=35ms status=200')
        world.write(app, "heroku", "web.1", "source=web.1 sample#memory_total=90.07MB")
    write(platform, app, "line 1")
    (batch,) = list(backend.logs(Address("theirs", "router")))
    assert [(line.source, line.raw[:7]) for line in batch] == [("theirs/router/1", b"at=info")]
    (batch,) = list(backend.logs(WEB))
    assert b"line 1" in [line.raw for line in batch]
    assert not [line for line in batch if b"sample#" in line.raw], "a measurement is no line"


def test_requests_are_counted_from_the_routers_lines(
    platform: HerokuPlatform, backend: HerokuBackend, app: App
) -> None:
    one = Address("theirs", "web", "1")
    stream = backend.metrics([one])
    timer = threading.Timer(PATIENCE, stream.close)
    timer.start()
    for batch in stream:
        with platform.world.held() as world:
            for status, took in ((200, 35), (200, 35), (503, 65)):
                line = f'at=info method=GET path="/" dyno=web.1 service={took}ms status={status}'
                world.write(app, "heroku", "router", line)
        if any(sample.requests for sample in batch):
            break
    timer.cancel()
    stream.close()
    assert batch[0].address == str(one)
    assert batch[0].requests
    assert batch[0].failed == pytest.approx(batch[0].requests / 3)
    assert batch[0].service == pytest.approx(0.045)


def test_what_a_dyno_wrote_last_is_not_told_as_if_it_were_of_now(
    platform: HerokuPlatform, backend: HerokuBackend, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = backend.metrics([Address("theirs", "web", "1")])
    timer = threading.Timer(PATIENCE, stream.close)
    timer.start()
    for batch in stream:
        if any(sample.memory for sample in batch):
            break
        with platform.world.held() as world:
            world.write(app, "heroku", "web.1", "source=web.1 dyno=heroku.1.2 sample#memory_total=90.07MB")
    monkeypatch.setattr(metrics, "LASTS", 0.0)
    assert not any(sample.memory for sample in next(stream))
    timer.cancel()
    stream.close()
