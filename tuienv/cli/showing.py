"""A plan as people read it: what would happen, in order, and what it costs them."""

from __future__ import annotations

from collections.abc import Iterator

import click

from tuienv.cli.errors import LIMIT
from tuienv.model import Action, Change, Plan, Resource
from tuienv.screens.words import SIGNS, count_of, money, place_of
from tuienv.text import plain

COLOURS = {
    Action.CREATE: "green",
    Action.START: "green",
    Action.STOP: "red",
    Action.DELETE: "red",
}
"""Others change what is there, and are yellow."""


def lines(plan: Plan) -> Iterator[str]:
    """The plan, one line a change, then what is kept and what is left alone."""
    if not plan.changes:
        yield f"{plan.environment}: {nothing(plan)}"
    else:
        yield f"{plan.environment}: {count_of(len(plan.changes), 'change')}"
        addresses = max(len(str(change.address)) for change in plan.changes)
        for change in plan.changes:
            yield from _change(change, addresses, place_of(change, plan))
        yield from _total(plan)
    for resource in plan.kept:
        yield f"  = keep     {plain(str(resource))}, which holds data"
    for sentence in plan.left_alone:
        yield f"  ! left alone: {plain(sentence, LIMIT)}"


def nothing(plan: Plan) -> str:
    """What a plan without changes comes to. Where something was left alone, nobody knows that all is as it shall be."""
    return "nothing to change but what is left alone" if plan.left_alone else "nothing to change"


def _change(change: Change, addresses: int, place: str) -> Iterator[str]:
    head = f"  {SIGNS.get(change.action, '•')} {change.action:<8} {change.address!s:<{addresses}}"
    costs = _costs(change)
    yield (
        click.style(head, fg=COLOURS.get(change.action, "yellow"))
        + f"  {place}{_reason(change)}"
        + (f"  ({', '.join(costs)})" if costs else "")
    )
    if len(change.differences) > 1:
        yield from (f"        {plain(str(difference))}" for difference in change.differences)
    yield from (f"        {_resource(resource)}" for resource in change.resources)
    yield from (click.style(f"        leaves {plain(what)}", fg="green") for what in change.leaves)


def _total(plan: Plan) -> Iterator[str]:
    """What all of it costs, where several changes have a price."""
    priced = [change.monthly_cost for change in plan.changes if change.monthly_cost]
    total = sum(priced, 0.0)
    if len(priced) > 1 and total:
        yield f"  all together: {_difference(total)}"


def _reason(change: Change) -> str:
    """The reason; only counted where the differences follow in lines of their own."""
    if len(change.differences) > 1:
        return count_of(len(change.differences), "difference")
    return plain(change.reason)


def _costs(change: Change) -> list[str]:
    """What a person must know before saying yes."""
    said = [
        (change.loses_data, click.style("loses data", fg="red", bold=True)),
        (change.interrupts, "interrupts service"),
        (not change.reversible, "cannot be undone"),
        (bool(change.monthly_cost), _difference(change.monthly_cost or 0)),
    ]
    return [text for holds, text in said if holds]


def _difference(monthly: float) -> str:
    return f"{money(abs(monthly))} {'more' if monthly > 0 else 'less'}"


def _resource(resource: Resource) -> str:
    return plain(str(resource)) + (click.style("  holds data", fg="red") if resource.holds_data else "")
