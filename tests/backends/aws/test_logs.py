"""Logs out of CloudWatch: in order, each line once, followed by polling and by Live Tail."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.aws_emulators.live_tail import LiveTailServer, live_tail
from tests.backends.aws import rows
from tests.backends.aws.rows import World
from tests.backends.aws.stub import Refusal, Stub, arn
from tuienv.backends.aws.logs import LogStream
from tuienv.backends.aws.logs.live_tail import SWITCH
from tuienv.backends.aws.looking.atlas import Atlas
from tuienv.backends.base import Invalid, NotFound
from tuienv.model import Address

GROUP = "/tuienv/shop/web"
PATIENCE = 30.0


class CloudWatch:
    """The log events of one group, by stream, in milliseconds; what FilterLogEvents and GetLogEvents make of them."""

    def __init__(self, stub: Stub) -> None:
        self.events: list[dict[str, Any]] = []
        self.page = 3
        stub.on("logs", "FilterLogEvents", self._filter)
        stub.on("logs", "GetLogEvents", self._get)
        stub.on(
            "logs",
            "DescribeLogGroups",
            {"logGroups": [{"logGroupName": GROUP, "arn": arn("logs", f"log-group:{GROUP}:*")}]},
        )
        stub.on("logs", "StartLiveTail", Refusal("AccessDeniedException", "no", 400))

    def write(self, stream: str, at: int, text: str) -> None:
        event = {"logStreamName": stream, "timestamp": at, "message": text, "eventId": str(len(self.events))}
        self.events.append(event)

    def _filter(self, given: Mapping[str, Any]) -> dict[str, Any]:
        names, prefix = given.get("logStreamNames"), given.get("logStreamNamePrefix", "")
        found = [
            event
            for event in sorted(self.events, key=lambda event: int(event["timestamp"]))
            if event["timestamp"] >= given.get("startTime", 0)
            and (event["logStreamName"] in names if names else event["logStreamName"].startswith(prefix))
        ]
        start = int(given.get("nextToken") or 0)
        following = {"nextToken": str(start + self.page)} if start + self.page < len(found) else {}
        return {"events": found[start : start + self.page], **following}

    def _get(self, given: Mapping[str, Any]) -> dict[str, Any]:
        found = [event for event in self.events if event["logStreamName"] == given["logStreamName"]]
        kept = found[-given["limit"] :]
        return {"events": [{"timestamp": one["timestamp"], "message": one["message"]} for one in kept]}


@pytest.fixture
def world(stub: Stub) -> World:
    """``shop/web``: two tasks that write to one group."""
    world = World()
    world.clusters = ["shop"]
    world.services = [rows.service("shop", "web", desired=2)]
    world.tasks = [rows.task("shop", "web", number) for number in (1, 2)]
    options = {"awslogs-group": GROUP, "awslogs-stream-prefix": "web"}
    container = {"name": "app", "image": "shop:1", "logConfiguration": {"logDriver": "awslogs", "options": options}}
    definition = arn("ecs", "task-definition/shop-web:3")
    world.definitions = {definition: {"taskDefinitionArn": definition, "containerDefinitions": [container]}}
    world.answer(stub)
    return world


@pytest.fixture
def cloudwatch(stub: Stub, world: World) -> CloudWatch:
    return CloudWatch(stub)


def stream(number: int) -> str:
    return f"web/app/{number:08x}{0:024x}"


def source(number: int) -> str:
    return f"shop/web/{number:08x}"


def read(atlas: Atlas, target: str = "shop/web", **given: Any) -> list[tuple[str, bytes]]:
    options: dict[str, Any] = {"tail": None, "since": None, "follow": False, **given}
    return [(line.source, line.raw) for batch in LogStream(atlas, Address.parse(target), **options) for line in batch]


def test_tasks_are_merged_by_time_across_pages(atlas: Atlas, cloudwatch: CloudWatch) -> None:
    for at in range(10):
        cloudwatch.write(stream(1 + at % 2), 1000 + at, f"line {at}")
    found = read(atlas)
    assert [raw for _, raw in found] == [f"line {at}".encode() for at in range(10)]
    assert [name for name, _ in found] == [source(1), source(2)] * 5


def test_tail_is_the_end_of_each_task(atlas: Atlas, cloudwatch: CloudWatch) -> None:
    for at in range(10):
        cloudwatch.write(stream(1 + at % 2), 1000 + at, f"line {at}")
    assert [raw for _, raw in read(atlas, tail=2)] == [b"line 6", b"line 7", b"line 8", b"line 9"]
    assert read(atlas, tail=0) == []


def test_where_no_task_runs_the_tail_is_that_of_the_last_ones(
    atlas: Atlas, cloudwatch: CloudWatch, stub: Stub, world: World
) -> None:
    """A service that crashes over and over has more streams than are read, and their names say nothing of when."""
    world.tasks = []
    for number in range(60):
        cloudwatch.write(stream(number), 1000 + number, f"task {number} crashed")

    def describe(given: Mapping[str, Any]) -> dict[str, Any]:
        assert not ("logStreamNamePrefix" in given and "orderBy" in given), "CloudWatch takes one of them"
        names = [
            stream(number) for number in range(60) if stream(number).startswith(given.get("logStreamNamePrefix", ""))
        ]
        ordered = reversed(names) if given.get("orderBy") == "LastEventTime" else names
        return {"logStreams": [{"logStreamName": name} for name in ordered][: given["limit"]]}

    stub.on("logs", "DescribeLogStreams", describe)
    assert read(atlas, tail=1)[-1] == (source(59), b"task 59 crashed")


def test_one_task_alone_and_none_of_others(atlas: Atlas, cloudwatch: CloudWatch) -> None:
    cloudwatch.write(stream(1), 1000, "mine")
    cloudwatch.write(stream(2), 1001, "another's")
    cloudwatch.write("worker/app/00000001", 1002, "of another layer")
    assert read(atlas, source(1)) == [(source(1), b"mine")]


def test_since_includes_the_line_of_that_time(atlas: Atlas, cloudwatch: CloudWatch) -> None:
    for at in range(4):
        cloudwatch.write(stream(1), 1_700_000_000_123 + at, f"line {at}")
    first = read(atlas)[0]
    assert first == (source(1), b"line 0")
    assert [raw for _, raw in read(atlas, since=1_700_000_000.125)] == [b"line 2", b"line 3"]


def test_a_log_that_nobody_wrote_is_empty(atlas: Atlas, stub: Stub, world: World) -> None:
    stub.on("logs", "FilterLogEvents", Refusal("ResourceNotFoundException", "The specified log group does not exist."))
    stub.on("logs", "GetLogEvents", Refusal("ResourceNotFoundException", "The specified log stream does not exist."))
    assert read(atlas) == []
    assert read(atlas, tail=5) == []


def test_what_is_not_there_is_said(atlas: Atlas, cloudwatch: CloudWatch) -> None:
    with pytest.raises(NotFound, match="shop/nothing"):
        read(atlas, "shop/nothing")
    with pytest.raises(NotFound, match="no such instance"):
        read(atlas, "shop/web/ffffffff")


def test_what_keeps_no_log_says_how_it_could(atlas: Atlas, stub: Stub) -> None:
    world = World()
    world.databases = [rows.database("db", {"Project": "shop"})]
    world.answer(stub)
    with pytest.raises(Invalid, match=r"exports no log .*modify-db-instance"):
        read(atlas, "shop/db")


def test_a_database_that_exports_its_log_is_read(atlas: Atlas, stub: Stub) -> None:
    world = World()
    world.databases = [rows.database("db", {"Project": "shop"}, EnabledCloudwatchLogsExports=["postgresql"])]
    world.answer(stub)
    CloudWatch(stub).write("db.0", 1000, "checkpoint")
    assert read(atlas, "shop/db") == [("shop/db/1", b"checkpoint")]
    assert stub.asked("FilterLogEvents")[0]["logGroupName"] == "/aws/rds/instance/db/postgresql"


class Reader:
    """Reads a followed log in a thread of its own."""

    def __init__(self, log: LogStream) -> None:
        self.log = log
        self.lines: list[tuple[str, bytes]] = []
        self.ended = threading.Event()
        self._more = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for batch in self.log:
            with self._more:
                self.lines += [(line.source, line.raw) for line in batch]
                self._more.notify_all()
        self.ended.set()

    def wait_for(self, count: int) -> list[bytes]:
        with self._more:
            assert self._more.wait_for(lambda: len(self.lines) >= count, PATIENCE), self.lines
            return [raw for _, raw in self.lines]


@pytest.fixture
def following(atlas: Atlas, cloudwatch: CloudWatch) -> Iterator[Reader]:
    log = LogStream(atlas, Address("shop", "web"), tail=1, since=None, follow=True, interval=0.01)
    reader = Reader(log)
    yield reader
    log.close()
    assert reader.ended.wait(PATIENCE)


def now() -> int:
    import time

    return round(time.time() * 1000)


def test_polling_gives_each_line_once_and_those_of_new_tasks(following: Reader, cloudwatch: CloudWatch) -> None:
    for at in range(5):
        cloudwatch.write(stream(1), now() + at, f"line {at}")
    following.wait_for(5)
    cloudwatch.write(stream(9), now(), "from a task that is new")
    cloudwatch.write(stream(1), now() - 3000, "taken in late")
    following.wait_for(7)
    cloudwatch.write(stream(1), now(), "the last")
    lines = following.wait_for(8)
    assert sorted(lines) == sorted(
        [
            b"line 0",
            b"line 1",
            b"line 2",
            b"line 3",
            b"line 4",
            b"from a task that is new",
            b"taken in late",
            b"the last",
        ]
    )
    assert (source(9), b"from a task that is new") in following.lines


def test_what_was_kept_and_what_comes_overlap_in_nothing(atlas: Atlas, cloudwatch: CloudWatch) -> None:
    for at in range(3):
        cloudwatch.write(stream(1), now() - 100 + at, f"before {at}")
    log = LogStream(atlas, Address("shop", "web"), tail=2, since=None, follow=True, interval=0.01)
    reader = Reader(log)
    reader.wait_for(2)
    cloudwatch.write(stream(1), now(), "after")
    assert reader.wait_for(3) == [b"before 1", b"before 2", b"after"]
    log.close()
    assert reader.ended.wait(PATIENCE)


@pytest.fixture
def session(stub: Stub, cloudwatch: CloudWatch, monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveTailServer]:
    """Sessions of Live Tail, which this person has asked for."""
    stub.beyond.add("StartLiveTail")
    monkeypatch.setenv(SWITCH, "on")
    with live_tail(GROUP, monkeypatch) as server:
        yield server


def test_live_tail_is_asked_for_these_streams_and_ends_when_closed(
    atlas: Atlas, stub: Stub, cloudwatch: CloudWatch, session: LiveTailServer
) -> None:
    log = LogStream(atlas, Address("shop", "web"), tail=0, since=None, follow=True, interval=0.01)
    reader = Reader(log)
    session.send((stream(1), now(), "first"), (stream(2), now(), "second"), ("worker/app/1", now(), "not ours"))
    assert reader.wait_for(2) == [b"first", b"second"]
    log.close()
    assert reader.ended.wait(PATIENCE)
    assert session.asked == [
        {"logGroupIdentifiers": [arn("logs", f"log-group:{GROUP}")], "logStreamNamePrefixes": ["web/app/"]}
    ]
    assert session.hosts[0].startswith("stream-logs.us-east-1.amazonaws.com:")


@pytest.mark.parametrize("ends", ["sampled", "fail", "cut"])
def test_where_live_tail_leaves_something_out_or_ends_polling_goes_on(
    atlas: Atlas, cloudwatch: CloudWatch, session: LiveTailServer, ends: str
) -> None:
    log = LogStream(atlas, Address("shop", "web"), tail=0, since=None, follow=True, interval=0.01)
    reader = Reader(log)
    at = now()
    cloudwatch.write(stream(1), at, "sent")
    cloudwatch.write(stream(1), at + 1, "left out")
    session.send((stream(1), at, "sent"), sampled=ends == "sampled")
    if ends != "sampled":
        getattr(session, ends)()
    assert sorted(reader.wait_for(2)) == [b"left out", b"sent"]
    cloudwatch.write(stream(1), now() + 2, "polled")
    assert reader.wait_for(3)[-1] == b"polled"
    log.close()
    assert reader.ended.wait(PATIENCE)


def test_live_tail_costs_money_and_so_is_off_unless_asked_for(
    atlas: Atlas, stub: Stub, cloudwatch: CloudWatch, session: LiveTailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(SWITCH)
    log = LogStream(atlas, Address("shop", "web"), tail=0, since=None, follow=True, interval=0.01)
    reader = Reader(log)
    cloudwatch.write(stream(1), now(), "polled")
    assert reader.wait_for(1) == [b"polled"]
    assert not session.asked
    log.close()
    assert reader.ended.wait(PATIENCE)


def test_a_session_that_ended_for_its_age_is_followed_by_another_and_nothing_is_missed(
    atlas: Atlas, cloudwatch: CloudWatch, session: LiveTailServer
) -> None:
    log = LogStream(atlas, Address("shop", "web"), tail=0, since=None, follow=True, interval=0.01)
    reader, at = Reader(log), now()
    session.send((stream(1), at, "first"))
    assert reader.wait_for(1) == [b"first"]
    cloudwatch.write(stream(1), at, "first")
    cloudwatch.write(stream(2), at + 1, "in between")
    session.time_out()
    session.wait_for(2)
    assert reader.wait_for(2) == [b"first", b"in between"]
    session.send((stream(2), at + 1, "in between"), (stream(1), at + 2, "second"))
    assert reader.wait_for(3) == [b"first", b"in between", b"second"]
    log.close()
    assert reader.ended.wait(PATIENCE)
    assert len(session.asked) == 2


def test_where_no_further_session_can_be_had_polling_goes_on(
    atlas: Atlas, cloudwatch: CloudWatch, session: LiveTailServer
) -> None:
    log = LogStream(atlas, Address("shop", "web"), tail=0, since=None, follow=True, interval=0.01)
    reader = Reader(log)
    session.refusal = "LimitExceededException"
    session.time_out()
    cloudwatch.write(stream(1), now(), "polled")
    assert reader.wait_for(1) == [b"polled"]
    log.close()
    assert reader.ended.wait(PATIENCE)


@pytest.mark.parametrize("refusal", ["AccessDeniedException", "LimitExceededException", "InvalidParameterException"])
def test_who_may_not_have_live_tail_has_polling(
    atlas: Atlas, cloudwatch: CloudWatch, session: LiveTailServer, refusal: str
) -> None:
    session.refusal = refusal
    log = LogStream(atlas, Address("shop", "web"), tail=0, since=None, follow=True, interval=0.01)
    reader = Reader(log)
    cloudwatch.write(stream(1), now(), "polled")
    assert reader.wait_for(1) == [b"polled"]
    log.close()
    assert reader.ended.wait(PATIENCE)


@pytest.mark.parametrize(("variable", "asked"), [("", 1), ("off", 0)])
def test_an_account_asks_for_it_in_its_profile_and_the_variable_comes_first(
    atlas: Atlas,
    session: LiveTailServer,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    variable: str,
    asked: int,
) -> None:
    (tmp_path / "config").write_text("[default]\ntuienv_live_tail = on\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv(SWITCH, variable)
    LogStream(atlas, Address("shop", "web"), tail=0, since=None, follow=True, interval=0.01).close()
    assert len(session.asked) == asked
