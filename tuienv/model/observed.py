"""What was observed: what a backend says exists, and when it said so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tuienv.model.wanted import Size
from tuienv.model.words import Kind, Status


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a profile turns out to be. `account`: Docker engine ID, Heroku account, AWS account; `name`: for people.

    `expires_at`: when these credentials run out, None where they do not or nobody can tell.
    """

    backend: str
    profile: str
    account: str
    name: str
    expires_at: float | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """Named credentials for one backend, as they were found on this machine; nothing secret is in here.

    `source`: where they are kept, for people (``~/.netrc``, ``DOCKER_HOST``, ``keyring``); `renew`: the command that
    signs in again, empty where there is none; `default`: the one that the provider's own tool would use now.
    """

    backend: str
    name: str
    source: str
    renew: tuple[str, ...] = ()
    default: bool = False


@dataclass(frozen=True, slots=True)
class Lock:
    """Who holds an environment, since when, and why. `token` tells this lock from another of the same person."""

    token: str
    holder: str
    since: float
    why: str


@dataclass(frozen=True, slots=True)
class Marks:
    """What is kept with a live environment at its provider, and in no file: the `account` that it was made with
    (empty where nobody noted it), whether it is `protected`, and the `lock` on it."""

    account: str = ""
    protected: bool = False
    lock: Lock | None = None


@dataclass(frozen=True, slots=True)
class Resource:
    """Something at the provider that a layer or an environment is made of: ``volume shop_db-data``."""

    kind: str
    name: str
    holds_data: bool = False

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


UNFINISHED = "unfinished"
"""The facet of an instance which says what a scaling that was interrupted left to do; no file asks for it."""


@dataclass(frozen=True, slots=True)
class Instance:
    """One running copy. `detail`: a few words more than the status ("healthy", "exited 137").

    `facets`: what it was made from (`tuienv.plan.facets` of its layer's spec), as the backend read it back from the
    provider; empty where it cannot tell. `size`: what it really has now, only in a thorough observation.
    """

    name: str
    id: str
    status: Status
    detail: str = ""
    started_at: float | None = None
    host: str | None = None
    facets: Mapping[str, str] = field(default_factory=dict)
    size: Size | None = None


@dataclass(frozen=True, slots=True)
class Storage:
    """The room that a layer has for its data, in bytes. `asked`: as much as its file asked for, 0 where nobody noted
    that. There may be more: providers round up, and some let it grow by itself."""

    there: int
    asked: int = 0


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer as it was found. `ours`: made by tuienv, so that it may be changed from a file and torn down.

    `resources`: everything a teardown would remove, instances included. `needs`: the layers it was made to depend on,
    as kept at the provider, so that a teardown has its order without the file. `facets`: what a layer that the provider
    manages, without instances, was made from; elsewhere the instances tell. `storage`: None where nobody holds it to so
    much, or tells.
    """

    name: str
    kind: Kind
    backend: str
    profile: str
    status: Status
    instances: tuple[Instance, ...] = ()
    image: str = ""
    size: Size | None = None
    endpoints: tuple[str, ...] = ()
    resources: tuple[Resource, ...] = ()
    needs: tuple[str, ...] = ()
    ours: bool = True
    facets: Mapping[str, str] = field(default_factory=dict)
    storage: Storage | None = None

    @property
    def ready(self) -> int:
        return sum(instance.status is Status.RUNNING for instance in self.instances)


@dataclass(frozen=True, slots=True)
class Failure:
    """An error as data, for places where an exception cannot go (another process, JSON, the screen).

    `kind` is the contract's error class name (`tuienv.backends.base`): ``Unreachable``, ``NotAuthenticated``, …
    """

    kind: str
    tried: str
    target: str
    said: str
    remedy: str
    retry_after: float | None = None

    def __str__(self) -> str:
        return sentence(self.tried, self.target, self.said, self.remedy)


def sentence(tried: str, target: str, said: str, remedy: str) -> str:
    """An error as people read it. Where the provider said several lines (the last ones of a log), the remedy has a
    line of its own: behind the last it would read as part of it."""
    said = f"{said}\n" if "\n" in said else f"{said}. "
    return f"{tried} {target}: {said}{remedy}".strip()


@dataclass(frozen=True, slots=True)
class Observation:
    """What one backend (with one profile) has of one environment, at `at`.

    `ground`: what the environment has beside its layers (a network); empty while it is still to be made, None where
    the provider needs none. With `failure` set nothing else is known:
    the layers are those last seen, or none; they must not be taken for missing. `unanswered`: the kinds that the
    provider would not tell of while it told of the others (it may be asked in several services): layers of these
    kinds are unknown, not missing. Where it told everything it has, one without a name says the same of all
    environments that it did not tell.
    """

    environment: str
    backend: str
    profile: str
    at: float
    layers: tuple[Layer, ...] = ()
    ground: tuple[Resource, ...] | None = ()
    failure: Failure | None = None
    unanswered: Mapping[Kind, Failure] = field(default_factory=dict)
    marks: Marks = Marks()

    @property
    def failures(self) -> tuple[Failure, ...]:
        """Why the provider would not tell of this environment, or of some of its kinds."""
        return (*self.unanswered.values(), *([self.failure] if self.failure else []))
