"""``releases``, ``rollback`` and ``events``: what was released of a layer, going back, and what happened to it."""

from __future__ import annotations

import time

import click

from tuienv.cli import carrying, shapes, tables
from tuienv.cli.addresses import LAYER
from tuienv.cli.codes import Exit
from tuienv.cli.common import with_session
from tuienv.cli.errors import say
from tuienv.cli.session import Session
from tuienv.model import Address, Event, Operation, Release, Verb


@click.command()
@click.argument("target", metavar="ENV/LAYER", type=LAYER)
@with_session
def releases(session: Session, target: Address) -> None:
    """List what was released of a layer, newest first, and how each differs from the one before."""
    _, layer = session.find_layer(target)
    found = session.engine.releases(target, layer)
    if session.common.json:
        shapes.print_json([shapes.release(one) for one in found])
    elif found:
        head = ["RELEASE", "WHEN", "STATUS", "BY", "WHAT", "DIFFERENCES"]
        click.echo(tables.table(head, [_release_row(one) for one in found]))
    else:
        say(f"nothing was released of {target} yet")


@click.command()
@click.argument("target", metavar="ENV/LAYER", type=LAYER)
@click.argument("release", required=False, default="")
@with_session
def rollback(session: Session, target: Address, release: str) -> int:
    """Go back to an earlier RELEASE of a layer; without one, to the last good one. Changes what runs, not the file."""
    code = carrying.carry_out(session, [Operation(Verb.ROLLBACK, target, release=release)])
    spec = session.spec(target.environment)
    if code == Exit.DONE and spec is not None and spec.layer(target.layer) is not None:
        say(f"{spec.source} still says what it said: plan shows the difference, and apply goes forward again.")
    return code


@click.command()
@click.argument("target", metavar="ENV/LAYER", type=LAYER)
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="The newest so many.")
@with_session
def events(session: Session, target: Address, limit: int) -> None:
    """Show what its provider says happened to a layer, oldest first."""
    _, layer = session.find_layer(target)
    found = session.engine.events(target, layer)[:limit][::-1]
    if session.common.json:
        shapes.print_json([shapes.event(one) for one in found])
    elif found:
        click.echo(tables.table(["WHEN", "SOURCE", "WHAT"], [_event_row(one) for one in found]))
    else:
        say(f"nothing is told of {target}")


def _release_row(one: Release) -> list[str]:
    status = click.style("● current", fg="green") if one.current else tables.cell(one.status)
    differences = tables.cell("; ".join(map(str, one.differences)))
    return [
        tables.cell(one.name),
        _when(one.at),
        status,
        tables.cell(one.by),
        tables.cell(one.description),
        differences,
    ]


def _event_row(one: Event) -> list[str]:
    return [_when(one.time), tables.cell(one.source), tables.cell(one.text)]


def _when(at: float | None) -> str:
    return tables.NOTHING if at is None else time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at))
