"""What was done from this machine, newest first, on a screen of its own."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from tuienv.model import Record
from tuienv.screens import words
from tuienv.screens.session import Job, Session
from tuienv.screens.widgets.bars import Footer, Heading
from tuienv.screens.widgets.choices import Text
from tuienv.screens.widgets.pieces import Line, fit, wrap
from tuienv.text import plain
from tuienv.worker.client import WorkerFailure

_INDENT = 4
_ADDRESS = 24
_ACTION = 10

_CLOCKS = 1.0
"""Seconds that the clocks of two processes may be told apart, rounding included."""

_OUTCOMES = {
    "done": ("✓", "good"),
    "failed": ("✗", "failed"),
    "cancelled": ("⊘", "stopped"),
    "started": ("◔", "starting"),
}


class JournalScreen(Screen[None]):
    """The newest records: when, what, on what, how it ended; then who, as whom, before and after, and the command."""

    CSS_PATH = "plan.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "read", "read again", id="journal.read"),
        Binding("escape,q,H", "dismiss", "back", id="journal.back"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._records: Sequence[Record] | None = None
        self._failure = ""

    def compose(self) -> ComposeResult:
        yield Heading((("journal", "strong"), ("   what was done from this machine", "dim")))
        yield Text(id="text")
        yield Footer()

    def on_mount(self) -> None:
        self.call_after_refresh(self._show)
        self.action_read()

    def on_resize(self) -> None:
        self.call_after_refresh(self._show)

    def job_changed(self, job: Job) -> None:
        """A plan began, went on or ended: what it did is in the journal once it has ended."""
        if not job.running:
            self.action_read()

    @work(exclusive=True)
    async def action_read(self) -> None:
        try:
            self._records, self._failure = await self._session.journal(), ""
        except WorkerFailure as failed:
            self._failure = plain(str(failed))
        self._show()

    def _show(self) -> None:
        if not self.is_attached:
            return
        text = self.query_one(Text)
        width = max(40, text.scrollable_content_region.width)
        begun = min((job.started for job in self._session.jobs.values() if job.running), default=math.inf)
        text.set_lines(lines_of(self._records, self._failure, width, begun))


def lines_of(records: Sequence[Record] | None, failure: str, width: int, begun: float = math.inf) -> list[Line]:
    """How the journal reads. `begun`: when what runs from here now began; what has no end since then is no failure."""
    if failure:
        return [((part, "error"),) for part in wrap(failure, width)]
    if records is None:
        return [(("Reading …", "dim"),)]
    if not records:
        return [(("Nothing was done from here yet.", "dim"),)]
    return [line for record in records for line in _record(record, width, begun)]


def _record(record: Record, width: int, begun: float) -> list[Line]:
    entry = record.entry
    glyph, tone = _OUTCOMES.get(record.outcome, ("•", ""))
    runs = "running" if record.started_at >= begun - _CLOCKS else "interrupted"
    ended = runs if record.outcome == "started" else record.outcome
    took = "" if record.seconds is None else f" in {words.age(record.seconds)}"
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(record.started_at))
    head: Line = (
        (f"{glyph} ", tone),
        (f"{when}  ", "dim"),
        (fit(entry.action, _ACTION) + " ", "strong"),
        (fit(entry.address, _ADDRESS) + " ", ""),
        (f"{ended}{took}", tone),
    )
    return [head, *_more(record, width)]


def _more(record: Record, width: int) -> list[Line]:
    """What the first line has no room for."""
    entry = record.entry
    who = f"{record.user}@{record.machine}" + (f" as {entry.identity}" if entry.identity else "")
    change = f"{entry.before} → {entry.after}" if entry.before and entry.after else entry.before or entry.reason
    undone = "" if not entry.inverse.cannot else f"cannot be undone: {entry.inverse.cannot}"
    parts = ((change, ""), (record.detail, "failed"), (f"{who}   {entry.command}", "dim"), (undone, "dim"))
    return [
        ((" " * _INDENT, ""), (line, tone))
        for text, tone in parts
        if text.strip()
        for line in wrap(text, width - _INDENT)
    ]
