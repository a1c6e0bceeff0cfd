"""How backends and their profiles are found, and how a process opens them: each once, when it is first asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from functools import cache, partial
from importlib.metadata import EntryPoints, entry_points
from inspect import signature
from typing import TYPE_CHECKING, Protocol, cast

from tuienv.backends.base.contract import Authorizes, Backend
from tuienv.backends.base.errors import Invalid, Unreachable
from tuienv.backends.views import view_of

if TYPE_CHECKING:
    from tuienv.backends.base.contract import Looks, Visits
    from tuienv.model import Profile

GROUP = "tuienv.backends"
"""The entry-point group. Each entry is an `Opener`: `(profile) -> Backend`, ours and a third party's alike."""


PROFILES = "tuienv.profiles"
"""The entry-point group of what finds a backend's profiles. Each entry is a `Finder`; a backend may have none."""

Secret = Callable[[], str | None]
"""Gives the secret that tuienv keeps for a profile in the system's keyring (`tuienv credentials add`), as it was typed;
None if it keeps none. It is asked when the credentials are first needed, never when a backend is opened, and again
after `NotAuthenticated`. Raises `NotAuthenticated` within seconds where the keyring is locked or broken."""


def no_secret() -> None:
    """The `Secret` of a profile that none is kept for."""


class Opener(Protocol):
    """Opens the backend with a profile's credentials; an empty profile is the provider's own default.

    An opener that has a keyword parameter ``secret: Secret = no_secret`` is given the one of its profile: people can
    then add a profile whose secret tuienv keeps, for a provider whose own tools do not keep several.
    """

    def __call__(self, profile: str = "") -> Backend: ...


class Finder(Protocol):
    """Finds the profiles that a provider's own tools have on this machine, in their own order and from their own
    variables and files. Contacts nobody, imports no SDK, raises nothing: what cannot be read has no profiles.

    The one that the provider's own tool would use now is marked as the default; where that has no name (it is in
    variables alone), its name is empty. Nothing is marked where nobody is signed in.
    """

    def __call__(self) -> list[Profile]: ...


def _installed(group: str) -> EntryPoints:
    """What is installed for this."""
    return cast(EntryPoints, _read()).select(group=group)


@cache
def _read() -> object:
    """What is installed, read once in a process: it costs a look at every package, before anything is on the screen."""
    return entry_points()


def backend_names() -> list[str]:
    """The names of all installed backends; imports none of them."""
    return sorted(_installed(GROUP).names)


def load_backend(name: str) -> Opener:
    """Import one backend. Raises `Invalid` if none of that name is installed."""
    for entry in _installed(GROUP).select(name=name):
        opener: Opener = entry.load()
        return opener
    known = ", ".join(backend_names())
    raise Invalid("use backend", name, "it is not installed", f"Installed are: {known}")


def finders(names: Collection[str]) -> dict[str, Finder]:
    """What finds the profiles of each of these backends that has something that does. One that cannot be imported is
    left out: its backend will say why, when somebody uses it."""
    found: dict[str, Finder] = {}
    for entry in _installed(PROFILES):
        if entry.name in names:
            with suppress(Exception):
                found[entry.name] = entry.load()
    return found


def takes_secret(opener: Opener) -> bool:
    """Whether a backend can be opened with a secret that tuienv keeps."""
    return "secret" in signature(opener).parameters


class Backends:
    """The open backends of a process, each opened once, when first asked for. Safe to call from several threads."""

    def __init__(
        self,
        openers: Mapping[str, Opener] | None = None,
        *,
        read_secret: Callable[[str, str], str | None] | None = None,
    ) -> None:
        """`openers` takes the place of the installed ones, for tests and the demo. `read_secret` gives the secret of
        a backend's profile; see `Secret`."""
        self._openers = openers
        self._read_secret = read_secret
        self._open: dict[tuple[str, str], tuple[Backend, Looks]] = {}
        self._closed = False
        self._lock = threading.Lock()

    def get(self, name: str, profile: str = "") -> Looks:
        """The backend of that name with that profile, for looking: it is `Watches`, `Reads`, `Measures`, `Releases`,
        `Reports` or `Budgets` if the backend is, and nothing else. Raises `Invalid` if it is not installed."""
        return self._opened(name, profile)[1]

    def acting(self, name: str, profile: str = "") -> Backend:
        """The same, whole: for the engine alone, which asks first what is allowed. Raises `Invalid`."""
        return self._opened(name, profile)[0]

    def open(self, name: str, profile: str = "") -> Visits:
        """Another one of that name with that profile, for looking, and for the caller to close. Raises `Invalid`."""
        visit: Visits = view_of(self._made(name, profile), "close")
        return visit

    def authorize(self, name: str, profile: str, resource: str, code: str) -> None:
        """Give a provider the code that it asks for; see `Authorizes`. Raises `ProviderError`."""
        backend = self._made(name, profile)
        try:
            if not isinstance(backend, Authorizes):
                raise Invalid("authorize", f"{name} {resource}", "this provider asks for no code here")
            backend.authorize(resource, code)
        finally:
            backend.close()

    def with_secret(self, read_secret: Callable[[str, str], str | None]) -> Backends:
        """The same backends, none open, with secrets from elsewhere."""
        return Backends(self._openers, read_secret=read_secret)

    def let_go(self, name: str, profile: str = "") -> None:
        """Close the one of that name with that profile, if it is open: streams end, connections go. Whoever asks for
        it again gets a new one, with the credentials as they are then."""
        with self._lock:
            backend, _ = self._open.pop((name, profile), (None, None))
        if backend is not None:
            backend.close()

    def opened(self) -> list[tuple[str, str]]:
        """The (backend, profile) pairs that are open."""
        with self._lock:
            return list(self._open)

    def keeps_secrets(self, name: str) -> bool:
        """Whether profiles of this backend can be added whose secret tuienv keeps. Raises `Invalid`."""
        return takes_secret(self._opener(name))

    def names(self) -> list[str]:
        return backend_names() if self._openers is None else sorted(self._openers)

    def close(self) -> None:
        """Close them all, for good: whoever is late gets `Unreachable`."""
        with self._lock:
            self._closed = True
            opened, self._open = list(self._open.values()), {}
        for backend, _ in opened:
            backend.close()

    def _opened(self, name: str, profile: str) -> tuple[Backend, Looks]:
        with self._lock:
            if (name, profile) not in self._open:
                backend = self._made(name, profile)
                self._open[name, profile] = backend, view_of(backend)
            return self._open[name, profile]

    def _made(self, name: str, profile: str) -> Backend:
        if self._closed:
            raise Unreachable("open", f"{name} {profile}".strip(), "tuienv is closing")
        opener = self._opener(name)
        if self._read_secret is None or not takes_secret(opener):
            return opener(profile)
        with_secret = cast(Callable[..., Backend], opener)
        return with_secret(profile, secret=partial(self._read_secret, name, profile))

    def _opener(self, name: str) -> Opener:
        if self._openers is None:
            return load_backend(name)
        if name not in self._openers:
            raise Invalid("use backend", name, "it is not here", f"Here are: {', '.join(sorted(self._openers))}")
        return self._openers[name]
