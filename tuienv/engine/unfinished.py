"""What was begun from here and never ended, where what exists does not show it."""

from __future__ import annotations

import time
from contextlib import suppress

from tuienv.journal import Journal, JournalError
from tuienv.model import REVEAL, RUN, Record, Verb


def unfinished(journal: Journal, environment: str) -> tuple[str, ...]:
    """One sentence for each layer of which a restart or a stop was interrupted. It may have left an instance running
    that no request is sent to; whatever else is interrupted leaves a difference that a plan shows. A journal that
    cannot be read tells nothing here: whoever changes something is told of it."""
    newest: dict[str, Record] = {}
    with suppress(JournalError):
        for record in journal.of(environment):
            if record.entry.action not in (RUN, REVEAL):
                newest.setdefault(record.entry.address, record)
    return tuple(
        f"{address}: its {record.entry.action}, begun {_when(record.started_at)}, has not ended. If nobody is at it "
        f"any more, run it again: tuienv {record.entry.action} {address}"
        for address, record in newest.items()
        if record.outcome == "started" and record.entry.action in (Verb.RESTART, Verb.STOP)
    )


def _when(moment: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(moment))
