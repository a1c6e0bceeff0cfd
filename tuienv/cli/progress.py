"""What happens while a plan runs, on stderr: rows rewritten in place on a terminal, else one line a step."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable

import click

from tuienv.cli.errors import tell
from tuienv.cli.tables import cut, terminal_of
from tuienv.model import Plan, Progress, Stage
from tuienv.text import plain

MARKS = {
    Stage.STARTED: ("◔", "cyan"),
    Stage.STEP: ("◔", "cyan"),
    Stage.DONE: ("✓", "green"),
    Stage.FAILED: ("✗", "red"),
    Stage.SKIPPED: ("·", "bright_black"),
}

_ERASE_LINE = "\x1b[2K"
_WORDS = {Stage.STARTED: "…", Stage.DONE: "done", Stage.FAILED: "failed", Stage.SKIPPED: "not done"}


def follow(plan: Plan, cancel: threading.Event | None = None) -> Callable[[Progress], None]:
    """Show how this plan runs. What is returned is called by the engine, from several threads, one at a time. Whoever
    sets `cancel` has told it, below the rows."""
    rows = len(plan.changes)
    if sys.stderr.isatty() and os.environ.get("TERM") != "dumb" and 0 < rows < terminal_of(sys.stderr).lines - 1:
        return Rows(plan, cancel)
    return Lines(plan)


class Lines:
    """One line for each step, for logs and CI: ``12 s  shop/web  update  start shop-web-4``."""

    def __init__(self, plan: Plan) -> None:
        self._changes = {change.key: change for change in plan.changes}
        self._started = time.monotonic()
        self._color = _color()

    def __call__(self, progress: Progress) -> None:
        action = self._changes[progress.key].action
        seconds = int(time.monotonic() - self._started)
        text = f"{seconds:>4} s  {progress.address}  {action}  {_text(progress)}"
        tell(_coloured(progress.stage, text), color=self._color)


class Rows:
    """One row for each change of the plan, rewritten where it stands; once more below what is told of a cancelling."""

    def __init__(self, plan: Plan, cancel: threading.Event | None = None) -> None:
        width = max(len(str(change.address)) for change in plan.changes)
        self._heads = {change.key: f"{change.action:<8} {change.address!s:<{width}}" for change in plan.changes}
        self._rows = {key: f"  · {head.rstrip()}" for key, head in self._heads.items()}
        self._cancel = cancel or threading.Event()
        self._drawn: bool | None = None
        self._color = _color()

    def __call__(self, progress: Progress) -> None:
        mark, _ = MARKS[progress.stage]
        head = self._heads[progress.key]
        self._rows[progress.key] = _coloured(progress.stage, f"  {mark} {head}  {_text(progress)}")
        self._draw()

    def _draw(self) -> None:
        columns = terminal_of(sys.stderr).columns - 1
        cancelled = self._cancel.is_set()
        up = f"\x1b[{len(self._rows)}A" if self._drawn is cancelled else ""
        body = "".join(f"{_ERASE_LINE}{cut(row, columns)}\n" for row in self._rows.values())
        tell(up + body, nl=False, color=self._color)
        self._drawn = cancelled


def _color() -> bool | None:
    """Whether to colour, as the command was told: the engine's threads know nothing of it."""
    context = click.get_current_context(silent=True)
    return context.color if context is not None else None


def _text(progress: Progress) -> str:
    """The step; of an error its first line, for the whole of it follows when all is told."""
    return plain(progress.text.partition("\n")[0]) or _WORDS.get(progress.stage, "")


def _coloured(stage: Stage, text: str) -> str:
    return click.style(text, fg=MARKS[stage][1])
