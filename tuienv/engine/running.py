"""Running a plan: independent changes side by side, dependent ones in order, each in the journal before and after."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from tuienv.backends.base import Cancelled, ProviderError, Steps
from tuienv.journal import Journal, JournalError
from tuienv.model import Address, Change, Entry, Failure, Outcome, Plan, Progress, Stage
from tuienv.redaction import redact

WORKERS = 8
"""Changes under way at once: more layers than most environments have, few enough for a provider's rate limit."""


class _Steps:
    """How one change reports and waits; see `tuienv.backends.base.Steps`."""

    def __init__(self, run: Run, change: Change) -> None:
        self._run = run
        self._change = change

    def say(self, text: str) -> None:
        self._run.check_cancelled()
        self._run.tell(self._change, Stage.STEP, text)

    def pause(self, seconds: float) -> None:
        self._run.cancel.wait(seconds)
        self._run.check_cancelled()


class Run:
    """One run of one plan."""

    def __init__(
        self,
        plan: Plan,
        *,
        make: Callable[[Change, Steps], None],
        entry: Callable[[Change], Entry],
        journal: Journal,
        report: Callable[[Progress], None],
        cancel: threading.Event,
        clock: Callable[[], float],
    ) -> None:
        self.cancel = cancel
        self._plan = plan
        self._do = make
        self._entry = entry
        self._journal = journal
        self._report = report
        self._clock = clock
        self._telling = threading.Lock()
        self._done: list[str] = []
        self._failed: dict[str, Failure] = {}
        self._stopped: list[str] = []

    def outcome(self) -> Outcome:
        """Run it to its end: all done, or what depends on a failure skipped, or cancelled between two steps."""
        waiting = list(self._plan.changes)
        running: dict[Future[None], Change] = {}
        with ThreadPoolExecutor(WORKERS, thread_name_prefix="change") as pool:
            while waiting or running:
                waiting = self._start_ready(waiting, running, pool)
                if not running:
                    break
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    self._finish(running.pop(future), future)
        skipped = [*self._stopped, *(change.key for change in waiting)]
        for change in self._plan.changes:
            if change.key in skipped:
                self.tell(change, Stage.SKIPPED, "cancelled" if self.cancel.is_set() else "what it needs failed")
        return Outcome(tuple(self._done), tuple(self._failed.items()), tuple(skipped), self.cancel.is_set())

    def tell(self, change: Change, stage: Stage, text: str) -> None:
        """Report, one thread at a time."""
        with self._telling:
            self._report(Progress(change.key, change.address, stage, redact(text), self._clock()))

    def check_cancelled(self) -> None:
        if self.cancel.is_set():
            raise Cancelled

    def _start_ready(
        self, waiting: list[Change], running: dict[Future[None], Change], pool: ThreadPoolExecutor
    ) -> list[Change]:
        """Start every change whose predecessors are done; return those that still wait."""
        if self.cancel.is_set():
            return waiting
        keys = {change.key for change in self._plan.changes}
        ready = [change for change in waiting if all(key in self._done or key not in keys for key in change.after)]
        for change in ready:
            running[pool.submit(self._make, change)] = change
        return [change for change in waiting if change not in ready]

    def _make(self, change: Change) -> None:
        """Make one change. Its journal record is there before the provider is called."""
        number = self._journal.begin(self._entry(change))
        self.tell(change, Stage.STARTED, change.reason)
        try:
            self._do(change, _Steps(self, change))
        except Cancelled:
            self._close(change, number, "cancelled")
            raise
        except Exception as error:
            self._close(change, number, "failed", str(failure_of(error, change.address)))
            raise
        self._close(change, number, "done")

    def _close(self, change: Change, number: int, outcome: str, detail: str = "") -> None:
        """Complete the record. What was done was done, even if that can no longer be written down: it is told."""
        try:
            self._journal.end(number, outcome, detail)
        except JournalError as error:
            self.tell(change, Stage.STEP, f"{outcome}, but that could not be recorded: {error}")

    def _finish(self, change: Change, future: Future[None]) -> None:
        error = future.exception()
        if error is None:
            self._done.append(change.key)
            self.tell(change, Stage.DONE, "")
        elif isinstance(error, Cancelled):
            self._stopped.append(change.key)
        else:
            failure = failure_of(error, change.address)
            self._failed[change.key] = failure
            self.tell(change, Stage.FAILED, str(failure))


def failure_of(error: BaseException, address: Address) -> Failure:
    """Any error as data. One that no backend may raise is called a defect: the provider is not to blame."""
    if isinstance(error, ProviderError):
        return error.as_failure()
    if isinstance(error, JournalError):
        return Failure("JournalError", "record the change of", str(address), str(error), "Nothing was changed")
    return Failure(
        kind=type(error).__name__,
        tried="change",
        target=str(address),
        said=redact(f"{type(error).__name__}: {error}"),
        remedy="This is a defect of tuienv or of the backend. What exists can be seen with `tuienv status`",
    )
