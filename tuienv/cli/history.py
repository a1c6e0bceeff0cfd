"""``journal``: what was done from this machine."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from tuienv.cli import shapes, tables
from tuienv.cli.common import with_session
from tuienv.cli.durations import SINCE
from tuienv.cli.session import Session

if TYPE_CHECKING:
    from tuienv.journal import Record


@click.command()
@click.option("--since", type=SINCE, help="Only what is newer: 10m, 2h, 3d, or a time.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="The newest so many.")
@with_session
def journal(session: Session, since: float | None, limit: int) -> None:
    """Show what was done from this machine, oldest first."""
    records = session.journal.records(since, limit)[::-1]
    if session.common.json:
        shapes.print_json([_shape(record) for record in records])
    elif records:
        head = ["WHEN", "WHO", "ACTION", "ADDRESS", "OUTCOME", "COMMAND"]
        click.echo(tables.table(head, [_row(record) for record in records]))
    else:
        click.echo("nothing was done from here", err=True)


def _shape(record: Record) -> dict[str, Any]:
    shape = asdict(record)
    for key in ("started_at", "ended_at"):
        shape[key] = shapes.instant(shape[key])
    return {key: None if value == "" else value for key, value in shape.items()}


def _row(record: Record) -> list[str]:
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(record.started_at))
    outcome = "interrupted" if record.outcome == "started" else record.outcome
    return [when, *map(tables.cell, (record.user, record.action, record.address, outcome, record.command))]
