"""The line over the panes: what is selected, in one breath."""

from __future__ import annotations

from tuienv.model import Address
from tuienv.screens.session import Session
from tuienv.screens.widgets.bar_lines import title_line
from tuienv.screens.widgets.lines import Bar
from tuienv.screens.widgets.pieces import Line


class Title(Bar):
    """``web   app · docker · 3/3 running · shop:1.4.2 · small``."""

    def __init__(self, session: Session) -> None:
        super().__init__(id="title")
        self._session = session
        self._address: Address | None = None

    def show(self, address: Address | None) -> None:
        self._address = address
        self.refresh_changed()

    def bar(self, width: int) -> Line:
        return title_line(self._session.known, self._address, width)
