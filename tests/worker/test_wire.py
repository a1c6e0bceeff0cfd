"""What crosses is small, whatever the size of the world, and arrives as it was sent."""

from __future__ import annotations

import pickle
from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from tests.live.provider import Told, instance
from tuienv.backends.base import Unreachable
from tuienv.model import Failure, Kind, LogLine, Sample, Status
from tuienv.model.state import (
    EnvironmentsChanged,
    EnvironmentState,
    InstancesChanged,
    LayersChanged,
    LayerState,
    Notice,
    Samples,
)
from tuienv.worker.messages import LogBatch
from tuienv.worker.wire import HEADER, MOST_INSTANCES, Unframer, batches, pack, unpack


def environment(name: str, *counts: int) -> EnvironmentState:
    layers = tuple(
        LayerState(f"layer-{index}", Kind.APP, "fake", "", Status.RUNNING, tuple(map(instance, map(str, range(count)))))
        for index, count in enumerate(counts)
    )
    return EnvironmentState(name, Status.RUNNING, layers)


def instances_in(batch: Iterable[Notice]) -> int:
    count = 0
    for notice in batch:
        match notice:
            case EnvironmentsChanged(states, _):
                count += sum(len(layer.instances) for state in states for layer in state.layers)
            case InstancesChanged():
                count += len(notice.changed)
            case Samples(samples):
                count += len(samples)
    return count


@given(st.lists(st.lists(st.integers(0, 700), max_size=5), max_size=6))
def test_sliced_and_told_again_it_is_the_same_world(counts: list[list[int]]) -> None:
    states = tuple(environment(f"env-{index}", *each) for index, each in enumerate(counts))
    sliced = list(batches([EnvironmentsChanged(states)]))
    told = Told()
    for batch in sliced:
        assert instances_in(batch) <= MOST_INSTANCES
        told(batch)
    assert {name: list(each) for (_, name), each in told.instances.items()} or not any(counts)
    for state in states:
        for layer in state.layers:
            assert tuple(told.instances[state.name, layer.name].values()) == layer.instances


def test_ten_thousand_instances_come_in_frames_of_a_few_kilobytes() -> None:
    frames = [pack(batch) for batch in batches([EnvironmentsChanged((environment("big", 6_000, 4_000),))])]
    assert len(frames) <= 10_000 // (MOST_INSTANCES - 1) + 3
    assert max(map(len, frames)) < 32 * 1024


def test_many_small_changes_travel_together() -> None:
    changes = [InstancesChanged("e", "l", Status.RUNNING, Status.RUNNING, (instance(str(n)),)) for n in range(1_000)]
    assert len(list(batches(changes))) <= 1_000 * 2 // MOST_INSTANCES + 1


def test_samples_and_layers_are_sliced_and_kept() -> None:
    samples = tuple(Sample(f"e/l/{number}", 1.0) for number in range(500))
    got = [
        each
        for batch in batches([Samples(samples)])
        for notice in batch
        if isinstance(notice, Samples)
        for each in notice.samples
    ]
    assert tuple(got) == samples
    bare = LayersChanged(environment("e", 0, 0))
    assert list(batches([bare])) == [(bare,)]


@given(st.lists(st.binary(max_size=300), max_size=8), st.integers(1, 50))
def test_frames_come_out_whole_however_they_are_cut(bodies: list[bytes], step: int) -> None:
    stream = b"".join(HEADER.pack(len(body)) + body for body in bodies)
    unframer, got = Unframer(), []
    for start in range(0, len(stream), step):
        unframer.feed(stream[start : start + step])
        while (body := unframer.take()) is not None:
            got.append(body)
    assert got == bodies
    assert len(unframer) == 0


def test_a_message_is_what_it_was() -> None:
    message = (3, environment("e", 2))
    frame = pack(message)
    assert unpack(frame[HEADER.size :]) == message
    assert pickle.loads(frame[HEADER.size :]) == message


@given(
    st.lists(st.builds(LogLine, st.floats(allow_nan=False), st.text(), st.binary())),
    st.integers(0),
    st.booleans(),
    st.none() | st.just(Unreachable("read", "shop", "no answer", "Wait.").as_failure()),
)
def test_lines_are_what_they_were(lines: list[LogLine], skipped: int, ended: bool, failure: Failure | None) -> None:
    batch = LogBatch(3, tuple(lines), skipped, 0.5, ended, failure)
    received = unpack(pack(batch)[HEADER.size :])
    assert received == batch
    assert all(type(line) is LogLine for line in received.lines)
