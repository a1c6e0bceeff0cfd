"""Everything about what is selected, on a screen of its own."""

from __future__ import annotations

from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from tuienv.model import Address
from tuienv.screens.session import Session, layer_of
from tuienv.screens.widgets.bars import Footer, Heading
from tuienv.screens.widgets.choices import Text
from tuienv.screens.widgets.overview_lines import head_of
from tuienv.screens.widgets.pieces import Line, fit, wrap
from tuienv.text import plain

AGEING = 1.0
"""Seconds between looks at how old everything is."""

_LABEL = 24


class DescribeScreen(Screen[None]):
    """The Overview's facts, what the provider adds to them, and the variables."""

    CSS_PATH = "plan.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,d", "dismiss", "back", id="describe.back")]

    def __init__(self, session: Session, address: Address) -> None:
        super().__init__()
        self._session = session
        self._address = address

    def compose(self) -> ComposeResult:
        yield Heading((("describe ", "strong"), (plain(str(self._address)), "strong")))
        yield Text(id="text")
        yield Footer()

    def on_mount(self) -> None:
        self.call_after_refresh(self._show)
        self.set_interval(AGEING, self._show)
        if self._address.layer:
            self._ask()

    def on_resize(self) -> None:
        self.call_after_refresh(self._show)

    @work
    async def _ask(self) -> None:
        await self._session.describe(layer_of(self._address))
        self._show()

    def _show(self) -> None:
        if not self.is_attached:
            return
        text = self.query_one(Text)
        width = max(40, text.scrollable_content_region.width)
        lines = head_of(self._session, self._address, width)
        described = self._session.descriptions.get(layer_of(self._address))
        failure = self._session.undescribed.get(layer_of(self._address))
        if failure is not None:
            lines += [(), *(((part, "warning"),) for part in wrap(plain(str(failure)), width))]
        if described is not None:
            lines += [
                *_table("from the provider", described.facts, width),
                *_table("variables", described.config, width),
            ]
        text.set_lines(lines)


def _table(title: str, values: dict[str, str] | object, width: int) -> list[Line]:
    if not isinstance(values, dict) or not values:
        return []
    lines: list[Line] = [(), ((title, "strong"),)]
    for name, value in values.items():
        for index, part in enumerate(wrap(value, width - _LABEL)):
            lines.append(((fit(name if not index else "", _LABEL), "dim"), (part, "")))
    return lines
