"""The main screen: the tree at the left, the panes of what is selected at the right."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget

from tuienv.model import Address
from tuienv.screens.known import Taken
from tuienv.screens.session import Session, layer_of
from tuienv.screens.widgets.bars import Footer, Header, Tabs
from tuienv.screens.widgets.overview import Overview, Pane
from tuienv.screens.widgets.title import Title
from tuienv.screens.widgets.tree import EnvironmentTree

SETTLED = 0.12
"""Seconds that a selection must last before the worker is asked about it: holding a key down asks nothing."""

PAINTING = 0.04
"""Seconds between two paintings of what changed in the world; the first change after a rest is painted at once."""

AGEING = 1.0
"""Seconds between looks at ages on the screen. Only a line that reads differently is painted."""

PANES = ("Overview", "Logs", "Metrics", "Config")


class MainScreen(Screen[None]):
    """Puts the parts together and keeps them to what is selected."""

    AUTO_FOCUS = "#tree"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 - as Textual declares it
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("l", "pane('Logs')", "logs", id="pane.logs"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._panes: dict[str, Widget] = {}
        self._pane = ""
        self._due: Taken | None = None
        self._painter: Timer | None = None
        self._settling: Timer | None = None

    def compose(self) -> ComposeResult:
        yield Header(self._session.known, read_only=self._session.read_only, clock=self._session.clock)
        with Horizontal(id="body"):
            with Vertical(id="side"):
                yield EnvironmentTree(self._session.known, self._session.staged, clock=self._session.clock)
            with Vertical(id="panes"):
                yield Title(self._session)
                yield Tabs(PANES)
                yield Container(id="pane")
        yield Footer()

    def on_mount(self) -> None:
        self.action_pane("Overview")
        self._selected(self.environments.cursor)
        self.set_interval(AGEING, self._age)

    @property
    def environments(self) -> EnvironmentTree:
        return self.query_one(EnvironmentTree)

    @property
    def pane(self) -> Pane:
        return cast(Pane, self._panes[self._pane])

    # --- the world ----------------------------------------------------------------------------------------------

    def world_changed(self, taken: Taken) -> None:
        """Paint what changed: now after a rest, else together with what else changes meanwhile."""
        if self._due is not None:
            self._due.add(taken)
            return
        self._due = taken
        if self._painter is None:
            self.call_later(self._paint)

    def _paint(self) -> None:
        due, self._due = self._due, None
        if due is None:
            self._painter = None
            return
        self._painter = self.set_timer(PAINTING, self._paint)
        if due.header:
            self.query_one(Header).refresh_changed()
        if due.shape:
            self.environments.reshape()
        elif due.state or due.samples:
            self.environments.refresh_changed()
        self._paint_panes(due)

    def _paint_panes(self, due: Taken) -> None:
        if due.state or due.header:
            self.query_one(Title).refresh_changed()
            self.pane.world_changed()
            self.refresh_bindings()
        elif due.samples:
            self.pane.samples_changed()

    def _age(self) -> None:
        self.query_one(Header).refresh_changed()
        self.environments.refresh_changed()
        self.query_one(Title).refresh_changed()

    # --- the selection ------------------------------------------------------------------------------------------

    def on_environment_tree_moved(self, event: EnvironmentTree.Moved) -> None:
        self._selected(event.address)

    def on_environment_tree_scrolled(self) -> None:
        self._settle()

    def _selected(self, address: Address | None) -> None:
        self.query_one(Title).show(address)
        self.pane.show(address)
        self.refresh_bindings()
        self._settle()

    def _settle(self) -> None:
        if self._settling is not None:
            self._settling.stop()
        self._settling = self.set_timer(SETTLED, self._settled)

    def _settled(self) -> None:
        address = self.environments.cursor
        self._session.focus(tuple(self._on_screen()))
        if address is not None and address.layer:
            self.run_worker(self._describe(layer_of(address)), group="describe", exclusive=True)

    async def _describe(self, address: Address) -> None:
        if await self._session.describe(address) is not None:
            self.refresh_bindings()
            self.pane.world_changed()

    def _on_screen(self) -> list[Address]:
        return self.environments.in_view()

    # --- panes --------------------------------------------------------------------------------------------------

    def action_pane(self, name: str) -> None:
        """Show a pane, made when it is first asked for."""
        if name not in self._panes:
            self._panes[name] = _MAKERS[name](self._session)
            self.query_one("#pane").mount(self._panes[name])
        self._pane = name
        for each, widget in self._panes.items():
            widget.display = each == name
        self.query_one(Tabs).choose(name)
        self.pane.show(self.environments.cursor)

    def on_tabs_chosen(self, event: Tabs.Chosen) -> None:
        self.action_pane(event.name)


def _overview(session: Session) -> Widget:
    return Overview(session)


_MAKERS: dict[str, Callable[[Session], Widget]] = {"Overview": _overview}
