"""The log of an instance, a layer or an environment as one stream of batches."""

from __future__ import annotations

import math
import selectors
import socket
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from tuienv.backends.base import ProviderError, Unreachable
from tuienv.backends.docker.logs.containers import (
    READ,
    REST,
    REST_LIVE,
    containers_of,
    nothing_of,
    open_log,
    within,
)
from tuienv.backends.docker.logs.merge import Merge, Track
from tuienv.backends.docker.logs.parser import LogParser
from tuienv.backends.docker.starting import Container, Event, Events
from tuienv.backends.docker_engine.client import ByteStream, Client
from tuienv.model import Address, LogLine

PATIENCE = 0.1
"""Seconds for which a followed log that fell silent holds the others back: above what lies between two instances'
lines on one engine, below what a person notices."""

_BUFFERED = 8 << 20
_LEAST_BUFFERED = 1 << 16
"""Bytes read ahead of being given out: of all logs together, and of one log at least. A full one is not read."""

_HEAD_START = 1.0
"""Seconds by which a container's first line may be older than the event that says it started."""


@dataclass(slots=True, eq=False)
class _Log:
    """One container's log. `after`: its lines up to this time were given out before; `again`: the container was
    started since, so there is more to come once this ended; `stream` is None once it did."""

    container: Container
    parser: LogParser
    track: Track
    after: float
    again: bool = False
    stream: ByteStream | None = None


class LogStream:
    """A `Stream` of batches of lines. Opening it contacts the engine and raises what that raises: `NotFound` if there
    is nothing there and nothing may come, `Unreachable`, `Invalid` if the engine does not keep this log."""

    def __init__(self, client: Client, target: Address, *, tail: int | None, since: float | None, follow: bool) -> None:
        self._client, self._target, self._follow = client, target, follow
        self._merge = Merge(PATIENCE if follow else math.inf)
        self._logs: dict[str, _Log] = {}
        self._full: list[_Log] = []
        self._selector = selectors.DefaultSelector()
        self._wake, self._woken = socket.socketpair()
        self._closed = threading.Event()
        self._events: Events | None = None
        self._failure: ProviderError | None = None
        self._read = 0
        try:
            self._open(tail, since)
        except BaseException:
            self._release()
            raise
        self._batches = self._run()

    def __iter__(self) -> Iterator[list[LogLine]]:
        return self

    def __next__(self) -> list[LogLine]:
        return next(self._batches)

    def close(self) -> None:
        """End it; an iteration in another thread stops at once."""
        self._closed.set()
        with suppress(OSError):  # it ended by itself, and nobody waits
            self._wake.send(b"\0")
        try:
            self._batches.close()
        except ValueError:
            return  # another thread is in the middle of it: that one stops now, and lets go of everything
        self._release()

    # --- opening ------------------------------------------------------------------------------------------------

    def _open(self, tail: int | None, since: float | None) -> None:
        self._register(self._woken.fileno(), self._closed.set)
        if self._follow:
            # Before the list, so that what starts in between is not missed.
            wanted = partial(within, self._target)
            self._events = Events(self._client, wanted, tried="follow the log of", target=self._target)
            self._events.stream.on_close = self.close
            self._register(self._events.stream.fileno(), self._take_events)
        containers = containers_of(self._client, self._target)
        if not containers and (self._target.instance or not self._follow):
            raise nothing_of(self._target)
        refusals = [self._begin(container, tail, since) for container in containers]
        if refusals and None not in refusals:
            raise next(filter(None, refusals))

    def _begin(
        self, container: Container, tail: int | None, since: float | None, after: float = -math.inf
    ) -> ProviderError | None:
        """Open one container's log, or say why not: one that is gone, or keeps no log, must not cost the others
        theirs. Raises `Unreachable`."""
        log = _Log(container, LogParser(str(container.address)), self._merge.track(time.monotonic()), after)
        self._logs[container.id] = log
        try:
            log.stream = open_log(self._client, container, tail=tail, since=since, follow=self._follow)
        except Unreachable:
            raise
        except ProviderError as error:
            log.track.ended = True
            return error
        log.stream.on_close = self.close
        self._register_log(log)
        return None

    def _register_log(self, log: _Log) -> None:
        if log.stream is not None and not log.stream.closed:
            self._register(log.stream.fileno(), lambda: self._take_lines(log))

    def _register(self, file: int, handle: Callable[[], None]) -> None:
        self._selector.register(file, selectors.EVENT_READ, handle)

    # --- reading ------------------------------------------------------------------------------------------------

    def _run(self) -> Generator[list[LogLine], None, None]:
        try:
            while not self._is_over():
                self._wait()
                if lines := self._merge.take(time.monotonic()):
                    yield lines
                self._resume_full()
            yield from self._finish()
        finally:
            self._release()

    def _is_over(self) -> bool:
        if self._closed.is_set() or self._failure is not None:
            return True
        return not self._follow and all(log.stream is None for log in self._logs.values())

    def _wait(self) -> None:
        if 0 < self._read < READ:
            time.sleep(REST_LIVE if self._follow else REST)
        self._read = 0
        for key, _ in self._selector.select(self._merge.due(time.monotonic())):
            key.data()

    def _finish(self) -> Iterator[list[LogLine]]:
        """What was held back; and whether the end that was read was the log's, or the engine's."""
        if self._closed.is_set():
            return
        if lines := self._merge.take(math.inf):
            yield lines
        if self._failure is not None:
            raise self._failure
        self._client.send("GET", "/_ping", tried="read the log of", target=self._target)

    def _take_lines(self, log: _Log) -> None:
        assert log.stream is not None
        data = self._read_from(log.stream)
        lines = log.parser.feed(data) if data else log.parser.finish()
        if log.after > -math.inf:
            lines = [line for line in lines if line.time > log.after]
        self._read += len(data)
        log.track.add(lines, len(data), time.monotonic())
        if not data or log.parser.failure:
            self._end(log)
        elif not log.stream.closed and log.track.size > max(_LEAST_BUFFERED, _BUFFERED // len(self._logs)):
            self._selector.unregister(log.stream.fileno())
            self._full.append(log)

    def _read_from(self, stream: ByteStream) -> bytes:
        """What has come; empty at the end, for which there may be a reason."""
        try:
            data = stream.read(READ) or b""
        except Unreachable as error:
            self._failure = error
            return b""
        if stream.closed:
            self._closed.set()  # not by us, so by the backend, which is being closed
        return data

    def _end(self, log: _Log) -> None:
        """A container stopped, or its finished log was read to the end."""
        assert log.stream is not None
        if not log.stream.closed:
            self._selector.unregister(log.stream.fileno())
        _let_go(log.stream)
        log.stream, log.track.ended = None, True
        if log.parser.failure and len(self._logs) == 1:
            self._failure = log.parser.failure
        if log.again:
            self._go_on(log)

    def _resume_full(self) -> None:
        """Read on where the others have caught up."""
        full, self._full = self._full, []
        for log in full:
            if log.track.size > _LEAST_BUFFERED // 2:
                self._full.append(log)
            else:
                self._register_log(log)

    # --- what starts later --------------------------------------------------------------------------------------

    def _take_events(self) -> None:
        assert self._events is not None
        data = self._read_from(self._events.stream)
        for event in self._events.feed(data):
            self._take_event(event)
        if not data and self._failure is None:
            # The events never end while the engine lives, so this tells a cut from containers that stopped.
            remedy = "It goes on once the engine answers again."
            self._failure = Unreachable("follow the log of", self._target, "the engine cut it off", remedy)

    def _take_event(self, event: Event) -> None:
        log = self._logs.get(event.container.id)
        if log is None:
            # A renamed one as well: in an update the new instance has the name that is followed only when it serves.
            self._try_to_begin(event.container, None)
        elif event.renamed:
            log.parser.source = str(event.container.address)
        elif log.stream is None:
            self._go_on(log, event.at - _HEAD_START)
        else:
            log.again = True

    def _go_on(self, log: _Log, started: float = 0.0) -> None:
        """A container that had stopped was started: what it wrote since."""
        reached = max(log.track.reached, log.after)
        self._try_to_begin(log.container, max(reached, started), reached)

    def _try_to_begin(self, container: Container, since: float | None, after: float = -math.inf) -> None:
        try:
            self._begin(container, None, since, after)
        except Unreachable as error:
            self._failure = error

    def _release(self) -> None:
        self._closed.set()
        for log in self._logs.values():
            if log.stream is not None:
                _let_go(log.stream)
        if self._events is not None:
            _let_go(self._events.stream)
        self._selector.close()
        self._wake.close()
        self._woken.close()


def _let_go(stream: ByteStream) -> None:
    """Close a stream ourselves: that is no reason to end the whole log."""
    stream.on_close = None
    stream.close()
