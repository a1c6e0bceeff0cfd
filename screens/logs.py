"""The Logs pane: what the selected instance, layer or environment writes."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from textual import events, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.timer import Timer
from textual.widgets import Input

from tuienv.model import Address, Failure, LogLine
from tuienv.screens import words
from tuienv.screens.keymap import shown_key
from tuienv.screens.session import Session
from tuienv.screens.widgets.field import Field
from tuienv.screens.widgets.lines import Bar
from tuienv.screens.widgets.log_buffer import Entry, LogBuffer, Marker
from tuienv.screens.widgets.log_view import LogView
from tuienv.screens.widgets.pieces import Line, Piece, spread
from tuienv.text import plain
from tuienv.worker.client import WorkerFailure
from tuienv.worker.messages import CloseLog, LogBatch, LogSeen, OpenLog, Update, WorkerLost

TAIL = 1000
"""Lines of each instance that a log begins with."""

GROWTH = 10
"""So many times more are asked for when somebody scrolls past the oldest."""

SETTLED = 0.15
"""Seconds that a selection must last before another log is opened: walking through the tree opens nothing. The first,
which a key asks for, is opened at once."""

AGAIN = 2.0
"""Seconds until a log that could not be opened is tried again."""


class LogPane(Vertical):
    """A log, what is typed to filter and search it, and a line that says how it stands."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "ask('filter')", "filter", id="log.filter"),
        Binding("f", "ask('search')", "find", id="log.search"),
        Binding("ctrl+s", "save", "save", id="log.save"),
        Binding("o", "older", "older", show=False, id="log.older"),
        Binding("escape", "forget", "show all", show=False, id="log.forget"),
    ]

    def __init__(self, session: Session, *, tail: int = TAIL, folder: Path | None = None) -> None:
        super().__init__(id="logs")
        self._session, self._first_tail, self._folder = session, tail, folder
        self._tail = tail
        self._address: Address | None = None
        self._stream = 0
        self._past = Past()
        self._left_out = LeftOut()
        self._failure: Failure | None = None
        self._ended = False
        self._timer: Timer | None = None
        self._unsubscribe: Callable[[], None] | None = None

    def compose(self) -> ComposeResult:
        yield LogView(self._refresh_standing, id="log")
        yield Asked("filter", "show only lines with this; !this: without it")
        later, sooner = shown_key(self.app, "log.find_next", "n"), shown_key(self.app, "log.find_previous", "N")
        yield Asked("search", f"find this; {later} next, {sooner} previous")
        yield Standing(self._standing)

    def on_mount(self) -> None:
        self._unsubscribe = self._session.link.subscribe(self._take)

    def on_unmount(self) -> None:
        self._close()
        if self._unsubscribe is not None:
            self._unsubscribe()

    @property
    def view(self) -> LogView:
        return self.query_one(LogView)

    def focus(self, scroll_visible: bool = True) -> LogPane:
        """Give the keys to the log itself."""
        self.view.focus(scroll_visible)
        return self

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Escape is for the screen around where there is nothing to forget."""
        return action != "forget" or bool(self.view.search or self.view.buffer.filter)

    # --- what the main screen asks ------------------------------------------------------------------------------

    def show(self, address: Address | None) -> None:
        """Be about this from now on."""
        if address == self._address and (self._stream or self._timer):
            return
        walking = bool(self._stream or self._timer)
        self._close()
        self._address, self._tail = address, self._first_tail
        if self.is_mounted:
            self._reset()
        if address is not None and walking:
            self._open_in(SETTLED)
        elif address is not None:
            self._open()

    def world_changed(self) -> None:
        """New instances join an open log by themselves; whether it is live may have changed."""
        self._refresh_standing()

    def samples_changed(self) -> None:
        """A log shows none."""

    def on_hide(self, _: events.Hide) -> None:
        self._close()

    # --- the stream ---------------------------------------------------------------------------------------------

    def _reset(self) -> None:
        self._failure, self._ended, self._left_out = None, False, LeftOut()
        self.view.clear()
        self._refresh_standing()

    def _open_in(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(seconds, self._open)

    @work(exclusive=True, group="open-log")
    async def _open(self) -> None:
        self._timer = None
        if self._address is None or not self.display:
            return
        call = self._session.link.begin(OpenLog(self._address, self._tail))
        self._stream = call.number
        try:
            await call
        except WorkerFailure as failed:
            if call.number == self._stream:
                self._stream, self._failure = 0, failed.failure
                self._open_in(AGAIN)
        self._refresh_standing()

    def _close(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        for stream in (self._stream, self._past.stream):
            if stream:
                self._session.link.begin(CloseLog(stream))
        self._stream, self._past = 0, Past()

    def _take(self, update: Update) -> None:
        if isinstance(update, LogBatch):
            if update.stream == self._stream:
                self._take_batch(update)
            elif update.stream == self._past.stream:
                self._take_past(update)
        elif isinstance(update, WorkerLost) and self._stream:
            self._stream, self._past = 0, Past()
            self.view.add([Marker("the worker process died; the log goes on here")])
            self.call_later(self._open_in, AGAIN / 10)  # by Textual: a timer made here would not know the app

    def _take_batch(self, batch: LogBatch) -> None:
        if batch.failure is not None or batch.lines:
            self._failure = batch.failure
        self._left_out.count(batch)
        entries = [*_remarks(batch), *batch.lines]
        if entries:
            self.view.add(entries)
        self._ended = batch.ended
        # Only once this was drawn may more come: so a busy log cannot keep the keys waiting.
        stream = batch.stream
        self.call_after_refresh(lambda: self._session.link.begin(LogSeen(stream)))
        self._refresh_standing()

    # --- older lines --------------------------------------------------------------------------------------------

    def on_log_view_at_top(self) -> None:
        self.action_older()

    @work(exclusive=True, group="older-log")
    async def action_older(self) -> None:
        """Fetch lines from before the oldest that is here."""
        oldest = self.view.buffer.oldest()
        if self._address is None or oldest is None or self._past.stream or self._past.all_here:
            return
        if self.view.buffer.is_full:
            self.notify("No older lines are kept here: tuienv logs --tail all has them.", markup=False)
            return
        self._tail *= GROWTH
        call = self._session.link.begin(OpenLog(self._address, self._tail, follow=False))
        self._past = Past(call.number, oldest)
        try:
            await call
        except WorkerFailure as failed:
            self._past = Past()
            self.notify(plain(str(failed)), severity="warning", markup=False)

    def _take_past(self, batch: LogBatch) -> None:
        past = self._past
        past.lines += [line for line in batch.lines if line.time < past.before]
        self._session.link.begin(LogSeen(batch.stream))
        if batch.ended:
            self._past = Past(all_here=not past.lines)
            self._session.link.begin(CloseLog(batch.stream))
            self.view.add_older(past.lines)
            self._refresh_standing()

    # --- filter, search, save -----------------------------------------------------------------------------------

    def action_ask(self, what: str) -> None:
        self.query_one(f"#log-{what}", Asked).ask()

    def action_forget(self) -> None:
        """Show everything again, and nothing marked."""
        for asked in self.query(Asked):
            asked.forget()
        self.view.search_for("")
        self.view.show_only("")

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if event.input.id == "log-filter":
            self.view.show_only(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if event.input.id == "log-search":
            self.view.search_for(event.value)
        event.input.remove_class("-shown")
        self.view.focus()

    def action_save(self) -> None:
        """Write what is shown, as it was written, to a file that only this user can read."""
        name = re.sub(r"[^\w.-]+", "-", str(self._address)).strip("-.") or "log"
        several = len(self.view.buffer.sources) > 1
        try:
            path = (self._folder or Path.cwd()) / f"{name}-{time.strftime('%Y%m%d-%H%M%S')}.log"
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.writelines(_saved(entry, several) for entry in self.view.buffer.shown())
        except OSError as error:
            self.notify(f"The log was not saved: {error}", severity="error", markup=False)
        else:
            self.notify(f"Saved to {path}", markup=False)

    # --- how it stands ------------------------------------------------------------------------------------------

    def _refresh_standing(self) -> None:
        if self.is_mounted:
            self.query_one(Standing).refresh_changed()

    def _standing(self, width: int) -> Line:
        view, left = self.view, (*self._state(), *self._too_slow(), (self._left_out.said(), "dim"))
        if view.buffer.filter is not None:
            left += (("  filter ", "dim"), (plain(view.buffer.filter.text, 64), "accent"))
        if view.search:
            left += (("  find ", "dim"), (plain(view.search, 64), "accent"))
            if view.found_nowhere:
                left += ((" in no line", "warning"),)
        return spread(left, ((f"{_counted(view.buffer)} ", "dim"),), width)

    def _too_slow(self) -> tuple[Piece, ...]:
        """What is not done as it was asked for, and what is done instead."""
        said = []
        if self.view.buffer.filter is not None and self.view.buffer.filter.too_slow:
            said.append("filter takes too long: all lines are shown")
        if self.view.search_too_slow:
            said.append("search takes too long: nothing is marked")
        return tuple((f"  {each}", "warning") for each in said)

    def _state(self) -> tuple[Piece, ...]:
        failure = self._session.known.trouble or self._failure
        if failure is not None:
            return ((" ✗ ", "failed"), (plain(str(failure)), "warning"))
        if self._ended:
            return ((" ■ ended", "dim"),)
        if self._stream == 0:
            return ((" … opening", "dim"),)
        if self.view.following:
            return ((" ▶ live", "good"),)
        return ((f" ❚❚ paused, {shown_key(self.app, 'log.pause', 'space')} goes on", "warning"),)


class Past:
    """Older lines that are being fetched: by which stream, and before which time. `all_here`: there are no others."""

    def __init__(self, stream: int = 0, before: float = 0.0, *, all_here: bool = False) -> None:
        self.stream, self.before, self.all_here = stream, before, all_here
        self.lines: list[LogLine] = []


class LeftOut:
    """What of this log was skipped to stay live, in all: the remarks between the lines pass by too fast to be read."""

    def __init__(self) -> None:
        self.lines, self.seconds = 0, 0.0

    def count(self, batch: LogBatch) -> None:
        self.lines += batch.skipped
        if batch.failure is None:
            self.seconds += batch.gap

    def said(self) -> str:
        lines = f"{self.lines:,} line{'s' if self.lines > 1 else ''}" if self.lines else ""
        seconds = f"{self.seconds:.1f} s" if self.seconds else ""
        said = " and ".join(filter(None, (lines, seconds)))
        return f"  {said} skipped" if said else ""


class Asked(Field):
    """What is typed to filter or to search; seen only while it is typed."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "leave it", show=False)]

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(placeholder=hint, id=f"log-{what}")

    def ask(self) -> None:
        self.add_class("-shown")
        self.focus()

    def forget(self) -> None:
        self.value = ""
        self.remove_class("-shown")

    def action_leave(self) -> None:
        self.forget()
        self.post_message(self.Submitted(self, ""))


class Standing(Bar):
    """The last line of the pane."""

    def __init__(self, line: Callable[[int], Line]) -> None:
        super().__init__(id="log-standing")
        self._said = line

    def bar(self, width: int) -> Line:
        return self._said(width)


def _remarks(batch: LogBatch) -> list[Entry]:
    """What has to be said before the lines of a batch."""
    said = []
    if batch.failure is not None:
        said.append(f"the log was cut off here: {batch.failure.said}")
    if batch.skipped:
        said.append(f"{batch.skipped:,} line{'s' if batch.skipped > 1 else ''} skipped to stay live")
    if batch.gap:
        lasted = f"{batch.gap:.1f} s" if batch.gap < 60 else words.age(batch.gap)
        said.append(f"{lasted} of the log skipped to stay live" if batch.failure is None else f"{lasted} are missing")
    return [Marker(text) for text in said]


def _counted(buffer: LogBuffer) -> str:
    """How many lines are here; with a filter, how many of them it shows."""
    lines = words.count_of(buffer.lines, "line")
    return lines if buffer.shows_all else f"{buffer.lines_shown:,} of {lines}"


def _saved(entry: Entry, several: bool) -> bytes:
    if isinstance(entry, Marker):
        return f"— {entry.text} —\n".encode()
    return (f"{entry.source} | ".encode() if several else b"") + entry.raw + b"\n"
