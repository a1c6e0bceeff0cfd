"""Logs on their way to the screen: whole where they can be, skipped and counted where not, joined after cuts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from tuienv.backends.base import NotFound, Unreachable
from tuienv.model import Address, LogLine
from tuienv.worker.logs import outbox as outbox_module
from tuienv.worker.logs.following import BEHIND, Following, Lag, Piece, Seam
from tuienv.worker.logs.outbox import BATCH, LINE, Outbox
from tuienv.worker.logs.streams import LogStreams
from tuienv.worker.messages import WINDOW, LogBatch, OpenLog

TARGET = Address("shop", "web")
CUT = Unreachable("read the log of", "shop/web", "the engine cut it off")


def line(time: float, text: str = "x", source: str = "shop/web/1") -> LogLine:
    return LogLine(time, source, text.encode())


class Script:
    """A stream that gives these batches, then ends, raises, or waits until it is closed."""

    def __init__(self, *steps: list[LogLine] | Exception, waits: bool = False) -> None:
        self._steps = iter(steps)
        self._waits = waits
        self.closed = threading.Event()

    def __iter__(self) -> Iterator[list[LogLine]]:
        return self

    def __next__(self) -> list[LogLine]:
        if self.closed.is_set():
            raise StopIteration
        step = next(self._steps, None)
        if isinstance(step, Exception):
            raise step
        if step is not None:
            return step
        if self._waits:
            assert self.closed.wait(10), "nobody closed the stream"
        raise StopIteration

    def close(self) -> None:
        self.closed.set()


class Shelf:
    """A backend that keeps logs: gives the scripts one after the other, and remembers how it was asked."""

    name, profile = "shelf", ""

    def __init__(self, *scripts: Script | Exception) -> None:
        self._scripts = list(scripts)
        self.asked: list[tuple[int | None, float | None, bool]] = []

    def logs(
        self, target: Address, *, tail: int | None = None, since: float | None = None, follow: bool = False
    ) -> Script:
        self.asked.append((tail, since, follow))
        script = self._scripts.pop(0)
        if isinstance(script, Exception):
            raise script
        return script


class Clock:
    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def follow(shelf: Shelf, **more: object) -> Following:
    values: dict[str, object] = {"tail": 10, "since": None, "follow": True, **more}
    return Following(shelf, TARGET, **values)  # type: ignore[arg-type]  # a test's shorthand


# --- following over cuts ----------------------------------------------------------------------------------------


def test_after_a_cut_no_line_is_lost_and_none_comes_twice() -> None:
    shelf = Shelf(Script([line(1), line(2)], CUT), Script([line(2), line(3)]))
    pieces = list(follow(shelf))
    assert [each.time for piece in pieces for each in piece.lines] == [1, 2, 3]
    assert [piece.failure is not None for piece in pieces] == [False, True, False]
    assert all(piece.gap == 0 for piece in pieces)


def test_after_a_cut_what_is_missing_is_known() -> None:
    shelf = Shelf(Script([line(10)], CUT), Script([line(14)]))
    assert [piece.gap for piece in follow(shelf)] == [0.0, 0.0, 4.0]


def test_it_is_tried_again_until_the_provider_answers() -> None:
    shelf = Shelf(Script([line(1)], CUT), CUT, CUT, Script([line(1), line(2)]))
    assert [each.time for piece in follow(shelf) for each in piece.lines] == [1, 2]
    assert len(shelf.asked) == 4


def test_without_following_a_cut_is_an_error() -> None:
    with pytest.raises(Unreachable):
        list(follow(Shelf(Script([line(1)], CUT)), follow=False))


def test_what_is_gone_is_not_waited_for() -> None:
    gone = NotFound("read the log of", TARGET, "there is no such instance")
    with pytest.raises(NotFound):
        list(follow(Shelf(Script([line(1)], CUT), gone)))


def test_closing_ends_a_log_that_is_being_waited_for() -> None:
    following = follow(Shelf(Script(waits=True)))
    reader = threading.Thread(target=lambda: list(following))
    following.open()
    reader.start()
    following.close()
    reader.join(10)
    assert not reader.is_alive()


def test_a_live_log_that_falls_behind_is_opened_again_near_its_end() -> None:
    clock = Clock(100.0)
    late = Script([line(100.0)], waits=False)
    shelf = Shelf(late, Script([line(105.0)]))
    following = follow(shelf, live=True, clock=clock)
    following.open()
    pieces = iter(following)
    next(pieces)  # a line that took no time: both clocks agree
    late._steps = iter([[line(101.0)]])
    clock.now = 103.0
    next(pieces)
    assert next(pieces).gap == pytest.approx(4.0)
    assert len(shelf.asked) == 2


def test_lag_is_told_from_clocks_that_differ() -> None:
    lag = Lag()
    lag.opened(1000.0)
    lag.note(400.0, 1000.1)  # the provider's clock is ten minutes behind
    assert not lag.is_behind(401.0, 1001.2)
    lag.note(402.0, 1002.0)
    assert lag.is_behind(402.0, 1002.1 + BEHIND)


def test_lines_from_before_are_no_lag() -> None:
    lag = Lag()
    lag.opened(1000.0)
    lag.note(10.0, 1001.0)
    lag.note(1000.5, 1001.0)
    assert not lag.is_behind(20.0, 1002.0)


def test_the_first_lines_are_the_past_of_a_log() -> None:
    lag = Lag()
    lag.opened(1000.0)
    lag.note(10.0, 1000.1)
    assert not lag.is_live(10.0, 1000.1), "a log that ended long ago is taken for live"
    lag.note(1001.0, 1001.1)
    assert lag.is_live(1001.0, 1001.1)


def test_a_seam_joins_each_source_by_itself() -> None:
    seam = Seam()
    seam.join([line(5, source="a"), line(6, source="b")])
    seam.leave()
    lines, gap = seam.join([line(5, source="a"), line(5.5, source="a"), line(6, source="b"), line(7, source="b")])
    assert [(each.time, each.source) for each in lines] == [(5.5, "a"), (7, "b")]
    assert gap == 0


# --- to the screen ----------------------------------------------------------------------------------------------


class Screen:
    """Takes messages; says that it saw them when it is told to."""

    def __init__(self) -> None:
        self.batches: list[LogBatch] = []
        self.arrived = threading.Condition()

    def send(self, batch: LogBatch) -> None:
        with self.arrived:
            self.batches.append(batch)
            self.arrived.notify_all()

    def wait(self, condition: Callable[[list[LogBatch]], bool]) -> list[LogBatch]:
        with self.arrived:
            assert self.arrived.wait_for(lambda: condition(self.batches), 10), self.batches
            return list(self.batches)


def sending(outbox: Outbox) -> threading.Thread:
    thread = threading.Thread(target=outbox.send_all, daemon=True)
    thread.start()
    return thread


def test_live_lines_are_skipped_and_counted_while_the_screen_is_busy() -> None:
    screen = Screen()
    outbox = Outbox(1, screen.send)
    for number in range(10):
        outbox.put(Piece([line(number * 1000 + n) for n in range(1000)], live=True))
    outbox.end(None)
    sending(outbox).join(10)
    assert sum(len(batch.lines) + batch.skipped for batch in screen.batches) == 10_000
    assert screen.batches[0].skipped == 10_000 - BATCH
    assert screen.batches[0].lines[-1].time == 9999


def test_the_past_is_never_skipped_and_waits_for_the_screen() -> None:
    screen = Screen()
    outbox = Outbox(1, screen.send)

    def read() -> None:
        for number in range(20):
            outbox.put(Piece([line(number * 1000 + n) for n in range(1000)]))
        outbox.end(None)

    reader = threading.Thread(target=read)
    reader.start()
    sender = sending(outbox)
    seen = 0
    while not (batches := screen.wait(lambda batches, seen=seen: len(batches) > seen))[-1].ended:  # type: ignore[misc]  # a default
        assert len(batches) - seen <= WINDOW
        seen += 1
        outbox.seen()
    reader.join(10)
    sender.join(10)
    assert [each.time for batch in screen.batches for each in batch.lines] == list(range(20_000))
    assert not any(batch.skipped for batch in screen.batches)


def test_no_more_than_a_window_is_under_way() -> None:
    screen = Screen()
    outbox = Outbox(1, screen.send)
    sender = sending(outbox)
    for number in range(WINDOW):
        outbox.put(Piece([line(number)]))
        screen.wait(lambda batches, number=number: len(batches) > number)  # type: ignore[misc]  # a default
    outbox.put(Piece([line(99)]))
    outbox.end(None)
    outbox.seen()
    outbox.seen()
    sender.join(10)
    assert [len(batch.lines) for batch in screen.batches] == [1] * (WINDOW + 1) + [0]


def test_the_past_that_comes_in_parts_is_sent_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_module, "TOGETHER", 60.0)
    monkeypatch.setattr(outbox_module, "APART", 60.0)
    screen = Screen()
    outbox = Outbox(1, screen.send)
    sender = sending(outbox)
    for number in range(5):
        outbox.put(Piece([line(number)]))
    outbox.end(None)
    outbox.seen()
    sender.join(10)
    assert [len(batch.lines) for batch in screen.batches] == [5, 0]


def test_a_full_message_waits_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_module, "TOGETHER", 60.0)
    monkeypatch.setattr(outbox_module, "APART", 60.0)
    screen = Screen()
    outbox = Outbox(1, screen.send)
    sending(outbox)
    outbox.put(Piece([line(number) for number in range(BATCH)]))
    assert len(screen.wait(lambda batches: len(batches) > 0)[0].lines) == BATCH
    outbox.close()


def test_a_line_of_a_megabyte_is_cut_on_its_way() -> None:
    screen = Screen()
    outbox = Outbox(1, screen.send)
    outbox.put(Piece([LogLine(1.0, "a", b"z" * 1_000_000)]))
    outbox.end(None)
    sending(outbox).join(10)
    assert len(screen.batches[0].lines[0].raw) == LINE


def test_a_stream_from_opening_to_its_end() -> None:
    screen = Screen()
    streams = LogStreams(lambda _: [Shelf(Script([line(1)], [line(2)]))], screen.send)  # type: ignore[list-item]  # only logs
    streams.open(7, OpenLog(TARGET, follow=False))
    batches = screen.wait(lambda batches: bool(batches) and batches[-1].ended)
    assert [each.time for batch in batches for each in batch.lines] == [1, 2]
    assert {batch.stream for batch in batches} == {7}
    assert batches[-1].failure is None


def test_a_log_that_ends_by_a_backends_mistake_says_so() -> None:
    screen = Screen()
    streams = LogStreams(lambda _: [Shelf(Script([line(1)], RuntimeError("s3cret")))], screen.send)  # type: ignore[list-item]  # only logs
    streams.open(7, OpenLog(TARGET))
    last = screen.wait(lambda batches: bool(batches) and batches[-1].ended)[-1]
    assert last.failure is not None
    assert "unexpected RuntimeError" in str(last.failure)
    assert "s3cret" not in str(last.failure)


def test_a_log_that_nobody_keeps_is_refused() -> None:
    streams = LogStreams(lambda _: [], Screen().send)
    with pytest.raises(Exception, match="nothing keeps a log"):
        streams.open(1, OpenLog(TARGET))


def test_closing_a_stream_lets_go_of_the_provider() -> None:
    script = Script([line(1)], waits=True)
    screen = Screen()
    streams = LogStreams(lambda _: [Shelf(script)], screen.send)  # type: ignore[list-item]  # only logs
    streams.open(1, OpenLog(TARGET))
    screen.wait(bool)
    streams.close(1)
    assert script.closed.wait(10)
    streams.close(1)


def test_a_stream_that_is_closed_before_it_was_opened_is_not_opened() -> None:
    script = Script([line(1)], waits=True)
    screen = Screen()
    streams = LogStreams(lambda _: [Shelf(script)], screen.send)  # type: ignore[list-item]  # only logs
    streams.close(1)
    streams.open(1, OpenLog(TARGET))
    assert script.closed.wait(10)
    assert screen.batches == []
