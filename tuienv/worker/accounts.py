"""Which accounts the worker acts with: found at the start, looked for again now and then, and switched when asked.

Switching: the new identity is fetched first; then what is looked at changes as a whole (`Live.use`), open logs end, and
the screen is told (`Switched`), so that it drops what it shows of the account before and opens its logs anew.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from tuienv.backends.base import Backends, Conflict
from tuienv.credentials import Book, Pair
from tuienv.live.freshness import Live
from tuienv.settings import paths
from tuienv.worker.options import Options

if TYPE_CHECKING:
    from tuienv.model import Identity
    from tuienv.worker.messages import AccountRequest, Profiles, Switched, UseProfile

LOOK_AGAIN = 5.0
"""Seconds until it is looked again whether somebody signed in or out with a provider's own tool."""


class Accounts:
    """See the module. `busy` tells whether a plan runs, `let_go` ends what is open, `tell` tells the screen."""

    def __init__(
        self,
        options: Options,
        backends: Backends,
        live: Live,
        *,
        busy: Callable[[], bool],
        let_go: Callable[[], None],
        tell: Callable[[Switched], None],
    ) -> None:
        self._live, self._busy, self._let_go, self._tell = live, busy, let_go, tell
        self._book = _book(options, backends)
        self._fixed: dict[str, str] | None = None
        if options.profiles is not None:
            used = self._book.choices.used
            self._fixed = {backend: profile or used.get(backend, "") for backend, profile in options.profiles}
        self._switching = threading.Lock()
        self._closed = threading.Event()

    def start(self) -> None:
        """Find out what is looked at, beside everything else, and go on looking whether that changes."""
        threading.Thread(target=self._watch, name="accounts", daemon=True).start()

    def close(self) -> None:
        self._closed.set()

    def ask(self, request: AccountRequest) -> Profiles | Identity | None:
        """Raises `ProviderError`."""
        from tuienv.worker import messages  # not before somebody asks

        match request:
            case messages.ListProfiles():
                return messages.Profiles(tuple(self._book.states(self._look_at(self._live.declared_pairs()))))
            case messages.IdentifyProfile(backend, profile):
                return self._book.test(backend, profile)
            case messages.UseProfile():
                return self._use(request)
            case messages.AddProfile(backend, profile, secret):
                return self._book.add(backend, profile, secret)
            case messages.RemoveProfile(backend, profile):
                self._remove(backend, profile)
        return None

    def _watch(self) -> None:
        before: object = None
        while not self._closed.is_set():
            now = self._look_at(self._live.declared_pairs())
            if now != before:
                before = now
                self._live.use(self._look_at, self._book.applied)
            self._closed.wait(LOOK_AGAIN)

    def _look_at(self, declared: Iterable[Pair]) -> list[Pair]:
        if self._fixed is not None:
            return list(dict.fromkeys([*self._fixed.items(), *declared]))
        return self._book.in_use(declared)

    def _use(self, request: UseProfile) -> Identity:
        """Switch. The account that was shown is the one that is switched to, or none is."""
        backend, profile = request.backend, request.profile
        identity = self._book.test(backend, profile)
        if request.account not in ("", identity.account):
            said = f"it is now {identity.name} ({identity.account})"
            raise Conflict("switch to", f"{backend} {profile}", said, "Look at it again, then decide")
        with self._switching:
            self._refuse_while_busy("switch to", f"{backend} {profile}")
            self._book.use(backend, profile, request.environment)
            if self._fixed is not None and backend in self._fixed and not request.environment:
                self._fixed[backend] = profile
            self._switched(backend, profile)
        return identity

    def _remove(self, backend: str, profile: str) -> None:
        with self._switching:
            self._refuse_while_busy("remove profile", f"{backend} {profile}")
            self._book.remove(backend, profile)
            self._switched(backend, "")

    def _refuse_while_busy(self, tried: str, target: str) -> None:
        if self._busy():
            raise Conflict(tried, target.strip(), "a plan is running", "Wait for its end, or cancel it")

    def _switched(self, backend: str, profile: str) -> None:
        self._live.use(self._look_at, self._book.applied)
        self._let_go()
        from tuienv.worker.messages import Switched

        self._tell(Switched(backend, profile))


def _book(options: Options, backends: Backends) -> Book:
    if options.demo:
        return Book(backends, None, fallback=("sandbox", ""))
    return Book(backends, paths().profiles, cache=paths().cache)
