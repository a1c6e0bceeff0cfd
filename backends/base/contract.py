"""What a backend is given, what it returns, and what it does: `Backend`, and the small protocols beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar, runtime_checkable

if TYPE_CHECKING:
    from tuienv.model import (
        Address,
        Budget,
        Capabilities,
        Change,
        EnvironmentSpec,
        Event,
        Identity,
        Instance,
        Layer,
        Lock,
        LogLine,
        Observation,
        Release,
        Sample,
    )

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
class Copies(Protocol):
    """A log of its instances can be had as it was written, without times: quicker than line by line."""

    def copy(self, target: Address, *, tail: int | None = None, since: float | None = None) -> Stream[bytes] | None:
        """What `Reads.logs` gives of the target up to now, as bytes: whole lines, each with its newline. None where
        that needs the lines themselves, as several logs do that are merged by time."""


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
class Authorizes(Protocol):
    """The provider wants a second factor before some of its resources are touched."""

    def authorize(self, resource: str, code: str) -> None:
        """Give the code of an authenticator for a resource, by the name that the provider gave it in its refusal. For
        a while, and for these credentials, it asks for no other. Raises `Forbidden` for a wrong code."""


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
