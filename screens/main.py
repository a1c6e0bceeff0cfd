"""The main screen: the tree at the left, the panes of what is selected at the right."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.timer import Timer
from textual.widget import AwaitMount, Widget

from tuienv.model import Address, Operation, Verb
from tuienv.screens.actions import Actions
from tuienv.screens.known import Taken
from tuienv.screens.pane_makers import MAKERS
from tuienv.screens.rows import Filter
from tuienv.screens.session import Job, Session, layer_of
from tuienv.screens.widgets.bar_lines import PANES
from tuienv.screens.widgets.bars import Footer, Header, Tabs
from tuienv.screens.widgets.overview import Pane, Rereads
from tuienv.screens.widgets.status import StatusBar
from tuienv.screens.widgets.title import Title
from tuienv.screens.widgets.tree import EnvironmentTree

if TYPE_CHECKING:
    from tuienv.screens.widgets.config import Config
    from tuienv.screens.widgets.releases import Releases

SETTLED = 0.12
"""Seconds that a selection must last before the worker is asked about it: holding a key down asks nothing."""

PAINTING = 0.04
"""Seconds between two paintings of what changed in the world; the first change after a rest is painted at once."""

RESTED = 0.3
"""Seconds after the first paint until what the next keys need is imported."""

AGEING = 1.0
"""Seconds between looks at the ages in the bars; the tree and the pane are looked at in turn, each every other time:
of their lines each has to be put together to see whether it reads differently. Only one that does is painted."""

MOST_MEASURED = 60
"""Instances of a selected layer that are measured beside those whose rows are in view."""


class MainScreen(Actions):
    """Puts the parts together and keeps them to what is selected."""

    AUTO_FOCUS = "#tree"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 - as Textual declares it
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "pane('Overview')", "Overview", id="pane.overview", show=False),
        Binding("2", "pane('Logs')", "Logs", id="pane.second", show=False),
        Binding("3", "pane('Metrics')", "Metrics", id="pane.metrics", show=False),
        Binding("4", "pane('Config')", "Config", id="pane.config", show=False),
        Binding("5", "pane('Releases')", "Releases", id="pane.releases", show=False),
        Binding("6", "pane('Events')", "Events", id="pane.events", show=False),
        Binding("right_square_bracket", "next_pane(1)", "next pane", id="pane.next", show=False, key_display="]"),
        Binding("left_square_bracket", "next_pane(-1)", "previous pane", id="pane.before", show=False, key_display="["),
        Binding("tab,shift+tab", "other_side", "between tree and pane", id="pane.focus", show=False),
        Binding("w", "widen", "the pane alone, and back", id="pane.widen", show=False),
        Binding("escape", "back", "back", id="back", show=False),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.environments = EnvironmentTree(session.known, session.staged, clock=session.clock)
        self._panes: dict[str, Widget] = {}
        self._pane = ""
        self._due: Taken | None = None
        self._painter: Timer | None = None
        self._settling: Timer | None = None
        self._tree_is_next = True
        self._described_as: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        session = self.session
        yield Header(session.known, read_only=session.read_only, clock=session.clock)
        with Horizontal(id="body"):
            with Vertical(id="side"):
                yield self.environments
            with Vertical(id="panes"):
                yield Title(session)
                yield Tabs(PANES)
                yield Container(id="pane")
        yield StatusBar(session, lambda: self.selected)
        yield Footer()

    def on_mount(self) -> None:
        self.environments.reshape()
        self._put("Overview")
        self._fill_pane()
        self._select(self.environments.cursor)
        self.set_interval(AGEING, self._age)
        self.set_timer(RESTED, _import_what_keys_need)

    def on_screen_resume(self) -> None:
        """A plan may have run on the screen that was over this one."""
        if self._pane:
            self._read_again()

    @property
    def selected(self) -> Address | None:
        return self.environments.cursor

    @property
    def pane(self) -> Pane:
        """The pane that is shown."""
        return cast(Pane, self._panes[self._pane])

    # --- the world ----------------------------------------------------------------------------------------------

    def world_changed(self, taken: Taken) -> None:
        """Paint what changed: now after a rest, else together with what else changes meanwhile."""
        if not self.is_mounted:
            return
        if self._due is not None:
            self._due.add(taken)
            return
        self._due = taken
        if self._painter is None:
            self.call_later(self._paint)

    def switched(self) -> None:
        """Other credentials are used: whatever a pane has read is another account's."""
        if not self.is_mounted:
            return
        for pane in self._panes.values():
            cast(Pane, pane).show(None)
        self.pane.show(self.selected)
        self.world_changed(Taken(shape=True, state=True, header=True, samples=True))

    def _paint(self) -> None:
        due, self._due = self._due, None
        if due is None or not self.is_mounted:
            self._painter = None
            return
        self._painter = self.set_timer(PAINTING, self._paint)
        if due.header:
            self.query_one(Header).refresh_changed()
        if due.shape:
            self.environments.reshape()
            self._settle()
        elif due.state or due.samples or due.header:
            self.environments.refresh_changed()
            if self._traits() != self._described_as:
                self._settle()
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
        self.query_one(Title).refresh_changed()
        self.query_one(StatusBar).refresh_changed()
        self._tree_is_next = not self._tree_is_next
        if self._tree_is_next:
            self.pane.world_changed()
        else:
            self.environments.refresh_changed()

    def worker_changed(self) -> None:
        """The worker process does not answer, or does again: what could not be asked meanwhile is asked now."""
        if not self.is_mounted:
            return
        self.world_changed(Taken(state=True, header=True))
        # By Textual: a timer that is made outside of its own calls does not know the app.
        self.call_later(self._ask_anew)

    def _ask_anew(self) -> None:
        self.query_one(StatusBar).look()
        self._settle()
        self._read_again()

    def job_changed(self, job: Job) -> None:
        self.query_one(StatusBar).look()
        if not job.running:
            self.session.descriptions.clear()
            self._settle()
            self._read_again()

    def staging_changed(self) -> None:
        self.query_one(StatusBar).look()
        self.environments.refresh_changed()
        self.refresh_bindings()

    # --- the selection ------------------------------------------------------------------------------------------

    def on_environment_tree_moved(self, event: EnvironmentTree.Moved) -> None:
        self._select(event.address)

    def on_environment_tree_scrolled(self) -> None:
        self._settle()

    def on_environment_tree_opened(self) -> None:
        self.action_other_side()

    def on_resize(self) -> None:
        self._settle()

    def go_to(self, address: Address) -> bool:
        """Select an address; whether it is there. A filter that hides it is dropped: it was asked for by its name."""
        there = self.environments.go_to(address)
        if not there and self.environments.rows.filter is not None and self.session.known.has(address):
            self._drop_filter()
            there = self.environments.go_to(address)
        if there:
            self._select(address)
        return there

    def _select(self, address: Address | None) -> None:
        self.query_one(Title).show(address)
        self.query_one(StatusBar).refresh_changed()
        self.pane.show(address)
        self.refresh_bindings()
        self._settle()

    def _settle(self) -> None:
        if self._settling is not None:
            self._settling.stop()
        self._settling = self.set_timer(SETTLED, self._settled)

    def _traits(self) -> tuple[object, ...]:
        """What makes the description of the selected layer another one: somebody else may have changed it."""
        layer = self.session.known.layer(self.selected) if self.selected is not None else None
        state = layer.state if layer is not None else None
        return (state.size, state.image, state.drift, state.unknown_since is None) if state is not None else ()

    def _settled(self) -> None:
        address, self._described_as = self.selected, self._traits()
        self.session.focus(tuple(self._on_screen()))
        if address is not None and address.layer:
            self.run_worker(self._describe(layer_of(address)), group="describe", exclusive=True)

    async def _describe(self, address: Address) -> None:
        await self.session.describe(address)
        self.refresh_bindings()
        self.pane.world_changed()

    def _on_screen(self) -> list[Address]:
        """What shall be kept fresh and measured: rows in view, and the instances that the panes show."""
        address, found = self.selected, self.environments.in_view()
        layer = self.session.known.layer(address) if address is not None else None
        if address is not None and layer is not None:
            found += [Address(address.environment, address.layer, name) for name in layer.names[:MOST_MEASURED]]
        return list(dict.fromkeys(found))

    # --- panes --------------------------------------------------------------------------------------------------

    async def action_pane(self, name: str) -> None:
        """Show a pane, made when it is first asked for; with the keys, if the tree has not got them."""
        await self._show_pane(name)
        if not self.environments.has_focus:
            self._panes[name].focus()

    async def _show_pane(self, name: str) -> None:
        """Whoever gives it the keys waits until it is there, and no half of it is painted meanwhile."""
        known = name in self._panes
        with self.app.batch_update():
            await self._put(name)
        if known:
            self._fill_pane()  # that it was hidden may be told to it only now
        else:
            self.pane.show(self.selected)

    def _put(self, name: str) -> AwaitMount:
        made = [] if name in self._panes else [MAKERS[name](self.session)]
        for pane in made:
            self._panes[name] = pane
        self._pane = name
        for each, widget in self._panes.items():
            widget.display = each == name
        self.query_one(Tabs).choose(name)
        return self.query_one("#pane").mount(*made)

    def _fill_pane(self) -> None:
        self.call_after_refresh(lambda: self.pane.show(self.selected))

    async def _enter_pane(self, name: str) -> None:
        await self._show_pane(name)
        self._panes[name].focus()

    async def action_logs(self) -> None:
        await self._enter_pane("Logs")

    async def action_metrics(self) -> None:
        await self.action_pane("Metrics")

    async def action_config(self) -> None:
        await self._enter_pane("Config")

    async def action_releases(self) -> None:
        await self._enter_pane("Releases")

    async def action_events(self) -> None:
        await self.action_pane("Events")

    def action_refresh(self) -> None:
        super().action_refresh()
        self._settle()
        self._read_again()

    def _read_again(self) -> None:
        if isinstance(self.pane, Rereads):
            self.pane.read_again()

    async def action_next_pane(self, step: int) -> None:
        await self.action_pane(PANES[(PANES.index(self._pane) + step) % len(PANES)])

    def action_other_side(self) -> None:
        """Give the keys to the pane, or back to the tree."""
        if self.environments.has_focus:
            self._panes[self._pane].focus()
        else:
            self.environments.focus()

    def action_widen(self) -> None:
        """Give the pane the whole screen, or take it back."""
        self.toggle_class("-full")
        (self._panes[self._pane] if self.has_class("-full") else self.environments).focus()

    def action_back(self) -> None:
        """Undo the nearest thing: what is staged, the wide pane, the focus, the filter."""
        if self.drop_staged():
            return
        if self.has_class("-full"):
            self.action_widen()
        elif not self.environments.has_focus:
            self.environments.focus()
        else:
            self._drop_filter()

    async def on_tabs_chosen(self, event: Tabs.Chosen) -> None:
        await self.action_pane(event.name)

    def on_config_wanted(self, wanted: Config.Wanted) -> None:
        if wanted.value is None:
            operation = Operation(Verb.CONFIGURE, wanted.address, settings={wanted.name: None})
            self.begin(self.operations.show_plan(operation))
        else:
            self.begin(self.operations.configure(wanted.address, wanted.name, wanted.value))

    def on_releases_wanted(self, wanted: Releases.Wanted) -> None:
        back = Operation(Verb.ROLLBACK, wanted.address, release=wanted.release)
        self.begin(self.operations.show_plan(back))

    # --- typing -------------------------------------------------------------------------------------------------

    def action_filter(self) -> None:
        from tuienv.screens.widgets.typing import FilterInput

        found = self.query(FilterInput)
        field = found.first() if found else FilterInput(self._filter, self._to_tree)
        if not found:
            self.query_one("#side").mount(field, before=0)
        field.focus()

    def _to_tree(self) -> None:
        self.environments.focus()

    def _drop_filter(self) -> None:
        self.query("#filter").remove()
        self.environments.set_filter(None)

    def action_command(self) -> None:
        from tuienv.screens.command_line import open_command_line

        open_command_line(self)

    def _filter(self, text: str) -> None:
        self.environments.set_filter(Filter.parse(text))


def _import_what_keys_need() -> None:
    """What the first paint does without, read from the disk while nobody waits for it."""
    import tuienv.screens.help
    import tuienv.screens.logs  # noqa: F401 - for the keys that need them
