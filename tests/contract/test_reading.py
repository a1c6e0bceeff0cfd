"""Logs, measurements, commands and hints."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from tests.contract.harness import Harness
from tests.contract.trial import Trial
from tuienv.backends.base import Copies, Execution, Hint, Measures, NotFound, Reads, Runs, Stream, Watches
from tuienv.model import LogLine, Sample, Verb

PATIENCE = 30.0
"""Seconds until a stream that gives nothing is given up."""


def lines_of(stream: Stream[list[LogLine]]) -> list[LogLine]:
    return [line for batch in stream for line in batch]


@pytest.fixture
def chatty(shop: Trial) -> Trial:
    """The environment, once each app instance has written a few lines."""
    assert isinstance(shop.backend, Reads)
    stream = shop.backend.logs(shop.address("web"), follow=True)
    heard: dict[str, int] = {}
    names = {str(shop.address("web", one.name)) for one in shop.layer("web").instances}
    with giving_up(stream):
        for batch in stream:
            for line in batch:
                heard[line.source] = heard.get(line.source, 0) + 1
            if heard.keys() >= names and min(heard.values()) >= 5:
                break
    return shop


class giving_up:  # noqa: N801 - reads as a statement
    """Closes a stream at the end, or when it took too long."""

    def __init__(self, stream: Stream[object]) -> None:
        self._stream = stream
        self._timer = threading.Timer(PATIENCE, stream.close)

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *exception: object) -> None:
        self._timer.cancel()
        self._timer.join()
        self._stream.close()


def test_tail_is_the_end_of_each_log(chatty: Trial) -> None:
    assert isinstance(chatty.backend, Reads)
    lines = lines_of(chatty.backend.logs(chatty.address("web"), tail=3))
    sources = [line.source for line in lines]
    assert {source: sources.count(source) for source in sources} == {
        str(chatty.address("web", one.name)): 3 for one in chatty.layer("web").instances
    }
    assert [line.time for line in lines] == sorted(line.time for line in lines)
    assert all(line.raw and b"\n" not in line.raw for line in lines)


def test_one_instance_alone(chatty: Trial) -> None:
    assert isinstance(chatty.backend, Reads)
    one = chatty.address("web", chatty.layer("web").instances[0].name)
    assert {line.source for line in lines_of(chatty.backend.logs(one))} == {str(one)}


def test_since_cuts_the_beginning(chatty: Trial) -> None:
    assert isinstance(chatty.backend, Reads)
    one = chatty.address("web", chatty.layer("web").instances[0].name)
    everything = lines_of(chatty.backend.logs(one))
    middle = everything[len(everything) // 2].time
    later = lines_of(chatty.backend.logs(one, since=middle))
    assert later[0].time >= middle
    assert len(later) >= len([line for line in everything if line.time >= middle])


def test_a_copy_is_what_the_lines_are(chatty: Trial) -> None:
    assert isinstance(chatty.backend, Reads)
    one = chatty.address("web", chatty.layer("web").instances[0].name)
    copy = chatty.backend.copy(one, tail=None) if isinstance(chatty.backend, Copies) else None
    if copy is not None:
        written = b"".join(copy)
        assert b"".join(line.raw + b"\n" for line in lines_of(chatty.backend.logs(one))).startswith(written)


def test_following_hears_new_lines_and_new_instances(shop: Trial) -> None:
    assert isinstance(shop.backend, Reads)
    stream = shop.backend.logs(shop.address("web"), tail=0, follow=True)
    before = {str(shop.address("web", one.name)) for one in shop.layer("web").instances}
    shop.do(shop.deed(Verb.SCALE, "web", replicas=3))
    after = {str(shop.address("web", one.name)) for one in shop.layer("web").instances}
    heard: set[str] = set()
    with giving_up(stream):
        for batch in stream:
            heard |= {line.source for line in batch}
            if heard >= after:
                break
    assert heard >= after > before


def test_another_thread_closes_a_log(harness: Harness, shop: Trial) -> None:
    """One that is written all the time, and one that is quiet, where the provider has that."""
    assert isinstance(shop.backend, Reads)
    for layer in sorted({"web", "cache"} & harness.traits.able):
        check_closes(shop.backend.logs(shop.address(layer), tail=0, follow=True))


def check_closes(stream: Stream[object]) -> None:
    """A reader that waits in it comes out when it is closed, and without an error."""
    ended: list[str] = []

    def read() -> None:
        for _ in stream:
            pass
        ended.append("well")

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    stream.close()
    reader.join(PATIENCE)
    assert ended == ["well"]


def test_logs_of_what_is_not_there(shop: Trial) -> None:
    assert isinstance(shop.backend, Reads)
    with pytest.raises(NotFound, match="nothere"):
        lines_of(shop.backend.logs(shop.address("nothere")))


def test_metrics_of_each_target(shop: Trial) -> None:
    assert isinstance(shop.backend, Measures)
    targets = [shop.address("web", one.name) for one in shop.layer("web").instances]
    stream = shop.backend.metrics(targets)
    found: dict[str, Sample] = {}
    with giving_up(stream):
        for batch in stream:
            found |= {sample.address: sample for sample in batch if sample.cpu is not None}
            if len(found) == len(targets):
                break
    assert found.keys() == {str(target) for target in targets}
    assert all((sample.cpu or 0) >= 0 and (sample.memory or 0) > 0 for sample in found.values())
    check_closes(shop.backend.metrics(targets))


def output_of(execution: Execution) -> tuple[bytes, bytes, int]:
    parts: dict[int, bytes] = {1: b"", 2: b""}
    while True:
        where, data = execution.read()
        if not where:
            break
        parts[where] += data
    code = execution.exit_code()
    execution.close()
    return parts[1], parts[2], code


def test_a_command_gives_its_output_and_its_code(shop: Trial) -> None:
    assert isinstance(shop.backend, Runs)
    run = shop.backend.run
    assert output_of(run(shop.address("web"), ["echo", "hello", "world"])) == (b"hello world\n", b"", 0)
    assert output_of(run(shop.address("web"), ["sh", "-c", "exit 3"]))[2] == 3
    environment = output_of(run(shop.address("web"), ["env"]))[0]
    assert b"LEVEL=info\n" in environment


def test_a_command_reads_its_input(shop: Trial) -> None:
    assert isinstance(shop.backend, Runs)
    execution = shop.backend.run(shop.address("web"), ["cat"], stdin=True)
    execution.write(b"one\ntwo\n")
    execution.write(b"")
    assert output_of(execution) == (b"one\ntwo\n", b"", 0)


def test_lines_of_input_are_of_any_length_and_the_last_has_no_end(shop: Trial) -> None:
    assert isinstance(shop.backend, Runs)
    given = b"long " * 2000 + b"\n" + b"last"
    execution = shop.backend.run(shop.address("web"), ["cat"], stdin=True)
    execution.write(given)
    execution.write(b"")
    assert output_of(execution) == (given, b"", 0)


def test_a_command_that_is_given_no_input_has_none(shop: Trial) -> None:
    assert isinstance(shop.backend, Runs)
    assert output_of(shop.backend.run(shop.address("web"), ["cat"])) == (b"", b"", 0)


def test_a_terminal_has_a_shell(shop: Trial) -> None:
    assert isinstance(shop.backend, Runs)
    execution = shop.backend.run(shop.address("web"), ["sh"], tty=True, stdin=True)
    execution.resize(24, 80)
    execution.write(b"echo $LEVEL-here\r")
    execution.write(b"exit 7\r")
    shown, _, code = output_of(execution)
    assert b"info-here\r\n" in shown
    assert code == 7


def test_a_command_where_nothing_is(shop: Trial) -> None:
    assert isinstance(shop.backend, Runs)
    with pytest.raises(NotFound):
        output_of(shop.backend.run(shop.address("web", "99"), ["true"]))


def hints_until(stream: Stream[Hint], wanted: str, gone: str) -> Iterator[Hint]:
    """The hints up to the one that tells of `gone`."""
    with giving_up(stream):
        for hint in stream:
            yield hint
            if hint.gone == gone and hint.layer == wanted:
                return


def test_what_changes_elsewhere_is_pushed(shop: Trial, harness: Harness) -> None:
    if not isinstance(shop.backend, Watches):
        assert not hasattr(shop.backend, "watch")
        return
    stream = shop.backend.watch()
    assert next(stream) == Hint(), "the first hint says: look now"
    victim = shop.address("web", shop.layer("web").instances[0].name)
    harness.remove(victim)
    hints = list(hints_until(stream, "web", str(victim)))
    assert hints[-1] == Hint(shop.name, "web", gone=str(victim))
    check_closes(shop.backend.watch())
