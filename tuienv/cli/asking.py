"""Whether a plan may run: no question, yes or no, or a name typed, by what it costs (friction grows with loss)."""

from __future__ import annotations

import sys
from enum import IntEnum

import click

from tuienv.cli.codes import Exit
from tuienv.cli.common import Common
from tuienv.cli.errors import Stop
from tuienv.model import Action, Change, Plan, Verb


class Friction(IntEnum):
    """How much a person must do before a plan runs."""

    NONE = 0
    YES_OR_NO = 1
    TYPED_NAME = 2


def friction(plan: Plan) -> Friction:
    """Losing data, tearing down and lifting a protection want the name typed, what people may notice a yes, and more
    of the same nothing."""
    if plan.loses_data or plan.lifts_protection or plan.operation.verb is Verb.DESTROY:
        return Friction.TYPED_NAME
    asks = plan.operation.verb in (Verb.APPLY, Verb.ROLLBACK, Verb.UNDO) or plan.operation.others
    if asks or any(_noticed(change) for change in plan.changes):
        return Friction.YES_OR_NO
    return Friction.NONE


def _noticed(change: Change) -> bool:
    if change.interrupts or not change.reversible:
        return True
    return change.action in (Action.STOP, Action.RESTART, Action.DELETE) or _scales_in(change)


def _scales_in(change: Change) -> bool:
    counts = [difference for difference in change.differences if difference.facet == "replicas"]
    return change.action is Action.SCALE and any(int(count.after) < int(count.before) for count in counts)


def consent(plan: Plan, common: Common) -> None:
    """Return if the plan may run. Raises `Stop` where it may not: no terminal to ask on, or the answer was no."""
    wanted = friction(plan)
    if wanted is Friction.NONE:
        return
    if common.yes:
        _refuse_losing_data(plan)
        return
    if not can_ask():
        raise Stop(f"refused: this asks first, and there is no terminal to ask on. {_flags(plan)}", Exit.REFUSED)
    agreed = _typed_name(plan) if wanted is Friction.TYPED_NAME else _yes_or_no()
    if not agreed:
        raise Stop("nothing was changed")


def can_ask() -> bool:
    """Whether somebody is there to read the question and to answer it."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _refuse_losing_data(plan: Plan) -> None:
    if plan.loses_data and not plan.operation.delete_data:
        raise Stop(f"refused: this loses data, and --yes is not enough for that. {_flags(plan)}", Exit.REFUSED)


def _flags(plan: Plan) -> str:
    return f"Add {'--yes --delete-data' if plan.loses_data else '--yes'} to go ahead"


def _yes_or_no() -> bool:
    return click.confirm("Go ahead?", default=False, err=True)


def _typed_name(plan: Plan) -> bool:
    name = str(plan.operation.target)
    warning = "This loses data for good. " if plan.loses_data else ""
    answer = click.prompt(f"{warning}Type {name} to go ahead", default="", show_default=False, err=True)
    return bool(answer.strip() == name)
