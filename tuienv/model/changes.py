"""How an environment changes: operations, plans, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tuienv.model.observed import Failure, Lock, Resource
from tuienv.model.wanted import Difference, LayerSpec, Size
from tuienv.model.words import Action, Address, Verb


@dataclass(frozen=True, slots=True)
class Operation:
    """What a person asked for. `settings`: for CONFIGURE, a value of None unsets. `delete_data`: for DESTROY and
    APPLY, whether what holds data may go as well; `final_snapshot`: whether a last snapshot of it stays where the
    provider makes one. `release`: for ROLLBACK, the name of the one to go back to; empty for the last good one before
    the current. `why`: for LOCK, what the others are told. `others`: for UNLOCK, whether
    somebody else's lock may be taken off too. `undone`, `inverses`: for UNDO, the run of the journal that is undone and
    the operations that do so; left empty, the engine fills in the newest one."""

    verb: Verb
    target: Address
    replicas: int | None = None
    size: Size | None = None
    settings: Mapping[str, str | None] = field(default_factory=dict, repr=False)
    delete_data: bool = False
    release: str = ""
    final_snapshot: bool = True
    why: str = ""
    others: bool = False
    undone: str = ""
    inverses: tuple[Operation, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One step of a plan, made by one call of one backend (`Backend.apply`).

    An address without a layer is the environment's own ground at that backend (its network); `options`: what the file
    says for all that stands on it, in that backend's words. `spec` is the layer as it shall be; None where the change
    goes by what exists (scale, resize, restart, stop, start of a live layer, and delete). `after`: the keys of the
    changes that must be done first. `resources`: what a delete removes;
    `final_snapshot`: whether a last snapshot of its data shall stay where the provider makes one, and `leaves`:
    what stays so, for people. `release`: the name of the release that a rollback goes back to. `lock`: the one that
    an unlock takes off.
    """

    action: Action
    address: Address
    backend: str
    profile: str
    reason: str
    spec: LayerSpec | None = None
    facets: Mapping[str, str] = field(default_factory=dict)
    differences: tuple[Difference, ...] = ()
    replicas: int | None = None
    size: Size | None = None
    settings: Mapping[str, str | None] = field(default_factory=dict, repr=False)
    options: Mapping[str, object] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    resources: tuple[Resource, ...] = ()
    delete_data: bool = False
    release: str = ""
    lock: Lock | None = None
    after: tuple[str, ...] = ()
    loses_data: bool = False
    interrupts: bool = False
    reversible: bool = True
    monthly_cost: float | None = None
    final_snapshot: bool = True
    leaves: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Names the change inside its plan: an environment over two backends has two grounds."""
        return f"{self.action} {self.address} {self.backend}:{self.profile}"


@dataclass(frozen=True, slots=True)
class Plan:
    """The ordered steps from what exists to what is wanted, and what was left alone.

    `fingerprint` names exactly these changes against exactly this state; `left_alone`: one sentence for each layer
    that is not touched although it may differ, and why (its provider does not answer, others made it); `kept`: data
    that stays because its deletion was not asked for.
    """

    environment: str
    operation: Operation
    changes: tuple[Change, ...]
    fingerprint: str
    left_alone: tuple[str, ...] = ()
    kept: tuple[Resource, ...] = ()

    @property
    def loses_data(self) -> bool:
        return any(change.loses_data for change in self.changes)

    @property
    def lifts_protection(self) -> bool:
        return any(change.action is Action.UNPROTECT for change in self.changes)


class Stage(StrEnum):
    """Where a change of a running plan is."""

    STARTED = "started"
    STEP = "step"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Progress:
    """One thing that happened to one change while a plan runs."""

    key: str
    address: Address
    stage: Stage
    text: str
    at: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a plan ended: the keys of the changes that were done, failed (with why) and not tried."""

    done: tuple[str, ...]
    failed: tuple[tuple[str, Failure], ...] = ()
    skipped: tuple[str, ...] = ()
    cancelled: bool = False

    @property
    def ok(self) -> bool:
        return not (self.failed or self.skipped or self.cancelled)
