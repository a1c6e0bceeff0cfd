"""Frames: how messages travel between the two processes.

A frame is four bytes of length (big endian) and one pickle: `Options` first, then ``(number, Request)`` one way;
`Reply` or a tuple of `Update`s the other way. Pickle is safe here because both ends are this program, of one version,
joined by an anonymous socket pair that no other process can open; nothing that a provider sent is ever unpickled.

A frame holds few instances (`MOST_INSTANCES`), so that the screen's process never spends more than about a
millisecond on one, whatever the size of the world.
"""

from __future__ import annotations

import pickle
import struct
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from tuienv.model.state import (
    ConnectionChanged,
    EnvironmentsChanged,
    EnvironmentState,
    FilesRefused,
    InstancesChanged,
    LayersChanged,
    LayerState,
    Notice,
    Samples,
)

if TYPE_CHECKING:
    from tuienv.model.observed import Instance

T = TypeVar("T")

HEADER = struct.Struct(">I")
MOST_INSTANCES = 200
"""Instances, layers and samples that one frame holds at most."""


def pack(message: object) -> bytes:
    """One frame."""
    body = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    return HEADER.pack(len(body)) + body


def unpack(body: bytes | memoryview) -> Any:
    """The message of a frame, its header taken off."""
    return pickle.loads(body)  # noqa: S301 - see the module's docstring: nothing foreign gets here


class Unframer:
    """Takes a byte stream apart into the bodies of its frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def __len__(self) -> int:
        """Bytes that were taken in and not yet given out."""
        return len(self._buffer)

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def take(self) -> bytes | None:
        """The next whole frame's body, or None until more was fed."""
        if len(self._buffer) < HEADER.size:
            return None
        end = HEADER.size + HEADER.unpack_from(self._buffer)[0]
        if len(self._buffer) < end:
            return None
        body = bytes(self._buffer[HEADER.size : end])
        del self._buffer[:end]
        return body


# --- slicing ----------------------------------------------------------------------------------------------------


def batches(notices: Iterable[Notice]) -> Iterator[tuple[Notice, ...]]:
    """The same notices in the same order, the big ones sliced, the small ones together; one frame each."""
    batch: list[Notice] = []
    weight = 0
    for piece in (piece for notice in notices for piece in _pieces(notice)):
        more = _weight(piece)
        if batch and weight + more > MOST_INSTANCES:
            yield tuple(batch)
            batch, weight = [], 0
        batch.append(piece)
        weight += more
    if batch:
        yield tuple(batch)


def _weight(notice: Notice) -> int:
    match notice:
        case EnvironmentsChanged():
            return sum(_layers_weight(state) for state in notice.environments)
        case LayersChanged():
            return _layers_weight(notice.environment)
        case InstancesChanged():
            return len(notice.changed) + 1
        case Samples():
            return len(notice.samples)
        case ConnectionChanged() | FilesRefused():
            return 1


def _layers_weight(state: EnvironmentState) -> int:
    return sum(len(layer.instances) for layer in state.layers) + len(state.layers) + 1


def _pieces(notice: Notice) -> Iterator[Notice]:
    match notice:
        case EnvironmentsChanged():
            yield from _environments(notice)
        case InstancesChanged():
            yield from _instances(notice)
        case Samples():
            yield from (Samples(part) for part in _sliced(notice.samples))
        case _:
            yield notice


def _environments(notice: EnvironmentsChanged) -> Iterator[Notice]:
    if notice.gone:
        yield EnvironmentsChanged(gone=notice.gone)
    together: list[EnvironmentState] = []
    weight = 0
    for state in notice.environments:
        more = _layers_weight(state)
        if together and weight + more > MOST_INSTANCES:
            yield EnvironmentsChanged(tuple(together))
            together, weight = [], 0
        if more > MOST_INSTANCES:
            yield from _big_environment(state)
        else:
            together.append(state)
            weight += more
    if together:
        yield EnvironmentsChanged(tuple(together))


def _big_environment(state: EnvironmentState) -> Iterator[Notice]:
    """The environment with the first few instances, then the rest of them, layer by layer."""
    room = max(0, MOST_INSTANCES - len(state.layers) - 1)
    layers: list[LayerState] = []
    rests: list[Notice] = []
    for layer in state.layers:
        first, rest = layer.instances[:room], layer.instances[room:]
        room -= len(first)
        layers.append(replace(layer, instances=first) if rest else layer)
        rests += [_more(state, layer, part) for part in _sliced(rest)]
    yield EnvironmentsChanged((replace(state, layers=tuple(layers)),))
    yield from rests


def _more(state: EnvironmentState, layer: LayerState, instances: tuple[Instance, ...]) -> InstancesChanged:
    return InstancesChanged(state.name, layer.name, layer.status, state.status, instances)


def _instances(notice: InstancesChanged) -> Iterator[InstancesChanged]:
    parts = list(_sliced(notice.changed)) or [()]
    yield replace(notice, changed=parts[0])
    yield from (replace(notice, changed=part, gone=()) for part in parts[1:])


def _sliced(items: tuple[T, ...]) -> Iterator[tuple[T, ...]]:
    step = MOST_INSTANCES - 1
    return (items[start : start + step] for start in range(0, len(items), step))
