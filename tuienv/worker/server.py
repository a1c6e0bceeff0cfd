"""The worker process: the engine, all backends and the live state, away from the screen's event loop.

It is started by `tuienv.worker.client`, speaks frames (`tuienv.worker.wire`) over a socket that it inherits, and ends
when that socket does. Requests that may wait for a provider run in a daemon thread each; people ask them, so they are
few. What the first listing does not need (the engine, the files, the journal, the requests) is imported after it has
begun.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
import traceback
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tuienv.backends.base import Backends, Opener, load_backend
from tuienv.live.declared import Files
from tuienv.live.freshness import Live
from tuienv.live.pace import PACE, Pace
from tuienv.live.remembered import Memory, memory_for
from tuienv.redaction import guard_logging
from tuienv.settings import paths, private_folder
from tuienv.worker.accounts import Accounts
from tuienv.worker.channel import Channel, take_over_stdin
from tuienv.worker.options import Options
from tuienv.worker.wire import batches

if TYPE_CHECKING:
    from tuienv.model import Progress
    from tuienv.model.state import Notice
    from tuienv.worker.answers import Answers
    from tuienv.worker.logs.streams import LogStreams
    from tuienv.worker.messages import Answer, Request, Update

LAST_STEPS = 5.0
"""Seconds that running plans have to stop at their next step when the screen's process is gone."""


class Server:
    """Answers one client, and tells it what changes."""

    def __init__(self, channel: Channel, options: Options, backends: Backends, pace: Pace = PACE) -> None:
        self._channel, self._options, self._backends = channel, options, backends
        self._live = Live(
            backends,
            None,
            self._notify,
            files=_files(options),
            memory=_memory(options),
            expected=options.expected,
            pace=pace,
        )
        self._accounts = Accounts(
            options, backends, self._live, busy=lambda: bool(self._runs), let_go=self._end_logs, tell=self._update
        )
        self._making = threading.Lock()
        self._answers_made: Answers | None = None
        self._logs_made: LogStreams | None = None
        self._runs: dict[int, threading.Event] = {}
        self._threads: dict[int, threading.Thread] = {}

    def serve(self) -> None:
        """Until the client goes away; then running plans stop at their next step."""
        self._live.start()
        self._accounts.start()
        try:
            for number, request in self._channel:
                self._take(number, request)
        finally:
            self._end()

    # --- requests

    def _take(self, number: int, request: Request) -> None:
        from tuienv.worker import messages

        match request:
            case messages.LogSeen(stream):
                self._logs.seen(stream)
            case messages.Focus() | messages.Cancel() | messages.CloseLog() | messages.Refresh():
                self._answer(number, request)
                if self._logs_made is None and isinstance(request, messages.Focus):
                    # Somebody looks at something, and may ask for its log next: what that imports is there then.
                    threading.Thread(target=lambda: self._logs, daemon=True).start()
            case messages.Ping():
                if self._live.lives():
                    self._answer(number, request)
            case _:
                if isinstance(request, messages.Run):
                    self._runs[number] = threading.Event()
                thread = threading.Thread(target=self._answer_in_time, args=(number, request), daemon=True)
                self._threads[number] = thread
                thread.start()

    def _answer_in_time(self, number: int, request: Request) -> None:
        self._answer(number, request)
        self._live.tidy()  # it may have begun before other credentials were chosen

    def _answer(self, number: int, request: Request) -> None:
        """Every request gets a reply, whatever happens."""
        from tuienv.worker import messages

        try:
            reply = messages.Reply(number, self._ask(number, request))
        except Exception as error:  # noqa: BLE001 - told to the screen, which would wait forever otherwise
            from tuienv.worker.answers import why

            reply = messages.Reply(number, failure=why(error, request))
        self._runs.pop(number, None)
        self._threads.pop(number, None)
        self._send(reply)

    def _ask(self, number: int, request: Request) -> Answer:
        from tuienv.worker import messages

        match request:
            case messages.Focus(addresses):
                self._live.focus(addresses)
            case messages.Refresh():
                self._live.refresh()
            case messages.Cancel(run):
                self._cancel(run)
            case messages.OpenLog():
                self._logs.open(number, request)
            case messages.CloseLog(stream):
                self._logs.close(stream)
            case messages.Describe() | messages.ReadReleases() | messages.ReadEvents() | messages.ReadJournal():
                return self._answers.looked_up(request)
            case messages.Preview(operation):
                return self._answers.preview(operation)
            case messages.Run(plan):
                return self._answers.run(plan, partial(self._progress, number), self._runs[number])
            case (
                messages.ListProfiles()
                | messages.IdentifyProfile()
                | messages.UseProfile()
                | messages.AddProfile()
                | messages.RemoveProfile()
            ):
                return self._accounts.ask(request)
        return None

    @property
    def _answers(self) -> Answers:
        from tuienv.worker.answers import Answers

        with self._making:
            self._answers_made = self._answers_made or Answers(self._live, self._backends, self._options)
            return self._answers_made

    @property
    def _logs(self) -> LogStreams:
        from tuienv.worker.logs.streams import LogStreams

        with self._making:
            self._logs_made = self._logs_made or LogStreams(self._live.backends_of, self._update)
            return self._logs_made

    def _end_logs(self) -> None:
        if self._logs_made is not None:
            self._logs_made.close_all()

    def _cancel(self, run: int) -> None:
        event = self._runs.get(run)
        if event is not None:
            event.set()

    # --- updates

    def _notify(self, notices: Sequence[Notice]) -> None:
        for batch in batches(notices):
            self._send(batch)

    def _progress(self, run: int, progress: Progress) -> None:
        from tuienv.worker.messages import PlanProgress

        self._update(PlanProgress(run, progress))

    def _update(self, update: Update) -> None:
        self._send((update,))

    def _send(self, message: object) -> None:
        with contextlib.suppress(OSError):  # the client is gone, and `serve` is about to notice
            self._channel.send(message)

    def _end(self) -> None:
        for event in list(self._runs.values()):
            event.set()
        until = time.monotonic() + LAST_STEPS
        running = [thread for number, thread in list(self._threads.items()) if number in self._runs]
        for thread in running:
            thread.join(max(0.0, until - time.monotonic()))
        if self._answers_made is not None:
            self._answers_made.close()
        self._accounts.close()
        self._live.close()


def main() -> None:
    """The process: takes over the socket, serves, and goes without waiting for threads that wait for a provider."""
    channel = take_over_stdin()
    guard_logging()
    for options in channel:
        if options.log:
            log_mistakes(private_folder(paths().state) / "worker.log")
        Server(channel, options, open_backends(options)).serve()
        break
    os._exit(0)


def log_mistakes(path: Path) -> None:
    """Write what ends a thread to this file: where it happened and the error's name. Its text is left out, because it
    may hold anything, a password included."""

    def write(args: threading.ExceptHookArgs) -> None:
        places = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(args.exc_traceback)]
        name = args.thread.name if args.thread else "?"
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a") as file:
            file.write(f"{time.time():.3f} {name}: {args.exc_type.__name__} at {' '.join(places)}\n")

    threading.excepthook = write


def open_backends(options: Options) -> Backends:
    """The backends of these options: the demo must not be able to reach a real one."""
    if not options.demo:
        return Backends(read_secret=_read_secret)
    openers: dict[str, Opener] = {"sandbox": load_backend("sandbox")}
    return Backends(openers)


def _read_secret(backend: str, profile: str) -> str | None:
    from tuienv.credentials import profile_secret

    return profile_secret(backend, profile)


def _files(options: Options) -> Files | None:
    return None if options.demo else Files(Path(options.directory), paths().config, options.files)


def _memory(options: Options) -> Memory | None:
    return None if options.demo else memory_for(options.directory, options.files)
