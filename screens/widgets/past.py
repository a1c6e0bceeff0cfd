"""What the Releases and Events panes share: lists about the past of the selected layer, read when somebody looks."""

from __future__ import annotations

from abc import abstractmethod
from typing import Generic, TypeVar, cast

from textual.timer import Timer

from tuienv.model import Address, Failure
from tuienv.screens import words
from tuienv.screens.session import Session, layer_of
from tuienv.screens.widgets.choices import Choices
from tuienv.screens.widgets.pieces import Line, wrap
from tuienv.worker.client import WorkerFailure
from tuienv.worker.messages import Answer, Request

SETTLED = 0.12
"""Seconds that a selection must last before its past is read: holding a key down asks nothing."""

AGAIN = 30.0
"""Seconds between two readings while the pane is in view: each is a request to the provider."""

T = TypeVar("T")


class Past(Choices, Generic[T]):
    """A list with a cursor, newest first. It is read from the worker once the selection has settled, again when
    something was done, and now and then."""

    what = ""
    """What the list is of, in the plural."""

    def __init__(self, session: Session, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._session = session
        self._address: Address | None = None
        self._found: tuple[T, ...] | None = None
        self._failure: Failure | None = None
        self._due: Timer | None = None

    # --- what a pane says of itself -----------------------------------------------------------------------------

    @abstractmethod
    def request(self, address: Address) -> Request:
        """What the worker is asked."""

    @abstractmethod
    def items(self, answer: Answer) -> tuple[T, ...]:
        """What it answered."""

    @abstractmethod
    def line(self, item: T, width: int) -> Line:
        """One of them."""

    def below(self, item: T, width: int) -> list[Line]:
        """More of the one that the cursor is on."""
        return []

    def same(self, one: T, other: T) -> bool:
        """Whether these are one and the same, read at different times."""
        return one == other

    @abstractmethod
    def kept(self) -> bool:
        """Whether the layer's provider keeps these, as far as is known."""

    # --- the pane -----------------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        self.set_interval(AGAIN, self.read_again)

    def show(self, address: Address | None) -> None:
        layer = layer_of(address) if address is not None and address.layer else None
        if layer != self._address:
            self.workers.cancel_node(self)  # the answer under way is about something else
            self._address, self._found, self._failure, self.cursor = layer, None, None, 0
            self.scroll_to(y=0, animate=False)
            self.read_again()
        self.world_changed()

    def read_again(self) -> None:
        """Read it soon, if it is in view."""
        if self._due is not None:
            self._due.stop()
        if self.display and self._address is not None and self.kept():
            self._due = self.set_timer(SETTLED, lambda: self.run_worker(self._read(), exclusive=True))

    def world_changed(self) -> None:
        room = max(20, self._line_width - 1)
        found = self._found or ()
        self.set_lines([self.line(item, room) for item in found], self._below_them(room))

    def samples_changed(self) -> None:
        """Measurements do not show here."""

    def on_resize(self) -> None:
        super().on_resize()
        self.world_changed()

    def action_move(self, lines: int) -> None:
        super().action_move(lines)
        self.world_changed()
        self.refresh_bindings()

    @property
    def chosen(self) -> T | None:
        """The one that the cursor is on."""
        found = self._found or ()
        return found[self.cursor] if self.cursor < len(found) else None

    @property
    def answered(self) -> bool:
        """Whether the worker has told of what is selected, or why it does not."""
        return self._found is not None or self._failure is not None

    async def _read(self) -> None:
        address = self._address
        if address is None:
            return
        try:
            answer, failure = await self._session.link.call(self.request(address)), None
        except WorkerFailure as failed:
            answer, failure = None, failed.failure
        if address != self._address:
            return
        self._failure = failure
        if failure is None:
            self._take(self.items(answer))
        else:
            self.world_changed()
        self.refresh_bindings()

    def _take(self, found: tuple[T, ...]) -> None:
        """Show these from now on, with the cursor on what it was on: what is newer comes above it."""
        chosen, before, top = self.chosen, self.cursor, self.scroll_offset.y
        self._found = found
        if chosen is not None:
            self.cursor = next((at for at, each in enumerate(found) if self.same(each, chosen)), before)
        self.world_changed()
        if top and self.cursor != before:
            self.scroll_to(y=top + self.cursor - before, animate=False)

    def _below_them(self, room: int) -> list[Line]:
        chosen = self.chosen
        lines = self.below(chosen, room) if chosen is not None else []
        if self._failure is not None and self.kept():
            said, remedy = words.failure_lines(self._failure)
            lines += [(), *(((f" {part}", "failed"),) for part in wrap(said, room))]
            lines += [((f" {part}", ""),) for part in wrap(remedy, room) if part]
        elif not self._found:
            lines += [(), *(((f" {part}", "dim"),) for part in wrap(self._said(), room))]
        return lines

    def _said(self) -> str:
        address = self._address
        layer = self._session.known.layer(address) if address is not None else None
        if address is None:
            return f"Select a layer to see its {self.what}."
        if layer is None:
            return "It does not exist any more."
        if not self.kept():
            return f"{layer.state.backend} keeps no {self.what} of {address}."
        return "Not known yet…" if self._found is None else f"There are no {self.what} of {address}."

    def _age(self, at: float | None) -> str:
        return "" if at is None else words.age(self._session.clock() - at)

    def _able(self, what: str) -> bool:
        capabilities = self._session.capabilities(self._address) if self._address is not None else None
        return capabilities is None or cast(bool, getattr(capabilities, what))
