"""Faults on demand: what a real provider does on a bad day, for as many calls as asked."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from tuienv.backends.base import Forbidden, NotAuthenticated, ProviderError, Throttled, Unreachable
from tuienv.model import Kind


class Trouble(StrEnum):
    """`HANGING`: accepts the call and does not answer, until the fault is cleared or the client's patience ends."""

    THROTTLED = "throttled"
    UNREACHABLE = "unreachable"
    HANGING = "hanging"
    NOT_AUTHENTICATED = "not-authenticated"
    FORBIDDEN = "forbidden"


_ERRORS: Mapping[Trouble, tuple[type[ProviderError], str, str]] = {
    Trouble.THROTTLED: (Throttled, "429 too many requests", "Wait, then try again"),
    Trouble.UNREACHABLE: (Unreachable, "connection refused", "Check that the sandbox is up"),
    Trouble.HANGING: (Unreachable, "no answer in time", "Check that the sandbox is up"),
    Trouble.NOT_AUTHENTICATED: (NotAuthenticated, "401 the session has ended", "Sign in again"),
    Trouble.FORBIDDEN: (Forbidden, "403 not allowed", "Ask for the right, or use another profile"),
}


@dataclass(slots=True)
class _Fault:
    trouble: Trouble
    calls: str
    profile: str | None
    times: int | None

    def hits(self, profile: str, call: str) -> bool:
        return self.times != 0 and self.profile in (None, profile) and fnmatchcase(call, self.calls)


class Faults:
    """The faults that are set now. Safe to call from several threads."""

    def __init__(self, patience: float = 30.0) -> None:
        """`patience`: seconds of the wall until a client gives up on a call that hangs."""
        self._patience = patience
        self._set: list[_Fault] = []
        self._changed = threading.Condition()

    def add(self, trouble: Trouble, calls: str = "*", *, times: int | None = None, profile: str | None = None) -> None:
        """From now on calls of that name (a pattern: ``create_*``) fail; the next `times` of them, or all."""
        with self._changed:
            self._set.append(_Fault(trouble, calls, profile, times))
            self._changed.notify_all()

    def clear(self) -> None:
        """All is well again; calls that hang end with `Unreachable`."""
        with self._changed:
            self._set.clear()
            self._changed.notify_all()

    def check(self, profile: str, call: str, target: object) -> None:
        """Raise what this call must fail with, if anything; a hanging one does so late."""
        with self._changed:
            fault = next((fault for fault in self._set if fault.hits(profile, call)), None)
            if fault is None:
                return
            if fault.times is not None:
                fault.times -= 1
            if fault.trouble is Trouble.HANGING:
                self._changed.wait_for(lambda: fault not in self._set, self._patience)
        raise error(fault.trouble, call, target)

    def silent(self, profile: str) -> dict[Kind, ProviderError]:
        """The kinds of which nothing is told now, each by a fault of its own: ``tell_database``; uses none up."""
        calls = {kind: f"tell_{kind}" for kind in Kind}
        with self._changed:
            faults = [fault for fault in self._set if fault.calls.startswith("tell_")]
            hit = {
                kind: next((fault for fault in faults if fault.hits(profile, call)), None)
                for kind, call in calls.items()
            }
        return {kind: error(fault.trouble, calls[kind], "everything") for kind, fault in hit.items() if fault}

    def standing(self, profile: str, call: str) -> Trouble | None:
        """The fault that a call would meet now; uses none up. An open stream asks this."""
        with self._changed:
            return next((fault.trouble for fault in self._set if fault.hits(profile, call)), None)


def error(trouble: Trouble, call: str, target: object) -> ProviderError:
    """The error that a trouble shows itself as."""
    kind, said, remedy = _ERRORS[trouble]
    return kind(call.replace("_", " "), target, said, remedy)
