"""The contract that every backend keeps, and how backends are found.

A backend is plain synchronous code, safe to call from several threads at once, that takes and returns the objects of
`tuienv.model`. It knows nothing of screens, plans or files. What it can do beyond the minimum (`Backend`) it says by
implementing one of the small protocols: `Watches`, `Reads`, `Measures`, `Runs`, `Connects`, `Configures`, `Releases`,
`Reports`, `Keeps`, `Judges`, `Budgets`, `Pages`.

Every call may raise the errors of this module and no other::

    ProviderError
     ├─ NotAuthenticated   nobody is signed in, or no longer
     ├─ Forbidden          signed in, but not allowed
     ├─ NotFound           it is not there (any more)
     ├─ Conflict           it is in a state that forbids this now
     ├─ Throttled          too many requests; `retry_after` says when to try again, in seconds
     ├─ Unreachable        no answer, or half of one
     └─ Invalid            the provider refuses what was asked

and `Cancelled`, which is raised by the `Steps` given to `Backend.apply` and must be let through.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import entry_points
from inspect import signature
from typing import Protocol, TypeVar, cast, runtime_checkable

from tuienv.backends.views import view_of
from tuienv.model import (
    Address,
    Budget,
    Capabilities,
    Change,
    EnvironmentSpec,
    Event,
    Failure,
    Identity,
    Instance,
    Layer,
    Lock,
    LogLine,
    Observation,
    Profile,
    Release,
    Sample,
    sentence,
)
from tuienv.redaction import redact

# --- errors -----------------------------------------------------------------------------------------------------


class ProviderError(Exception):
    """What a provider would not do: what was `tried`, on which `target`, what it `said`, and the `remedy`.

    `said` is provider text and goes through `tuienv.text.plain` before it is stored. No part ever holds a secret:
    those that were read in this run (`tuienv.redaction`) are taken out here.
    """

    retry_after: float | None = None

    def __init__(self, tried: str, target: object, said: str, remedy: str = "") -> None:
        parts = (tried, str(target), said, remedy)
        self.tried, self.target, self.said, self.remedy = map(redact, parts)
        super().__init__(sentence(self.tried, self.target, self.said, self.remedy))

    def as_failure(self) -> Failure:
        """The same as data, for another process, the journal or JSON."""
        return Failure(type(self).__name__, self.tried, self.target, self.said, self.remedy, self.retry_after)


class NotAuthenticated(ProviderError):
    """Nobody is signed in, or the session ran out. The remedy names the command that signs in."""


class Forbidden(ProviderError):
    """Signed in, but not allowed: which action, on what, for whom."""


class NotFound(ProviderError):
    """What was named does not exist at the provider (any more)."""


class Conflict(ProviderError):
    """It exists, in a state that forbids this step now."""


class Throttled(ProviderError):
    """Too many requests. `retry_after`: seconds until the provider wants to hear from us again."""

    def __init__(self, tried: str, target: object, said: str, remedy: str = "", retry_after: float = 1.0) -> None:
        super().__init__(tried, target, said, remedy)
        self.retry_after = retry_after


class Unreachable(ProviderError):
    """No answer: refused, timed out, or cut off in the middle. It says nothing about what exists."""


class Invalid(ProviderError):
    """The provider, or the backend on its behalf, refuses what was asked as it was asked."""


class Cancelled(Exception):
    """Raised by `Steps` when the operation was cancelled; the backend stops where it is and can go on later."""


# --- what a backend is given ------------------------------------------------------------------------------------


class Steps(Protocol):
    """How `Backend.apply` tells what it does and waits. Both raise `Cancelled` once cancellation was asked for, so
    that an operation can be stopped between any two steps."""

    def say(self, text: str) -> None:
        """Report the step that starts now, for the person who watches: ``start shop-web-2``."""

    def pause(self, seconds: float) -> None:
        """Wait, in the only way a backend may."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """The values that a change needs and that no plan may hold.

    `environment`: the layer's variables with every reference resolved. `directory`: where a relative ``build`` path
    of the environment file starts. Never logged, never stored, and `repr` does not show the values.
    """

    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    directory: str = "."


# --- what a backend returns -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hint:
    """Something changed. With an `instance`, that is its new state, to be applied as it is; with `gone`, the address
    ceased to exist; with neither, the environment (or, if that is empty, everything) wants to be observed again."""

    environment: str = ""
    layer: str = ""
    instance: Instance | None = None
    gone: str = ""


T_co = TypeVar("T_co", covariant=True)


class Stream(Protocol[T_co]):
    """An iterator that another thread can end at once with `close`; iteration then simply stops.

    It raises `Unreachable` when the provider cut it off, so that the reader can say where the gap is.
    """

    def __iter__(self) -> Iterator[T_co]: ...

    def __next__(self) -> T_co: ...

    def close(self) -> None: ...


class Execution(Protocol):
    """A command that runs inside an instance; with a tty, a terminal on it."""

    def read(self) -> tuple[int, bytes]:
        """The next output, as (1 for stdout or 2 for stderr, bytes); ``(0, b"")`` when it ended."""

    def write(self, data: bytes) -> None:
        """Give it input; ``b""`` ends the input."""

    def resize(self, rows: int, columns: int) -> None:
        """Tell it the size of the terminal; nothing without a tty."""

    def exit_code(self) -> int:
        """How it ended; call after `read` said so."""

    def close(self) -> None:
        """Let go of it."""


# --- the contract -----------------------------------------------------------------------------------------------


class Looks(Protocol):
    """What everybody may do with one provider and one profile's credentials: look. See `Backends.get`."""

    name: str
    profile: str

    def identity(self) -> Identity:
        """Who these credentials are. Raises `NotAuthenticated` with how to sign in."""

    def discover(self) -> list[Observation]:
        """Every environment that runs there, tuienv's own and others', in O(pages) calls."""

    def observe(self, environment: str, *, thorough: bool = False) -> Observation:
        """One environment: its layers and instances; without layers if there is nothing of that name.

        O(pages) calls; `thorough` adds what a plan needs and a listing lacks (the sizes that instances really have)
        and may cost a call an instance.
        """

    def capabilities(self, layer: Layer) -> Capabilities:
        """What can be done with this layer, between which bounds, and what it costs. Contacts nobody."""


class Visits(Looks, Protocol):
    """The same for a moment: whoever was given it closes it."""

    def close(self) -> None:
        """End every stream and let go of every connection."""


class Backend(Visits, Protocol):
    """One provider with one profile's credentials. Opening one contacts nobody."""

    def apply(self, change: Change, inputs: Inputs, steps: Steps) -> None:
        """Make one change, and wait until it is done. Idempotent: interrupted anywhere and called again, it
        converges; asked for what already holds, it changes nothing. Raises `Conflict` with the last log lines in
        `said` when what was started does not get healthy; the old version is then still serving.
        """


@runtime_checkable
class Watches(Protocol):
    """The provider pushes what changes. Others are polled."""

    def watch(self) -> Stream[Hint]:
        """Hints from now on. The first is ``Hint()``, given when the provider has answered: look again."""


@runtime_checkable
class Reads(Protocol):
    """Its instances keep logs."""

    def logs(
        self, target: Address, *, tail: int | None = None, since: float | None = None, follow: bool = False
    ) -> Stream[list[LogLine]]:
        """The lines of an instance, a layer or an environment, in batches, merged by time; `tail` lines an instance
        at most, all of them if None. With `follow` it goes on, new instances included, until closed.
        """


@runtime_checkable
class Measures(Protocol):
    """Its instances can be measured."""

    def metrics(self, targets: Sequence[Address]) -> Stream[list[Sample]]:
        """Samples of these instances (addresses of instances), about one a second each, until closed."""


@runtime_checkable
class Runs(Protocol):
    """Commands can be run inside its instances."""

    def run(self, target: Address, argv: Sequence[str], *, tty: bool = False, stdin: bool = False) -> Execution:
        """Start a command in an instance, or in the first running instance of a layer."""


@runtime_checkable
class Connects(Protocol):
    """Its layers can be connected to by others: ``${layers.db.url}``."""

    def connection(self, address: Address) -> Mapping[str, str]:
        """What a layer answers to, for layers beside it: ``url``, ``host``, ``port`` and, for databases, ``user``,
        ``password``, ``name``. Holds secrets. Raises `NotFound` if the layer does not exist yet."""


@runtime_checkable
class Configures(Protocol):
    """The variables of a layer can be read back."""

    def config(self, address: Address) -> Mapping[str, str]:
        """The variables that the layer was given (not those of its image). Holds secrets."""


@runtime_checkable
class Releases(Protocol):
    """Its layers have versions that were released, and can go back to one: a change with `Action.ROLLBACK`, whose
    `release` names it, is then taken by `Backend.apply`."""

    def releases(self, address: Address) -> list[Release]:
        """What was released of a layer, newest first, a page at the most. Raises `NotFound`."""


@runtime_checkable
class Reports(Protocol):
    """It tells what happened to a layer: deployments, scalings, failed checks."""

    def events(self, address: Address) -> list[Event]:
        """The last of what happened, newest first, a page at the most. Raises `NotFound`."""


@runtime_checkable
class Keeps(Protocol):
    """Marks can be kept with an environment at the provider (`tuienv.model.Marks`); `Backend.observe` tells them.

    The account is noted by `Backend.apply` when it makes the first thing of an environment. The other two marks may be
    put on an environment of which nothing exists yet where the provider has a place for them; else they come into
    being with its first layer, and putting them on before that does nothing.
    """

    def take_lock(self, environment: str, lock: Lock) -> Lock:
        """Put this lock on, if there is none, in a step that only one of two can win. Gives the lock that is on the
        environment then: this one, or the one that came first."""

    def drop_lock(self, environment: str, token: str) -> None:
        """Take the lock with this token off; nothing if it is not on (any more)."""

    def protect(self, environment: str, protected: bool) -> None:
        """Put the protection on or take it off."""


@runtime_checkable
class Judges(Protocol):
    """It knows of a file beforehand what it cannot do."""

    def objections(self, spec: EnvironmentSpec, profile: str) -> Mapping[str, str]:
        """By layer of this file, why it cannot be made as it is written: one sentence, and what would be right. Every
        backend that the file names is asked, also about layers elsewhere that need one of its own which they cannot
        reach. Contacts nobody."""


@runtime_checkable
class Budgets(Protocol):
    """The provider tells how many requests these credentials have left."""

    def budget(self) -> Budget | None:
        """As the last answer told it; None before any. Contacts nobody."""


@runtime_checkable
class Pages(Protocol):
    """Its listing comes in pages, each worth showing before the next is there."""

    def pages(self) -> Iterator[list[Observation]]:
        """What `Backend.discover` gives, a part at a time: each environment in one of them, whole."""


# --- how backends are found -------------------------------------------------------------------------------------

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


def backend_names() -> list[str]:
    """The names of all installed backends; imports none of them."""
    return sorted({entry.name for entry in entry_points(group=GROUP)})


def load_backend(name: str) -> Opener:
    """Import one backend. Raises `Invalid` if none of that name is installed."""
    for entry in entry_points(group=GROUP, name=name):
        opener: Opener = entry.load()
        return opener
    known = ", ".join(backend_names())
    raise Invalid("use backend", name, "it is not installed", f"Installed are: {known}")


def finders(names: Collection[str]) -> dict[str, Finder]:
    """What finds the profiles of each of these backends that has something that does. One that cannot be imported is
    left out: its backend will say why, when somebody uses it."""
    found: dict[str, Finder] = {}
    for entry in entry_points(group=PROFILES):
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
