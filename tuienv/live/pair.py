"""Looks after one provider with one profile: asks it, hears it, notices when it stops answering and when it is back.

Two threads a pair: one asks (`_ask`), one hears what the provider pushes (`_hear`), where it does. Both are daemons and
neither waits for another pair's, so that a slow or dead provider slows nobody.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from tuienv.backends.base import (
    Budgets,
    Conflict,
    Forbidden,
    NotAuthenticated,
    NotFound,
    Pages,
    ProviderError,
    Throttled,
    Unreachable,
    Watches,
)
from tuienv.live.agenda import Agenda
from tuienv.live.spending import Spending
from tuienv.live.world import Look
from tuienv.model import Failure, Observation

if TYPE_CHECKING:
    from tuienv.backends.base import (
        Backends,
        Hint,
        Looks,
        Stream,
    )
    from tuienv.live.pace import Pace
    from tuienv.live.records import Pair
    from tuienv.live.world import World
    from tuienv.model import Budget

T = TypeVar("T")

EVERYTHING = "*"
"""The question that discovers all there is; the others are the names of environments."""

THERE = "?"
"""The question whether the provider is still there."""

EXPIRES_SOON = 600.0
"""Seconds before credentials run out from which on it is looked at every sweep whether they still do."""

AT_ONCE = 0.02
"""A failure that came within so many seconds came from this machine: asking again soon costs next to nothing."""


class PairKeeper:
    """Keeps what one pair has fresh in the world. `told` is called whenever the world took something in."""

    def __init__(self, pair: Pair, backends: Backends, world: World, told: Callable[[], None], pace: Pace) -> None:
        self.pair = pair
        self.pushes: bool | None = None
        self._backends, self._world, self._told, self._pace = backends, world, told, pace
        self._agenda = Agenda()
        self._spending = Spending(pace)
        self._near: frozenset[str] = frozenset()
        self._far: frozenset[str] = frozenset()
        self._opening = threading.Lock()
        self._closed = threading.Event()
        self._stream: Stream[Hint] | None = None
        self._heard_any = False
        self._replay: list[Hint] | None = None
        self._asking: float | None = None
        self._wait = 0.0

    def start(self) -> None:
        """Begin to ask and to hear. Waits for nobody."""
        self._agenda.want(EVERYTHING)
        for run in (self._ask, self._hear):
            threading.Thread(target=run, name=f"{run.__name__} {self.pair[0]}:{self.pair[1]}", daemon=True).start()

    def close(self) -> None:
        """End both threads; one that waits for the provider ends when it gets its answer. From now on nothing of this
        pair gets into the world any more, and its backend is not opened again from here."""
        with self._opening, self._world.lock:
            self._closed.set()
        self._agenda.close()
        if self._stream is not None:
            self._stream.close()

    def refresh(self) -> None:
        """Look at everything again, now. A listing may tell less than a look at each, which is for what is in view."""
        self._agenda.want(EVERYTHING)
        if self.pushes is False:
            for number, environment in enumerate((*sorted(self._near), *sorted(self._far))):
                self._agenda.want(environment, after=self._pace.again * number)

    def look(self, environment: str) -> None:
        """Look at one environment soon."""
        self._agenda.want(environment, apart=self._pace.again)

    def focus(self, near: frozenset[str], far: frozenset[str]) -> None:
        """At a provider that pushes nothing, look at these often: `near` are those whose instances are in view, `far`
        the others in view."""
        self._near, self._far = near, far
        if self.pushes is not False:
            return
        often, seldom = self._spending.between_looks(near, near=True), self._spending.between_looks(far, near=False)
        for environment in near:
            self._agenda.want(environment, after=0.0 if self._spending.rate() else often, apart=often)
        with self._world.lock:
            untold = [environment for environment in sorted(far) if self._world.untold(self.pair, environment)]
        for number, environment in enumerate(untold):
            self._agenda.want(environment, after=self._pace.again * number, apart=seldom)
        for number, environment in enumerate(sorted(far), 1):  # one after the other: a listing has just told of all
            self._agenda.want(environment, after=seldom * number / len(far), apart=seldom)

    def check_patience(self, now: float) -> None:
        """A provider that takes too long counts as gone; `now` by the monotonic clock."""
        since, patience = self._asking, self._pace.patience if self.pushes else self._pace.patience_long
        if since is not None and now - since > patience:
            said = f"it has not answered for {now - since:.0f} s"
            remedy = "It is asked again by itself; look whether it hangs"
            self._fail(Failure("Unreachable", "look at", _called(self.pair), said, remedy))

    # --- asking

    def _ask(self) -> None:
        while (question := self._agenda.next()) is not None:
            self._asking = started = time.monotonic()
            try:
                self._answer(question)
            except Throttled as error:
                self._throttled(question, error)
            except Exception as error:  # noqa: BLE001 - one provider's mistake, or ours about it, ends no thread
                self._unanswered(question, error, time.monotonic() - started)
            else:
                self._answered()
            finally:
                self._asking = None

    def _answered(self) -> None:
        self._wait = 0.0
        if self._world.failing(self.pair):  # it is back, and what was missed meanwhile has to be found out
            self._agenda.want(EVERYTHING, apart=self._pace.again)

    def _answer(self, question: str) -> None:
        backend = self._backend()
        self.pushes = isinstance(backend, Watches)
        self._spending.begin(_budget(backend), time.monotonic())
        self._ask_backend(backend, question)
        self._spending.end("" if question in (EVERYTHING, THERE) else question, _budget(backend), time.monotonic())
        with self._world.lock:
            if not self._closed.is_set():
                self._world.budgeted(self.pair, self._spending.budget)
        self._go_on(question)

    def _ask_backend(self, backend: Looks, question: str) -> None:
        if question == EVERYTHING:
            self._discover(backend)
        elif question == THERE:
            self._probe(backend)
        else:
            self._observe(backend, question)

    def _backend(self) -> Looks:
        with self._opening:
            if self._closed.is_set():
                raise Unreachable("look at", _called(self.pair), "nobody looks there any more")
            return self._backends.get(*self.pair)

    def _discover(self, backend: Looks) -> None:
        fresh = self._world.failing(self.pair) or self._is_to_be_identified()
        listing = partial(self._pages, backend) if isinstance(backend, Pages) else backend.discover
        self._take(listing, lambda found: self._world.discovered(self.pair, found))
        if fresh:
            self._probe(backend)

    def _pages(self, backend: Pages) -> list[Observation]:
        """Everything; when it is listed for the first time, told page by page."""
        found: list[Observation] = []
        for page in backend.pages():
            found += page
            self._asking = time.monotonic()  # each page is an answer of its own
            with self._world.lock:
                if not self._closed.is_set() and not self._world.listed(self.pair):
                    self._world.found(self.pair, page)
            self._told()
        return found

    def _go_on(self, question: str) -> None:
        """When to ask the same again, as far as it goes on by itself."""
        if question == EVERYTHING:
            self._agenda.want(EVERYTHING, after=self._spending.between_sweeps())
            self.focus(self._near, self._far)
        elif not self.pushes and question in self._near:
            self._agenda.want(question, after=self._spending.between_looks(self._near, near=True))
        elif not self.pushes and question in self._far:
            self._agenda.want(question, after=self._spending.between_looks(self._far, near=False))

    def _is_to_be_identified(self) -> bool:
        """Whether nobody knows who this is, or for how much longer: a session may have been renewed elsewhere."""
        known = self._world.identity(self.pair)
        return known is None or (known.expires_at is not None and known.expires_at < time.time() + EXPIRES_SOON)

    def _probe(self, backend: Looks) -> None:
        identity = backend.identity()
        with self._world.lock:
            if not self._closed.is_set():
                self._world.identified(self.pair, identity)
        self._told()
        if self.pushes:
            self._agenda.want(THERE, after=self._pace.probe)

    def _observe(self, backend: Looks, environment: str) -> None:
        self._take(partial(backend.observe, environment), lambda found: self._world.observed(self.pair, found))

    def _take(self, ask: Callable[[], T], take: Callable[[T], None]) -> None:
        """Ask, and take the answer in. Hints that came meanwhile are applied once more: the answer may be older."""
        self._replay = []
        try:
            answer = ask()
        except BaseException:
            self._replay = None
            raise
        with self._world.lock:
            replay, self._replay = self._replay, None
            if self._closed.is_set():
                return
            take(answer)
            looks = {hint.environment for hint in replay if self._world.hinted(self.pair, hint) is Look.NOW}
        self._told()
        for environment in looks:
            self.look(environment)

    def _throttled(self, question: str, error: Throttled) -> None:
        """It is there, and wants to be left alone for a while: what was known of it stays good until then."""
        self._agenda.put_off(question, max(error.retry_after or 0.0, self._pace.retry))
        if self._world.identity(self.pair) is None:
            self._fail(error.as_failure())

    def _unanswered(self, question: str, error: Exception, took: float) -> None:
        if isinstance(error, (NotFound, Conflict)) and question not in (EVERYTHING, THERE):
            self._agenda.want(EVERYTHING, apart=self._pace.again)  # not there any more, or changing under our eyes
            return
        if isinstance(error, Forbidden) and question not in (EVERYTHING, THERE):
            self._refused(question, error)
            return
        self._fail_with(error)
        self._wait = _longer(self._wait, error, took, self._pace)
        hearing = self.pushes and self._stream is None
        self._agenda.put_off(EVERYTHING, self._pace.retry_most if hearing else self._wait)
        self._agenda.drop(THERE)

    def _refused(self, environment: str, error: Forbidden) -> None:
        """These credentials may not see this one environment: that costs no other."""
        refused = Observation(environment, *self.pair, time.time(), failure=error.as_failure())
        with self._world.lock:
            if not self._closed.is_set():
                self._world.observed(self.pair, refused)
        self._told()
        self._go_on(environment)

    def _fail(self, failure: Failure) -> None:
        with self._world.lock:
            if not self._closed.is_set():
                self._world.failed(self.pair, failure, time.time())
        self._told()

    def _fail_with(self, error: Exception) -> None:
        """It failed. Where nobody is signed in, the next question goes to a backend that is opened anew: so a session
        that was renewed elsewhere is picked up."""
        self._fail(as_failure(error, self.pair))
        if isinstance(error, NotAuthenticated):
            with self._opening:
                if not self._closed.is_set():
                    self._backends.let_go(*self.pair)

    # --- hearing

    def _hear(self) -> None:
        wait = 0.0
        while not self._closed.wait(wait):
            started, self._heard_any = time.monotonic(), False
            try:
                backend = self._backend()
                if not isinstance(backend, Watches):
                    return
                self._listen(backend.watch())
                wait = self._pace.again
            except Exception as error:  # noqa: BLE001 - as in `_ask`
                wait = self._unheard(error, wait, time.monotonic() - started)

    def _listen(self, stream: Stream[Hint]) -> None:
        self._stream = stream
        try:
            if self._closed.is_set():  # while it was being opened
                stream.close()
            for hint in stream:
                if self._closed.is_set():
                    return
                self._heard(hint)
        finally:
            self._stream = None
            stream.close()

    def _unheard(self, error: Exception, wait: float, took: float) -> float:
        """Say that the provider is gone; how long to wait before listening again: not at all after what was heard."""
        self._fail_with(error)
        return 0.0 if self._heard_any else _longer(wait, error, took, self._pace)

    def _heard(self, hint: Hint) -> None:
        self._heard_any = True
        if not hint.environment:
            self._agenda.want(EVERYTHING, after=0.0 if self._world.failing(self.pair) else self._pace.again)
            return
        with self._world.lock:
            if self._closed.is_set():
                return
            look = self._world.hinted(self.pair, hint)
            if self._replay is not None:
                self._replay.append(hint)
                look = Look.NOTHING if look is Look.NOW else look
        self._told()
        if look is Look.NOW:
            self.look(hint.environment)
        elif look is Look.SETTLE:
            self._agenda.want(hint.environment, after=self._pace.settle, apart=self._pace.settle_again)


def _budget(backend: Looks) -> Budget | None:
    return backend.budget() if isinstance(backend, Budgets) else None


def as_failure(error: Exception, pair: Pair) -> Failure:
    """What went wrong with a provider, as data. Of what no backend should raise only the name is told: its text may
    hold anything."""
    if isinstance(error, ProviderError):
        return error.as_failure()
    said = f"an unexpected {type(error).__name__}"
    return Failure("Unexpected", "look at", _called(pair), said, "This is a mistake in the backend: please report it")


def _called(pair: Pair) -> str:
    return f"{pair[0]} ({pair[1]})" if pair[1] else pair[0]


def _longer(wait: float, error: Exception, took: float, pace: Pace) -> float:
    """Seconds until the next attempt. Nobody listening on this machine is found out at once and for next to nothing,
    so it is asked often; everything else less and less often."""
    if isinstance(error, Unreachable) and took < AT_ONCE:
        return pace.retry
    return min(max(2 * wait, pace.retry), pace.retry_most)
