"""The Overview pane: what is selected, how it is, what it is made of, and what is wrong with it."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from tuienv.model import Address
from tuienv.screens.session import Session
from tuienv.screens.widgets.known_pane import KnownPane
from tuienv.screens.widgets.overview_lines import InstanceTable, head_of
from tuienv.screens.widgets.pieces import Line, clip


class Pane(Protocol):
    """What the main screen asks of a pane."""

    def show(self, address: Address | None) -> None:
        """Be about this from now on."""

    def world_changed(self) -> None:
        """Something that may be shown here has changed."""

    def samples_changed(self) -> None:
        """There are new measurements."""


@runtime_checkable
class Rereads(Protocol):
    """A pane that reads what it shows from the provider, and can be asked to do so again."""

    def read_again(self) -> None:
        """Something was done: what it shows may be old."""


class Overview(KnownPane):
    """Facts first, instances below. The facts are made when something changed, an instance's line when it is seen."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, id="overview")
        self._head: list[Line] = []
        self._table: InstanceTable | None = None

    def world_changed(self) -> None:
        self._head = head_of(self._session, self._address, max(20, self._line_width - 2))
        layer = self._session.known.layer(self._address) if self._address and not self._address.instance else None
        self._table = InstanceTable(self._session, self._address, layer) if layer and self._address else None
        self.refresh_changed()

    def count(self) -> int:
        return len(self._head) + (self._table.count() if self._table else 0)

    def make_line(self, index: int, width: int) -> Line:
        if index < len(self._head):
            return ((" ", ""), *clip(self._head[index], width - 1))
        return ((" ", ""), *self._table.line(index - len(self._head), width - 1)) if self._table else ()
