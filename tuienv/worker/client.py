"""The screen's side of the worker process: start it, ask it, hear from it, and start another when it dies.

This module and `messages` are all that the screen's process imports of the engine's world. Nothing here blocks the
event loop: a frame is read and handled per turn of the loop, and a frame is small (`tuienv.worker.wire`).
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace

from tuienv.model.observed import Failure
from tuienv.model.state import EnvironmentsChanged
from tuienv.worker.ahead import MOST_BUFFERED, Ahead
from tuienv.worker.messages import (
    AddProfile,
    Answer,
    Cancel,
    CloseLog,
    Focus,
    LogSeen,
    Ping,
    Preview,
    RemoveProfile,
    Reply,
    Request,
    Run,
    Update,
    UseProfile,
    WorkerAnswers,
    WorkerLost,
    WorkerSilent,
)
from tuienv.worker.options import Options
from tuienv.worker.process import COMMAND, PATIENCE, Process
from tuienv.worker.pulse import Beat, Patience, Pulse
from tuienv.worker.wire import Unframer, pack, unpack

BACKOFF = (0.0, 0.2, 0.5, 1.0, 2.0, 5.0)
"""Seconds before another process is started, by how many died in a row."""

STEADY = 10.0
"""A process that lived this many seconds does not count as dying at its start."""


PING = 0
"""The number of every `Ping`: no call has it, so its reply is a sign of life and nothing else."""

CHANGES = (Run, UseProfile, AddProfile, RemoveProfile)
"""A process that was asked for one of these and has not answered is not ended unless somebody says so."""

PASSES = (Focus, LogSeen, CloseLog, Cancel)
"""What is sent to a silent process too: it is as good when it is read later."""


class WorkerFailure(Exception):
    """A request was not answered: `failure` says what was tried, on what, what was said, and what to do."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(str(failure))
        self.failure = failure


@dataclass(frozen=True, slots=True)
class Call:
    """A request under way. `number` names its log stream or its run in the updates; awaiting it gives the answer,
    or raises `WorkerFailure`."""

    number: int
    answer: asyncio.Future[Answer]
    request: Request | None = None

    def __await__(self) -> Generator[None, None, Answer]:
        return (yield from self.answer.__await__())


Handler = Callable[[Update], None]


class Worker:
    """The worker process. `start` starts it and joins it to the running loop, if it was not started before there was
    one: by `spawn`, or by somebody else (`adopt`), so that it gets going while the rest is still being imported."""

    def __init__(self, options: Options, command: Sequence[str] = COMMAND, patience: Patience | None = None) -> None:
        self.options = options
        self._patience = patience or Patience()
        self._pulse = Pulse(self._patience)
        self._beating: asyncio.TimerHandle | None = None
        self._heard_at = time.time()
        self._silence: Failure | None = None
        self._in_trouble = False
        self._command = command
        self._handlers: list[Handler] = []
        self._numbers = itertools.count(1)
        self._calls: dict[int, Call] = {}
        self._focus: Focus | None = None
        self._environments: set[str] = set()
        self._process: Process | None = None
        self._link: _Link | None = None
        self._ahead: Ahead | None = None
        self._deaths = 0
        self._stopped = False
        self._restart: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The process that runs now."""
        return self._process.pid if self._process else None

    def spawn(self) -> None:
        """Start the process; needs no event loop."""
        self._process = Process(self._command)
        self._process.begin(replace(self.options, expected=tuple(sorted(self._environments))))

    def adopt(self, process: Process, ahead: Ahead | None = None) -> None:
        """Take a process that was begun with these options. Subscribers hear what was heard of it ahead once more."""
        self._process, self._ahead = process, ahead

    async def start(self) -> None:
        """Start the process, if `spawn` has not, and listen to it."""
        if self._process is None:
            self.spawn()
        await self._join()

    async def stop(self) -> None:
        """End the process: it stops a running plan at its next step, and goes. Calls under way fail."""
        self._stopped = True
        self._stop_beating()
        if self._restart is not None:
            self._restart.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._restart
        if self._link is not None:
            self._link.close()
            self._link = None  # now, not when the loop has closed it: nobody would answer what is sent until then
        patience = 0.0 if self._pulse.silent and not self._changing() else PATIENCE
        self._fail_calls("tuienv is closing")
        if self._process is not None:
            await self._process.end(patience)

    def restart(self) -> None:
        """End the process at once, whatever it is doing, and start another, as if it had died."""
        if self._process is not None and self._link is not None:
            self._process.kill()

    def subscribe(self, handler: Handler) -> Callable[[], None]:
        """Call `handler` with every update from now on, in the event loop; returns what ends that."""
        self._handlers.append(handler)
        return lambda: self._handlers.remove(handler)

    async def call(self, request: Request) -> Answer:
        """Ask, and wait for the answer. Raises `WorkerFailure`."""
        return await self.begin(request)

    def begin(self, request: Request) -> Call:
        """Ask now, wait later: for logs and runs, whose updates carry the call's `number`."""
        if isinstance(request, Focus):
            self._focus = request
        call = Call(next(self._numbers), asyncio.get_running_loop().create_future(), request)
        if self._link is None:
            _fail(call, _lost(request, "it is being started again"))
            return call
        if self._silence is not None and not isinstance(request, PASSES):
            _fail(call, self._silence)  # what is asked now must not be done by surprise, whenever it wakes up
            return call
        if isinstance(request, LogSeen):
            call.answer.set_result(None)
        else:
            self._calls[call.number] = call
        self._link.send((call.number, request))
        return call

    async def _join(self) -> None:
        if self._process is None or self._stopped:
            return
        loop = asyncio.get_running_loop()
        ahead, self._ahead = self._ahead, None
        heard = ahead.stop() if ahead is not None else b""
        process = self._process
        process.socket.setblocking(False)
        self._pulse = Pulse(self._patience)
        _, self._link = await loop.create_connection(
            lambda: _Link(self._take, self._lost, self._hear, heard), sock=process.socket
        )
        self._beating = loop.call_later(self._patience.beat, self._beat)
        if self._focus is not None:
            self.begin(self._focus)

    def _take(self, message: Reply | tuple[Update, ...]) -> None:
        if isinstance(message, Reply):
            self._answer(message)
            return
        for update in message:
            if isinstance(update, EnvironmentsChanged):
                self._environments.update(state.name for state in update.environments)
                self._environments.difference_update(update.gone)
            self._tell(update)

    def _answer(self, reply: Reply) -> None:
        if reply.number == PING:
            self._pulse.answered()
            self._believe()
        call = self._calls.pop(reply.number, None)
        if call is None or call.answer.done():
            return
        if reply.failure is None:
            call.answer.set_result(reply.answer)
        else:
            call.answer.set_exception(WorkerFailure(reply.failure))
            call.answer.exception()

    def _tell(self, update: Update) -> None:
        for handler in tuple(self._handlers):
            try:
                handler(update)
            except Exception as error:  # noqa: BLE001 - a subscriber's mistake must not cost the others their updates
                said = f"a handler failed on {type(update).__name__}"
                asyncio.get_running_loop().call_exception_handler({"message": said, "exception": error})

    def _lost(self) -> None:
        """The socket ended, so the process did, or is about to."""
        self._link = self._silence = None
        self._stop_beating()
        if self._stopped:
            return
        self._fail_calls("it died")
        self._restart = asyncio.get_running_loop().create_task(self._start_again())

    async def _start_again(self) -> None:
        code, steady = None, False
        if self._process is not None:
            steady = self._process.age() > STEADY
            code = await self._process.end(patience=1.0)
        self._in_trouble = True
        self._tell(WorkerLost(code))
        self._deaths = 0 if steady else self._deaths + 1
        while not await self._spawned():
            self._deaths += 1
        await self._join()

    async def _spawned(self) -> bool:
        """Start the process, after a while if several died in a row; whether that could be done. It cannot while an
        update replaces the interpreter, or where the machine has no process left: then it is tried again."""
        await asyncio.sleep(BACKOFF[min(self._deaths, len(BACKOFF) - 1)] if self._deaths > 1 else 0.0)
        try:
            self.spawn()
        except OSError:
            return False
        return True

    def _fail_calls(self, said: str) -> None:
        calls, self._calls = list(self._calls.values()), {}
        for call in calls:
            _fail(call, _lost(None, said))

    # --- does it live

    def _hear(self) -> None:
        """Something came from the process."""
        self._pulse.heard()
        self._believe()

    def _believe(self) -> None:
        """Take it for alive, unless it only talks."""
        if not self._pulse.doubtful:
            self._heard_at = time.time()
        if self._in_trouble and not self._pulse.silent:
            self._in_trouble, self._silence = False, None
            self._tell(WorkerAnswers())

    def _beat(self) -> None:
        self._beating = asyncio.get_running_loop().call_later(self._patience.beat, self._beat)
        match self._pulse.beat():
            case Beat.ASK if self._link is not None:
                self._link.send((PING, Ping()))
            case Beat.TELL:
                self._tell_silence()
            case Beat.RESTART if not self._changing():
                self.restart()

    def _stop_beating(self) -> None:
        if self._beating is not None:
            self._beating.cancel()
            self._beating = None

    def _tell_silence(self) -> None:
        self._in_trouble = True
        self._silence = _silent(self._heard_at, changing=self._changing())
        for call in [call for call in self._calls.values() if isinstance(call.request, Preview)]:
            # A plan that comes much later would be run, or asked about, when nobody thinks of it any more.
            del self._calls[call.number]
            _fail(call, self._silence)
        self._tell(WorkerSilent(self._heard_at, self._silence))

    def _changing(self) -> bool:
        """Whether it was asked to change something, and has not said that this is done."""
        return any(isinstance(call.request, CHANGES) for call in self._calls.values())


def _fail(call: Call, failure: Failure) -> None:
    if not call.answer.done():
        call.answer.set_exception(WorkerFailure(failure))
        call.answer.exception()  # seen: a caller that does not wait for the answer need not be warned


def _silent(since: float, *, changing: bool) -> Failure:
    when = time.strftime("%H:%M:%S", time.localtime(since))
    remedy = "It is started again by itself within half a minute, unless it answers"
    if changing:
        remedy = "It may be changing something, so it is left alone. :worker ends it and starts another"
    return Failure("WorkerSilent", "ask", "the worker process", f"it does not answer, since {when}", remedy)


def _lost(request: Request | None, said: str) -> Failure:
    tried = "ask" if request is None else f"send {type(request).__name__} to"
    remedy = "Try again in a moment; what a running plan had done is in the journal"
    return Failure("WorkerLost", tried, "the worker process", said, remedy)


class _Link(asyncio.Protocol):
    """The socket in the event loop: bytes to messages, one message a turn."""

    def __init__(
        self,
        take: Callable[[Reply | tuple[Update, ...]], None],
        lost: Callable[[], None],
        hear: Callable[[], None],
        heard: bytes = b"",
    ) -> None:
        """`hear` is called whenever anything came; `heard`: what came before there was a loop."""
        self._take, self._lost, self._hear, self._heard = take, lost, hear, heard
        self._unframer = Unframer()
        self._transport: asyncio.Transport | None = None
        self._due = False
        self._paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.data_received(self._heard)
        self._heard = b""

    def data_received(self, data: bytes) -> None:
        if data:
            self._hear()
        self._unframer.feed(data)
        self._schedule()
        if len(self._unframer) > MOST_BUFFERED and not self._paused and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        while self._handle_one():
            pass
        self._lost()

    def send(self, message: tuple[int, Request]) -> None:
        if self._transport is not None:
            self._transport.write(pack(message))

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def _schedule(self) -> None:
        if not self._due:
            self._due = True
            asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        """Handle one frame, then let the loop do other things: keys come first."""
        self._due = False
        if self._handle_one():
            self._schedule()
        if self._paused and len(self._unframer) < MOST_BUFFERED // 2 and self._transport is not None:
            self._paused = False
            self._transport.resume_reading()

    def _handle_one(self) -> bool:
        body = self._unframer.take()
        if body is None:
            return False
        if self._paused:
            self._hear()  # it is this process that is behind
        self._take(unpack(body))
        return True


__all__ = ["Call", "Handler", "Worker", "WorkerFailure"]
