"""``journal``: what was done from this machine."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from tuienv.cli import shapes, tables
from tuienv.cli.common import with_session
from tuienv.cli.durations import SINCE
from tuienv.cli.session import Session

if TYPE_CHECKING:
    from tuienv.model import Record

MOST = 1_000_000
"""Records that are asked for at once: a year of them has fewer."""


@click.command()
@click.option("--since", type=SINCE, help="Only what is newer: 10m, 2h, 3d, or a time.")
@click.option("--limit", type=click.IntRange(1, MOST), default=100, show_default=True, help="The newest so many.")
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
    entry = record.entry
    shape: dict[str, Any] = {
        "id": record.id,
        "started_at": shapes.instant(record.started_at),
        "ended_at": shapes.instant(record.ended_at),
        "seconds": None if record.seconds is None else round(record.seconds, 3),
        **{name: getattr(entry, name) for name in _TOLD},
        "user": record.user,
        "machine": record.machine,
        "outcome": record.outcome,
        "detail": record.detail,
        "reversible": entry.inverse.operation is not None,
    }
    return {key: None if value == "" else value for key, value in shape.items()}


_TOLD = (
    "environment",
    "address",
    "action",
    "backend",
    "profile",
    "identity",
    "reason",
    "before",
    "after",
    "command",
    "run",
    "undoes",
)
"""What is told of an entry as it is."""


def _row(record: Record) -> list[str]:
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(record.started_at))
    outcome = "interrupted" if record.outcome == "started" else record.outcome
    entry = record.entry
    return [when, *map(tables.cell, (record.user, entry.action, entry.address, outcome, entry.command))]
