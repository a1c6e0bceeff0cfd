"""The logs that the screen has open."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from tuienv.backends.base import Invalid, Looks, ProviderError, Reads, Throttled, Unreachable
from tuienv.model import Address, Failure
from tuienv.worker.logs.following import Following
from tuienv.worker.logs.outbox import Outbox
from tuienv.worker.messages import LogBatch, OpenLog


class LogStreams:
    """Reads logs in daemon threads and sends them as `LogBatch`es, at most `WINDOW` of a stream ahead of the screen.

    `backends_of` gives the backends that have something of an address; `send` is called from several threads.
    """

    def __init__(self, backends_of: Callable[[Address], Sequence[Looks]], send: Callable[[LogBatch], None]) -> None:
        self._backends_of, self._send = backends_of, send
        self._open: dict[int, _Pump] = {}
        self._given_up: set[int] = set()
        self._lock = threading.Lock()

    def open(self, stream: int, request: OpenLog) -> None:
        """Begin to send `LogBatch`es of it. Raises `ProviderError` if no log of it can be opened."""
        followings = _opened(self._backends_of(request.target), request)
        pump = _Pump(followings, Outbox(stream, self._send))
        with self._lock:
            given_up = stream in self._given_up
            self._given_up.discard(stream)
            if not given_up:
                self._open[stream] = pump
        if given_up:
            pump.close()
        else:
            pump.start()

    def seen(self, stream: int) -> None:
        """The screen has drawn one batch more."""
        if pump := self._open.get(stream):
            pump.outbox.seen()

    def close(self, stream: int) -> None:
        """End it; one that is not open any more is no mistake, and one that is still being opened will not be."""
        with self._lock:
            pump = self._open.pop(stream, None)
            if pump is None:
                self._given_up.add(stream)
        if pump is not None:
            pump.close()

    def close_all(self) -> None:
        for stream in list(self._open):
            self.close(stream)


def _opened(backends: Sequence[Looks], request: OpenLog) -> list[Following]:
    """The logs of every backend that keeps them. One that does not answer may do so later, if it is to be followed."""
    readers = [backend for backend in backends if isinstance(backend, Reads)]
    if not readers:
        remedy = "Wait until it exists." if not backends else "Its provider keeps none."
        raise Invalid("read the log of", request.target, "nothing keeps a log of it", remedy)
    followings: list[Following] = []
    failures: list[ProviderError] = []
    for backend in readers:
        following = Following(
            backend,
            request.target,
            tail=request.tail,
            since=request.since,
            follow=request.follow,
            live=request.follow,
        )
        try:
            following.open()
        except ProviderError as error:
            failures.append(error)
            if not request.follow or not isinstance(error, Unreachable | Throttled):
                continue
        followings.append(following)
    if len(failures) == len(readers):
        for following in followings:
            following.close()
        raise failures[0]
    return followings


class _Pump:
    """The threads of one open log: a reader for each backend, and a sender."""

    def __init__(self, followings: Sequence[Following], outbox: Outbox) -> None:
        self.outbox = outbox
        self._followings = followings
        self._left = len(followings)
        self._failure: Failure | None = None
        self._lock = threading.Lock()

    def start(self) -> None:
        _run(self.outbox.send_all)
        for following in self._followings:
            _run(self._read, following)

    def close(self) -> None:
        self.outbox.close()
        for following in self._followings:
            following.close()

    def _read(self, following: Following) -> None:
        try:
            for piece in following:
                self.outbox.put(piece)
        except ProviderError as error:
            self._failure = error.as_failure()
        except Exception as error:  # noqa: BLE001 - a log that ended by a mistake must not look as if it went on
            said, remedy = f"an unexpected {type(error).__name__}", "This is a mistake in the backend: please report it"
            self._failure = Failure("Unexpected", "read", "the log", said, remedy)
        with self._lock:
            self._left -= 1
            ended = self._left == 0
        if ended:
            self.outbox.end(self._failure)


def _run(function: Callable[..., None], *arguments: object) -> None:
    threading.Thread(target=function, args=arguments, daemon=True).start()
