"""Every operation, every policy: which forbids which, and how each operation is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from unittest.mock import patch

from tests.contract.trial import Trial
from tuienv.backends.base import Keeps
from tuienv.engine.holding import this_process
from tuienv.model import (
    REVEAL,
    RUN,
    Action,
    Address,
    Change,
    EnvironmentSpec,
    Operation,
    Plan,
    Resource,
    Size,
    Verb,
)


class Rule(Enum):
    """What may forbid an operation, and a word of what is then said."""

    READ_ONLY = "read-only session"
    READ_ONLY_ENVIRONMENT = "read_only: environments"
    READ_ONLY_PROFILE = "read_only: profiles"
    NOT_ALLOWED = "allows nothing alone"
    PROTECTED = "is protected"
    WRONG_ACCOUNT = "use the profile of the account"
    LOCKED = "is locked by ada@laptop"


ALWAYS = frozenset(set(Rule) - {Rule.PROTECTED})
"""What forbids whatever changes something. A protection is about what is destroyed."""

TABLE: Mapping[str, frozenset[Rule]] = {
    Verb.APPLY: frozenset(Rule),
    Verb.DESTROY: frozenset(Rule),
    Verb.SCALE: ALWAYS,
    Verb.RESIZE: ALWAYS,
    Verb.RESTART: ALWAYS,
    Verb.STOP: ALWAYS,
    Verb.START: ALWAYS,
    Verb.CONFIGURE: ALWAYS,
    Verb.ROLLBACK: ALWAYS,
    Verb.PROTECT: ALWAYS,
    Verb.UNPROTECT: ALWAYS,
    Verb.LOCK: ALWAYS,
    Verb.UNLOCK: ALWAYS,
    Verb.UNDO: frozenset(Rule),
    RUN: ALWAYS,
    REVEAL: ALWAYS - {Rule.LOCKED},
}
"""Which rules forbid which operation. The apply here loses data, the undo tears a layer down."""

DATA = Resource("volume", "data", holds_data=True)
LOCK = replace(this_process(), name="ada@laptop", place="elsewhere").lock("migrating", 1_700_000_000.0, kept=True)


def operation_of(verb: Verb, environment: str) -> Operation:
    """One of each kind."""
    whole, web = Address(environment), Address(environment, "web")
    match verb:
        case Verb.APPLY | Verb.DESTROY:
            return Operation(verb, whole, delete_data=True)
        case Verb.SCALE:
            return Operation(verb, web, replicas=3)
        case Verb.RESIZE:
            return Operation(verb, web, size=Size("small", 0.5, 512 * 2**20))
        case Verb.CONFIGURE:
            return Operation(verb, web, settings={"LEVEL": "debug"})
        case Verb.UNDO:
            return Operation(verb, whole, undone="run-1", inverses=(Operation(Verb.DESTROY, web),))
        case Verb.LOCK:
            return Operation(verb, whole, why="mine")
        case Verb.PROTECT | Verb.UNPROTECT | Verb.UNLOCK:
            return Operation(verb, whole)
        case _:
            return Operation(verb, web)


def plan_of(operation: Operation, backend: str) -> Plan:
    """A plan with one change of that kind: what would be done is another test's matter."""
    if operation.verb is Verb.UNDO and not operation.inverses:
        operation = operation_of(Verb.UNDO, operation.target.environment)
    losing = operation.delete_data
    action = _ACTIONS.get(operation.verb) or Action(str(operation.verb))
    change = Change(action, operation.target, backend, "", "asked for", loses_data=losing)
    change = replace(change, resources=(DATA,) if losing else (), lock=LOCK if action is Action.UNLOCK else None)
    return Plan(operation.target.environment, operation, (change,), "any")


_ACTIONS = {
    Verb.APPLY: Action.DELETE,
    Verb.DESTROY: Action.DELETE,
    Verb.UNDO: Action.DELETE,
    Verb.CONFIGURE: Action.UPDATE,
}


def words_of(operation: str, environment: str) -> list[str]:
    """The command that asks for it."""
    web = f"{environment}/web"
    words: Mapping[str, Sequence[str]] = {
        Verb.APPLY: ("apply", environment, "--delete-data"),
        Verb.DESTROY: ("destroy", environment, "--delete-data"),
        Verb.SCALE: ("scale", f"{web}=3"),
        Verb.RESIZE: ("scale", web, "--size", "small"),
        Verb.RESTART: ("restart", web),
        Verb.STOP: ("stop", web),
        Verb.START: ("start", web),
        Verb.CONFIGURE: ("config", web, "LEVEL=debug"),
        Verb.ROLLBACK: ("rollback", web),
        Verb.PROTECT: ("protect", environment),
        Verb.UNPROTECT: ("unprotect", environment),
        Verb.LOCK: ("lock", environment, "-m", "mine"),
        Verb.UNLOCK: ("unlock", environment),
        Verb.UNDO: ("undo", environment),
        RUN: ("run", web, "--", "hostname"),
        REVEAL: ("config", web, "--reveal"),
    }
    return list(words[operation])


@dataclass(frozen=True)
class Situation:
    """What a rule needs around it: whether the session is read-only, and what the settings say."""

    read_only: bool = False
    settings: str = ""


@contextmanager
def ruled(rule: Rule, trial: Trial) -> Iterator[Situation]:
    """Have this rule, and no other, for the time of the block."""
    backend = trial.backend
    assert isinstance(backend, Keeps)
    match rule:
        case Rule.READ_ONLY:
            yield Situation(read_only=True)
        case Rule.READ_ONLY_ENVIRONMENT:
            yield Situation(settings=f"read_only: {{environments: [{trial.name}]}}\n")
        case Rule.READ_ONLY_PROFILE:
            yield Situation(settings=f"read_only: {{profiles: [{backend.name}]}}\n")
        case Rule.NOT_ALLOWED:
            yield Situation(settings="allow: []\n")
        case Rule.PROTECTED:
            backend.protect(trial.name, True)
            try:
                yield Situation()
            finally:
                backend.protect(trial.name, False)
        case Rule.WRONG_ACCOUNT:
            other = replace(backend.identity(), account="another-account", name="somebody else")
            with patch.object(backend, "identity", lambda: other):
                yield Situation()
        case Rule.LOCKED:
            backend.take_lock(trial.name, LOCK)
            try:
                yield Situation()
            finally:
                backend.drop_lock(trial.name, LOCK.token)


def write_settings(situation: Situation, config: Path) -> None:
    config.mkdir(parents=True, exist_ok=True)
    (config / "settings.yaml").write_text(situation.settings)


class Still:
    """What `tuienv.worker.answers.Answers` asks of the live state, of a world that nobody else looks at."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial

    def spec(self, environment: str) -> EnvironmentSpec | None:
        return None

    def pairs(self) -> list[tuple[str, str]]:
        return [(self._trial.backend.name, "")]

    def acted(self, address: Address) -> None:
        """Nobody watches."""

    def look(self, environment: str) -> None:
        """Nobody watches."""
