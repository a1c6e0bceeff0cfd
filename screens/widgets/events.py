"""The Events pane: what the provider says happened to the selected layer."""

from __future__ import annotations

from rich.cells import cell_len

from tuienv.model import Address, Event
from tuienv.screens.session import Session
from tuienv.screens.widgets.past import Past
from tuienv.screens.widgets.pieces import Line, fit, is_wider, wrap
from tuienv.text import plain
from tuienv.worker.messages import Answer, EventList, ReadEvents, Request

_AGE, _WIDEST_SOURCE = 7, 24


class Events(Past[Event]):
    """A line an event, newest first; one that is cut stands whole below them when the cursor is on it."""

    what = "events"

    def __init__(self, session: Session) -> None:
        super().__init__(session, id="events")
        self._sources = 0

    def request(self, address: Address) -> Request:
        return ReadEvents(address)

    def items(self, answer: Answer) -> tuple[Event, ...]:
        assert isinstance(answer, EventList)
        return answer.events

    def kept(self) -> bool:
        return self._able("events")

    def world_changed(self) -> None:
        longest = max((cell_len(plain(self._short(event))) for event in self._found or ()), default=0)
        self._sources = min(_WIDEST_SOURCE, longest)
        super().world_changed()

    def line(self, item: Event, width: int) -> Line:
        sources = self._sources
        return (
            (fit(f" {self._age(item.time)}", _AGE), "dim"),
            (fit(self._short(item), sources) + "  ", "accent"),
            (fit(item.text, width - _AGE - sources - 2), ""),
        )

    def below(self, item: Event, width: int) -> list[Line]:
        whole = plain(item.text)
        if not is_wider(whole, width - _AGE - self._sources - 2):
            return []
        return [(), *(((f" {part}", ""),) for part in wrap(whole, width - 2))]

    def _short(self, event: Event) -> str:
        """The source without what all of them begin with: ``web/1`` instead of ``shop/web/1``."""
        environment = self._address.environment if self._address is not None else ""
        return event.source.removeprefix(f"{environment}/")
