"""Measurements: one stats stream for each instance that is looked at, and none for any other."""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from tuienv.backends.base import NotFound, ProviderError, Unreachable
from tuienv.backends.docker.listing import list_environment
from tuienv.backends.docker.reading import Found, parse_time
from tuienv.backends.docker.starting import Container, Events
from tuienv.backends.docker_engine.client import ByteStream, Client
from tuienv.model import Address, Sample

SILENCE = 5.0
"""Seconds without a sample after which the engine counts as gone; it gives one a second."""

Stats = Mapping[str, Any]
T = TypeVar("T")


class Meter:
    """Turns the engine's counters, one reading after the other, into samples of one instance."""

    def __init__(self, address: str, clock: Callable[[], float] = time.time) -> None:
        """`clock`: what samples have their time from. The engine's own may be wrong, on a machine that was asleep by
        hours; and what is measured comes within a second."""
        self._address, self._clock = address, clock
        self._before: tuple[float, int, int] | None = None

    def read(self, stats: Stats) -> Sample | None:
        """A sample; None for a reading without a time, which the engine gives of what does not run."""
        at = parse_time(str(stats.get("read", "")))
        if at is None:
            return None
        received, sent = _traffic(stats)
        before, self._before = self._before, (at, received, sent)
        rates: tuple[float | None, float | None] = (None, None)
        if before is not None and at > before[0]:
            rates = (_rate(received, before[1], at - before[0]), _rate(sent, before[2], at - before[0]))
        memory = stats.get("memory_stats") or {}
        return Sample(self._address, self._clock(), cpu_of(stats), memory_of(memory), memory.get("limit"), *rates)


def cpu_of(stats: Stats) -> float | None:
    """Cores in use between this reading and the one before, as ``docker stats`` has it; None in the first."""
    now, before = stats.get("cpu_stats") or {}, stats.get("precpu_stats") or {}
    if not before.get("system_cpu_usage"):
        return None
    system = now.get("system_cpu_usage", 0) - before["system_cpu_usage"]
    used = now["cpu_usage"]["total_usage"] - before["cpu_usage"]["total_usage"]
    cores = now.get("online_cpus") or len(now["cpu_usage"].get("percpu_usage") or ()) or 1
    return float(max(0.0, used / system * cores)) if system > 0 else None


def memory_of(memory: Stats) -> int | None:
    """What is used without the page cache that can be given back: cgroup v2 ``inactive_file``, v1
    ``total_inactive_file``. Source: docker/cli, `calculateMemUsageUnixNoCache`."""
    usage = memory.get("usage")
    if usage is None:
        return None
    details = memory.get("stats") or {}
    inactive = details.get("total_inactive_file", details.get("inactive_file", 0))
    return int(usage - inactive if inactive < usage else usage)


def _traffic(stats: Stats) -> tuple[int, int]:
    networks = (stats.get("networks") or {}).values()
    return sum(net.get("rx_bytes", 0) for net in networks), sum(net.get("tx_bytes", 0) for net in networks)


def _rate(now: int, before: int, seconds: float) -> float:
    return max(0, now - before) / seconds


class MetricsStream:
    """The samples of some instances until closed: of those that run, and of those that start later. One that ends or is
    removed just has no more of them, until another takes its place.

    Raises `Unreachable` when the engine cuts it off.
    """

    def __init__(self, client: Client, targets: Sequence[Address]) -> None:
        self._client = client
        self._queue: queue.Queue[list[Sample] | ProviderError | None] = queue.Queue()
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._streams: dict[str, ByteStream] = {}
        self._again: set[str] = set()
        wanted = frozenset(targets)
        self._starts = Events(client, wanted.__contains__, tried="measure", target="what starts")
        try:
            for one in _measured(client, targets):
                self._open(Container(one.id, one.address))
        except BaseException:
            self.close()
            raise
        threading.Thread(target=self._watch, name="metrics starts", daemon=True).start()

    def __iter__(self) -> MetricsStream:
        return self

    def __next__(self) -> list[Sample]:
        item = None if self._closed.is_set() else self._queue.get()
        if item is None or self._closed.is_set():
            raise StopIteration
        if isinstance(item, ProviderError):
            self.close()
            raise item
        return item

    def close(self) -> None:
        with self._lock:
            self._closed.set()
            streams = [self._starts.stream, *self._streams.values()]
        for stream in streams:
            stream.close()
        self._queue.put(None)

    def _open(self, one: Container) -> None:
        """Measure a container, unless it is gone. One that is measured is measured again if that ends, since it was
        started meanwhile: some engines end it with a restart."""
        with self._lock:
            if one.id in self._streams:
                self._again.add(one.id)
                return
        with suppress(NotFound):
            path, target = f"/containers/{one.id}/stats", str(one.address)
            stream = self._client.stream(path, {"stream": True}, tried="measure", target=target)
            with self._lock:
                self._streams[one.id] = stream
            if self._closed.is_set():
                stream.close()
            threading.Thread(target=self._follow, args=(one, stream), name=f"metrics {target}", daemon=True).start()

    def _follow(self, one: Container, stream: ByteStream) -> None:
        _Follower(self._client, stream, str(one.address), self._queue.put).run()
        with self._lock:
            del self._streams[one.id]
            again = one.id in self._again and not self._closed.is_set()
            self._again.discard(one.id)
        if again:
            self._try(partial(self._open, one))

    def _watch(self) -> None:
        """Measure what starts from now on."""
        while data := self._try(self._starts.stream.read):
            for event in self._starts.feed(data):
                self._try(partial(self._open, event.container))
        if not self._closed.is_set():
            self._queue.put(Unreachable("measure", "what starts", "the engine cut it off", "It is tried again."))

    def _try(self, do: Callable[[], T]) -> T | None:
        """Do it in a thread of ours; whoever reads the samples is told why it cannot be done."""
        try:
            return do()
        except ProviderError as error:
            self._queue.put(error)
            return None


class _Follower:
    """Reads one stats stream in a thread of its own and gives on what it says."""

    def __init__(
        self, client: Client, stream: ByteStream, target: str, give: Callable[[list[Sample] | ProviderError], None]
    ) -> None:
        self._client, self._stream, self._target, self._give = client, stream, target, give
        self._meter = Meter(target)

    def run(self) -> None:
        try:
            self._follow()
        except ProviderError as error:
            self._give(error)
        finally:
            self._stream.close()

    def _follow(self) -> None:
        partial = b""
        while data := self._stream.read(timeout=SILENCE):
            *lines, partial = (partial + data).split(b"\n")
            samples = [sample for line in lines if line and (sample := self._meter.read(json.loads(line)))]
            if samples:
                self._give(samples)
        if data is None:
            raise Unreachable("measure", self._target, f"no sample for {SILENCE:g} seconds", "It is tried again.")
        if not self._stream.closed:
            self._client.ping()  # an instance that is gone ends its stream as well; only a lost engine is worth a word


def _measured(client: Client, targets: Sequence[Address]) -> list[Found]:
    """The running containers among the targets: one listing an environment."""
    wanted = set(targets)
    environments = sorted({target.environment for target in targets})
    found = [one for environment in environments for one in list_environment(client, environment)]
    return [one for one in found if one.address in wanted and one.state == "running"]
