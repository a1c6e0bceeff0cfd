"""What undoes a change, worked out before it is made; and the newest run of the journal, turned into its undoing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tuienv.engine.policy import Place
from tuienv.journal import Journal
from tuienv.model import (
    UNDONE_WHOLE,
    Action,
    Address,
    Change,
    Difference,
    Inverse,
    Kind,
    Layer,
    Lock,
    Operation,
    Record,
    Size,
    Verb,
)
from tuienv.plan import PlanError
from tuienv.redaction import redact
from tuienv.text import looks_secret, mask

VARIABLE = "environment."
"""Prefix of the facets that are variables, as `tuienv.plan.facets` writes them."""

_STATELESS = (Kind.APP, Kind.LOAD_BALANCER)


def inverse_of(change: Change, layer: Layer | None, release: str = "") -> Inverse:
    """What undoes this change of `layer` as it is before; `release`: the one that is current, where there are any."""
    if change.action in _SIMPLE:
        return Inverse(Operation(_SIMPLE[change.action], change.address))
    if change.action is Action.RESTART:
        return Inverse()
    if change.action is Action.ROLLBACK:
        return _rollback(change, release)
    makers: Mapping[Action, Callable[[Change, Layer | None], Inverse]] = {
        Action.CREATE: _create,
        Action.SCALE: _scale,
        Action.RESIZE: _resize,
        Action.UPDATE: _update,
        Action.DELETE: _delete,
        Action.UNLOCK: _unlock,
    }
    return makers[change.action](change, layer)


_SIMPLE = {
    Action.STOP: Verb.START,
    Action.START: Verb.STOP,
    Action.PROTECT: Verb.UNPROTECT,
    Action.UNPROTECT: Verb.PROTECT,
    Action.LOCK: Verb.UNLOCK,
}


def _create(change: Change, layer: Layer | None) -> Inverse:
    """A layer without data is torn down again. The ground is what others may stand on by then."""
    if not change.address.layer:
        return Inverse()
    if change.spec is None or change.spec.kind not in _STATELESS:
        return Inverse(cannot="it may hold data by now: tuienv destroy shows what would go")
    return Inverse(Operation(Verb.DESTROY, change.address))


def _scale(change: Change, layer: Layer | None) -> Inverse:
    before = next((each.before for each in change.differences if each.facet == "replicas"), "")
    if not before.isdecimal():
        return Inverse(cannot="nobody noted how many there were")
    return Inverse(Operation(Verb.SCALE, change.address, replicas=int(before)))


def _resize(change: Change, layer: Layer | None) -> Inverse:
    sizes = {instance.size or Size() for instance in layer.instances} if layer is not None else set()
    if len(sizes) != 1:
        return Inverse(cannot="its instances were of several sizes")
    size = sizes.pop()
    if size == Size():
        return Inverse(cannot="it had no limits, and those cannot be given back while it runs")
    return Inverse(Operation(Verb.RESIZE, change.address, size=size))


def _update(change: Change, layer: Layer | None) -> Inverse:
    """Other variables go back, unless one was secret: the journal has no secrets, so nobody knows it any more."""
    if change.spec is not None:
        return Inverse(cannot="the file says so: put back what it said before, and apply it")
    found = {each.facet.removeprefix(VARIABLE): _value(each) for each in change.differences}
    hidden = [name for name, before in found.items() if before and _is_hidden(name, before)]
    if hidden:
        return Inverse(cannot=f"what {', '.join(hidden)} had before is secret, and was not written down")
    return Inverse(Operation(Verb.CONFIGURE, change.address, settings=found))


def _value(difference: Difference) -> str | None:
    """What was there before; None if there was no such variable."""
    return difference.before if difference.before or difference.empty == "before" else None


def _is_hidden(name: str, before: str) -> bool:
    """Whether the value is not there as it was: a secret's digest, or a reference of the file."""
    shown = mask(name, before) == before and redact(before) == before
    return not shown or looks_secret(name, before) or "${" in before or before.startswith("sha256:")


def _delete(change: Change, layer: Layer | None) -> Inverse:
    if change.loses_data:
        return Inverse(cannot="its data is gone")
    return Inverse(cannot="it was removed: tuienv apply makes it again")


def _unlock(change: Change, layer: Layer | None) -> Inverse:
    lock: Lock | None = change.lock
    return Inverse(Operation(Verb.LOCK, change.address, why=lock.why if lock is not None else ""))


def _rollback(change: Change, release: str) -> Inverse:
    if not release:
        return Inverse(cannot="nobody could tell which release was the current one")
    return Inverse(Operation(Verb.ROLLBACK, change.address, release=release))


# --- the newest run ---------------------------------------------------------------------------------------------


def undoing(journal: Journal, environment: str = "") -> Operation:
    """The operation that undoes the newest run (in that environment). Raises `PlanError` where there is nothing to
    undo, or it cannot be undone."""
    records = [record for record in journal.newest_run(environment) if _was_made(record)]
    if not records:
        where = f" in {environment}" if environment else ""
        raise PlanError(f"Nothing was done from here{where} that could be undone")
    inverses = _once([record.entry.inverse.operation for record in reversed(records)])
    if not inverses:
        raise PlanError(f"{_said(records)} cannot be undone: {_reasons(records)}")
    entry = records[0].entry
    return Operation(Verb.UNDO, Address(entry.environment), undone=entry.run, inverses=inverses)


def left_as_it_is(journal: Journal, operation: Operation) -> tuple[str, ...]:
    """One sentence for each thing of that run that its undoing leaves as it is."""
    left = ((record, _left(record)) for record in _undone(journal, operation))
    return tuple(f"{record.entry.action} {record.entry.address} {why}" for record, why in left if why)


def done_at(journal: Journal, operation: Operation) -> tuple[Place, ...]:
    """Where that was done which this undoes, for another account may have a layer of the same name; nowhere where it
    undoes nothing."""
    entries = (record.entry for record in _undone(journal, operation))
    return tuple(dict.fromkeys((entry.backend, entry.profile) for entry in entries))


def _undone(journal: Journal, operation: Operation) -> list[Record]:
    if not operation.undone:
        return []
    return [each for each in journal.newest_run(operation.target.environment) if each.entry.run == operation.undone]


def _was_made(record: Record) -> bool:
    """Whether it was done, or begun: what was interrupted or failed may have got anywhere, and goes back to where it
    came from all the same."""
    begun = record.entry.action not in UNDONE_WHOLE and record.entry.inverse.operation is not None
    return record.outcome == "done" or begun


def _left(record: Record) -> str:
    if record.outcome == "done" and record.entry.inverse.cannot:
        return f"cannot be undone: {record.entry.inverse.cannot}"
    return "" if _was_made(record) else "did not get to its end, and is not undone: tuienv status shows what there is"


def _once(operations: Sequence[Operation | None]) -> tuple[Operation, ...]:
    """Each once: an environment over two providers was locked in two steps, and is unlocked in one operation."""
    found: list[Operation] = []
    found += (each for each in operations if each is not None and each not in found)
    return tuple(found)


def _said(records: Sequence[Record]) -> str:
    entry = records[-1].entry
    return entry.command or f"{entry.action} {entry.address}"


def _reasons(records: Sequence[Record]) -> str:
    return "; ".join(dict.fromkeys(record.entry.inverse.cannot for record in records if record.entry.inverse.cannot))
