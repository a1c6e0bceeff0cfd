"""What the journal keeps of each thing that was done."""

from __future__ import annotations

from dataclasses import dataclass

from tuienv.model.changes import Operation


@dataclass(frozen=True, slots=True)
class Inverse:
    """What undoes a change: an `operation`; or nothing does, and `cannot` says why. Neither: there is nothing to undo,
    as after a restart."""

    operation: Operation | None = None
    cannot: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that is about to be done, as the journal takes it. `action`: what, in a word; `identity`: as whom, at
    the provider; `command`: what does the same from a shell; `before` and `after`: what it changes, for people;
    `run`: names what was done together; `undoes`: the run that it undoes."""

    environment: str
    address: str
    action: str
    backend: str = ""
    profile: str = ""
    identity: str = ""
    reason: str = ""
    command: str = ""
    before: str = ""
    after: str = ""
    run: str = ""
    undoes: str = ""
    inverse: Inverse = Inverse()


@dataclass(frozen=True, slots=True)
class Record:
    """One thing that was done, from this machine. `outcome`: ``started`` (and never ended: it was interrupted),
    ``done``, ``failed``, ``cancelled``; `detail` says more. `user` and `machine`: who, here. Times in Unix seconds."""

    id: int
    started_at: float
    ended_at: float | None
    user: str
    machine: str
    outcome: str
    detail: str
    entry: Entry

    @property
    def seconds(self) -> float | None:
        """How long it took; None if it never ended."""
        return None if self.ended_at is None else max(0.0, self.ended_at - self.started_at)
