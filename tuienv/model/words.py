"""The words themselves: kinds, statuses, verbs, actions and addresses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")
"""A name of an environment or a layer: what Docker, DNS, Heroku and AWS all take, at most 40 characters."""

REFERENCE = re.compile(r"(?<!\$)\$\{(?:layers\.(?P<layer>[^.}]*)\.(?P<field>[^}]*)|secret:(?P<secret>[^}]*))\}")
"""A reference inside a value: ``${layers.db.url}`` or ``${secret:session-key}``. ``$${`` is a plain ``${``."""


class Kind(StrEnum):
    """What a layer is for."""

    LOAD_BALANCER = "load-balancer"
    APP = "app"
    CACHE = "cache"
    DATABASE = "database"


class Status(StrEnum):
    """How a layer or an instance is. `ABSENT` is wanted but does not exist; `UNKNOWN` is: no answer."""

    RUNNING = "running"
    STARTING = "starting"
    DEGRADED = "degraded"
    STOPPED = "stopped"
    FAILED = "failed"
    DELETING = "deleting"
    ABSENT = "absent"
    UNKNOWN = "unknown"


class Verb(StrEnum):
    """What a person asks for; see `Operation`."""

    APPLY = "apply"
    DESTROY = "destroy"
    SCALE = "scale"
    RESIZE = "resize"
    RESTART = "restart"
    STOP = "stop"
    START = "start"
    CONFIGURE = "configure"
    ROLLBACK = "rollback"
    PROTECT = "protect"
    UNPROTECT = "unprotect"
    LOCK = "lock"
    UNLOCK = "unlock"
    UNDO = "undo"


RUN, REVEAL = "run", "reveal"
"""What is done past any plan: a command or a shell inside an instance; telling the secrets of a layer's variables."""

OPERATIONS: tuple[str, ...] = (*(verb.value for verb in Verb), RUN, REVEAL)
"""Everything that policy is asked about, by the names that settings use."""


class Action(StrEnum):
    """What one `Change` does."""

    CREATE = "create"
    UPDATE = "update"
    SCALE = "scale"
    RESIZE = "resize"
    RESTART = "restart"
    STOP = "stop"
    START = "start"
    ROLLBACK = "rollback"
    DELETE = "delete"
    PROTECT = "protect"
    UNPROTECT = "unprotect"
    LOCK = "lock"
    UNLOCK = "unlock"


MARKING = frozenset({Action.PROTECT, Action.UNPROTECT, Action.LOCK, Action.UNLOCK})
"""What changes the marks kept with an environment (`Marks`), and nothing of what it is made of."""

UNDONE_WHOLE = MARKING | {Action.CREATE}
"""What is undone only where it got to its end: a mark is put on or it is not, and what another one was first to make or
to mark is theirs."""


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """Where something is, written as people say it: ``shop``, ``shop/web``, ``shop/web/2``."""

    environment: str
    layer: str = ""
    instance: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in (self.environment, self.layer, self.instance) if part)

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read ``ENV[/LAYER[/INSTANCE]]``. Raises `ValueError` with what is wrong; an empty name is refused."""
        parts = text.split("/")
        if len(parts) > 3 or not all(parts):
            raise ValueError(f"{text!r} is not an address: write ENV, ENV/LAYER or ENV/LAYER/INSTANCE")
        return cls(*parts)

    @property
    def parent(self) -> Address:
        """The layer of an instance, the environment of a layer; an environment is its own parent."""
        return Address(self.environment, self.layer if self.instance else "")
