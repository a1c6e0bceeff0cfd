"""What is allowed at all, asked in one place before anything is changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tuienv.model import RUN, Operation, Verb
from tuienv.settings import Rules

Place = tuple[str, str]
"""A backend's name and a profile's."""


NO_RULES = Rules()


class Refused(Exception):
    """Policy forbids this; says which rule, and how it is lifted."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to do: the `operations` by their names (`tuienv.model.OPERATIONS`; several for an undo), on
    which `target` (an address), and the `places` where that is done."""

    operations: tuple[str, ...]
    target: str
    places: Sequence[Place] = ()

    @property
    def environment(self) -> str:
        return self.target.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of this run. `read_only`: nothing is changed, whoever asks; `rules`: those of the settings."""

    read_only: bool = False
    rules: Rules = NO_RULES

    def check(self, asked: Asked) -> None:
        """Raises `Refused` if this may not be done from here. Contacts nobody. A plan can always be made and looked
        at."""
        for reason in (self._session(), self._settings(), self._read_only(asked), self._not_allowed(asked)):
            if reason:
                raise Refused(f"{_what(asked)} {reason}")

    def _session(self) -> str:
        return "is not done: this is a read-only session (--read-only)" if self.read_only else ""

    def _settings(self) -> str:
        """Rules that cannot be read forbid everything: nobody knows what they would have allowed."""
        if not self.rules.mistakes:
            return ""
        return f"is not done: the rules of your settings cannot be read: {'; '.join(self.rules.mistakes)}"

    def _read_only(self, asked: Asked) -> str:
        why = self.rules.read_only(asked.environment, asked.places)
        return f"is not done: settings.yaml has {why}" if why else ""

    def _not_allowed(self, asked: Asked) -> str:
        allowed = self.rules.allow
        missing = [] if allowed is None else [name for name in asked.operations if name not in allowed]
        if not missing:
            return ""
        return f"is not done: settings.yaml allows {', '.join(sorted(allowed or ())) or 'nothing'} alone (allow)"


def operations_of(operation: Operation) -> tuple[str, ...]:
    """What policy is asked about: an undo is what it does."""
    if operation.verb is Verb.UNDO:
        return tuple(name for inverse in operation.inverses for name in operations_of(inverse))
    return (str(operation.verb),)


def _what(asked: Asked) -> str:
    if asked.operations == (RUN,):
        return f"run a command in {asked.target}"
    return f"{' and '.join(dict.fromkeys(asked.operations))} {asked.target}"
