"""The lock on an environment, taken around every run: two processes do not change one environment at once."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import quote

from tuienv.backends.base import Keeps, ProviderError
from tuienv.engine.holding import Holder, is_kept
from tuienv.engine.policy import Place, Refused
from tuienv.journal import Journal
from tuienv.model import Entry, Lock, Observation
from tuienv.settings import private_file

WAIT = 10.0
"""Seconds that a run waits for another one to end before it is refused: a scaling is over by then, a person has not
gone away."""

AGAIN = 0.5
"""Seconds between two looks at whether the other one has ended."""

DROPS = 3
"""Tries to take a lock off again: one that stays keeps others out until this process ends."""

_held: set[str] = set()
"""The tokens of the locks that runs of this process hold. Any other lock of this process was left behind."""

_holding = threading.Lock()


@dataclass(frozen=True)
class Locking:
    """Takes and drops locks as `holder`. `keeps`: what keeps marks at a place, if anything does."""

    keeps: Callable[[Place], Keeps | None]
    journal: Journal
    holder: Holder
    clock: Callable[[], float]

    def check(self, environment: str, seen: Sequence[Observation], *, runs: bool) -> None:
        """Raises `Refused` if another person has locked it; with `runs`, while a run of another person goes on too."""
        lock = self.in_the_way(seen)
        if lock is not None and (is_kept(lock) or (runs and lock.holder != self.holder.name)):
            raise Refused(self._said(environment, lock))

    def taken(self, environment: str, seen: Sequence[Observation]) -> tuple[str, ...]:
        """Who else has it, as a sentence; nothing where nobody has."""
        lock = self.in_the_way(seen)
        return () if lock is None else (self._said(environment, lock),)

    def check_unlock(self, environment: str, lock: Lock) -> None:
        """Raises `Refused` for a lock that is somebody else's, or a run's that may go on."""
        if not (self.holder.owns(lock) or self._is_left(lock)):
            raise Refused(self._said(environment, lock))

    @contextmanager
    def held(
        self,
        environment: str,
        places: Sequence[Place],
        why: str,
        look: Callable[[], Sequence[Observation]],
        cancel: threading.Event,
    ) -> Iterator[Lock]:
        """Have the lock at these places until the end of the block. Waits a while for a run that has it; raises
        `Refused` where it stays, or where a person has it, and `ProviderError`."""
        lock = self.holder.lock(why, self.clock())
        attempt = _Attempt(self, environment, places, lock)
        until = time.monotonic() + WAIT
        with _known(lock), attempt.alone:
            while (other := attempt.take(look())) is not None:
                if is_kept(other) or time.monotonic() > until or cancel.wait(AGAIN):
                    raise Refused(self._said(environment, other))
            try:
                yield lock
            finally:
                attempt.drop()

    def in_the_way(self, seen: Sequence[Observation]) -> Lock | None:
        """The lock of somebody else, a person's before a run's."""
        locks = [one.marks.lock for one in seen if one.marks.lock is not None]
        others = [lock for lock in locks if not (self.holder.owns(lock) or self._is_left(lock))]
        return min(others, key=lambda lock: not is_kept(lock), default=None)

    def own(self, seen: Sequence[Observation]) -> list[Place]:
        """Where this person has put a lock on, to be kept."""
        marked = [(one, one.marks.lock) for one in seen if one.marks.lock is not None]
        return [(one.backend, one.profile) for one, lock in marked if self.holder.owns(lock)]

    # --- inside -------------------------------------------------------------------------------------------------

    def _is_left(self, lock: Lock) -> bool:
        """Whether the run that took it is over: its process ended, or it was this one and could not take it off."""
        with _holding:
            left = self.holder.took(lock) and lock.token not in _held
        return left or self.holder.is_gone(lock)

    def break_left(self, seen: Sequence[Observation]) -> None:
        """Take off the locks of runs whose process is gone, and write that down. Raises `ProviderError`."""
        for observation in seen:
            lock = observation.marks.lock
            keeps = self.keeps((observation.backend, observation.profile))
            if lock is not None and keeps is not None and self._is_left(lock):
                self._break(observation, lock, keeps)

    def _break(self, seen: Observation, lock: Lock, keeps: Keeps) -> None:
        said = f"the lock of {lock.holder}, whose process is gone: {lock.why}"
        name, place = seen.environment, (seen.backend, seen.profile)
        number = self.journal.begin(Entry(name, name, "break lock", *place, reason=said, before=said_of(lock)))
        keeps.drop_lock(seen.environment, lock.token)
        self.journal.end(number, "done")

    def _said(self, environment: str, lock: Lock) -> str:
        since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(lock.since))
        if is_kept(lock):
            return (
                f"{environment} is locked by {lock.holder} since {since}: {lock.why or 'nobody said why'}. "
                f"Ask them; `tuienv unlock {environment} --break` takes it off"
            )
        return (
            f"{environment} is being changed by {lock.holder} since {since}: {lock.why}. Try again when that is done; "
            f"if it never ends, `tuienv unlock {environment} --break` takes its lock off"
        )


@dataclass
class _Attempt:
    """One run's way to its lock, and back. `alone` keeps what ends with it."""

    locking: Locking
    environment: str
    places: Sequence[Place]
    lock: Lock

    def __post_init__(self) -> None:
        self.alone = ExitStack()
        self._is_alone = False

    def take(self, seen: Sequence[Observation]) -> Lock | None:
        """Take it everywhere or nowhere; gives the lock that is in the way."""
        other = self.locking.in_the_way(seen)
        if other is not None:
            return other
        self.locking.break_left(seen)
        own = self.locking.own(seen)
        if own and not self._alone_here():
            said = "another process of tuienv on this machine"
            return Lock("", self.locking.holder.name, self.lock.since, said)
        return self._take_at([place for place in sorted(self.places) if place not in own])

    def drop(self) -> None:
        for place in self.places:
            keeps = self.locking.keeps(place)
            if keeps is not None:
                _persist(partial(keeps.drop_lock, self.environment, self.lock.token))

    def _take_at(self, places: Sequence[Place]) -> Lock | None:
        """In one order for all, so that no two wait for each other."""
        try:
            for place in places:
                keeps = self.locking.keeps(place)
                there = keeps.take_lock(self.environment, self.lock) if keeps is not None else self.lock
                if there.token != self.lock.token:
                    self.drop()
                    return there
        except ProviderError:
            self.drop()
            raise
        return None

    def _alone_here(self) -> bool:
        """Whether this is the one run here under the person's own lock: at the provider there is room for one lock."""
        if not self._is_alone:
            folder = self.locking.journal.path.parent / "locks"
            self._is_alone = _lock_file(self.alone, folder / quote(self.environment, safe=""))
        return self._is_alone


def _lock_file(stack: ExitStack, path: Path) -> bool:
    """Lock a file until the end of the stack, or of the process; False if another has it."""
    import fcntl

    handle = os.open(private_file(path), os.O_RDWR)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return False
    stack.callback(os.close, handle)
    return True


def said_of(lock: Lock) -> str:
    """``locked by ada@laptop: migrating``, for the journal."""
    return f"locked by {lock.holder}: {lock.why}"


@contextmanager
def _known(lock: Lock) -> Iterator[None]:
    """While this lasts, the lock is one that this process holds."""
    with _holding:
        _held.add(lock.token)
    try:
        yield
    finally:
        with _holding:
            _held.discard(lock.token)


def _persist(drop: Callable[[], None]) -> None:
    """Take a lock off, however bad the provider's day is; what cannot be is left, and told by its token."""
    for left in reversed(range(DROPS)):
        try:
            drop()
            return
        except ProviderError:
            if left:
                time.sleep(AGAIN)
