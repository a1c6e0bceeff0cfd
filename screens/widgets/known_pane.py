"""What the Overview and the Metrics have in common: they tell what is known of the selection."""

from __future__ import annotations

from abc import abstractmethod

from tuienv.model import Address
from tuienv.screens.session import Session
from tuienv.screens.widgets.lines import LinesView


class KnownPane(LinesView, can_focus=True):
    """Lines about an address, made anew whenever something that may show in them has changed."""

    def __init__(self, session: Session, *, id: str) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._session = session
        self._address: Address | None = None

    def show(self, address: Address | None) -> None:
        if address != self._address:
            self._address = address
            self.scroll_to(y=0, animate=False)
        self.world_changed()

    @abstractmethod
    def world_changed(self) -> None:
        """Make the lines anew."""

    def samples_changed(self) -> None:
        self.world_changed()

    def on_resize(self) -> None:
        super().on_resize()
        self.world_changed()
