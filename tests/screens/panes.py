"""One pane alone on a screen, with the project's own styles, about a world that a test gives it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.message import Message
from textual.pilot import Pilot
from textual.widget import Widget

import tuienv.screens
from tests.screens import worlds
from tests.screens.fake import FakeWorker
from tuienv.model import Address
from tuienv.model.state import EnvironmentsChanged, EnvironmentState, Samples
from tuienv.screens import themes
from tuienv.screens.known import Known
from tuienv.screens.session import Session
from tuienv.screens.widgets.config import Config
from tuienv.screens.widgets.events import Events
from tuienv.screens.widgets.metrics import Metrics
from tuienv.screens.widgets.overview import Overview
from tuienv.screens.widgets.past import Past
from tuienv.screens.widgets.releases import Releases

PANES: tuple[Callable[[Session], Widget], ...] = (Overview, Metrics, Config, Releases, Events)

NARROW, WIDE = (80, 24), (160, 50)

WEB = Address("shop", "web")


def session(*environments: EnvironmentState, read_only: bool = False) -> Session:
    """Somebody looks at these environments."""
    known = Known()
    known.take(EnvironmentsChanged(environments))
    return Session(FakeWorker(), known, read_only=read_only, clock=lambda: worlds.NOW)


def busy(*environments: EnvironmentState) -> Session:
    """The same, with a minute of measurements of every instance, and what the worker says of every layer."""
    made = session(*environments)
    for environment in environments:
        for layer in environment.layers:
            address = Address(environment.name, layer.name)
            made.descriptions[address] = worlds.description(
                address, DATABASE_URL="postgres://shop:••••••••@db:5432/shop", GREETING="hello " * 40, EMPTY=""
            )
            for at, instance in enumerate(layer.instances, 1):
                each = Address(environment.name, layer.name, instance.name)
                for sample in worlds.samples(each, cpu=0.1 * at):
                    rates = sample._replace(received=40_000.0 * at, sent=sample.time % 7 * 1000)
                    made.known.take(Samples((rates,)))
    return made


class PaneApp(App[None]):
    """`told`: the messages that a main screen would answer."""

    CSS_PATH: ClassVar = [Path(tuienv.screens.__path__[0], "widgets", "lines.tcss")]

    def __init__(self, pane: Widget, address: Address | None, theme: str = themes.DEFAULT) -> None:
        super().__init__()
        self.pane = pane
        self.told: list[Message] = []
        self._address = address
        self._theme = theme

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict(themes.VARIABLES)

    def on_load(self) -> None:
        for theme in themes.load((themes.FOLDER,)).themes:
            self.register_theme(theme)
        self.theme = self._theme

    def compose(self) -> ComposeResult:
        yield self.pane

    def on_mount(self) -> None:
        self.pane.focus()
        self.about(self._address)

    def on_config_wanted(self, wanted: Config.Wanted) -> None:
        self.told.append(wanted)

    def on_releases_wanted(self, wanted: Releases.Wanted) -> None:
        self.told.append(wanted)

    async def settled(self, pilot: Pilot[None]) -> None:
        """Wait until a pane that asks its worker has an answer."""
        for _ in range(500):
            if not isinstance(self.pane, Past) or self.pane.answered:
                return
            await pilot.pause(0.01)
        raise AssertionError("the pane was never answered")

    def about(self, address: Address | None) -> None:
        """Select something else."""
        assert isinstance(self.pane, Overview | Metrics | Config | Past)
        self.pane.show(address)


def lines_of(pane: Widget) -> list[str]:
    """What a pane shows, a text for each line on the screen."""
    return [pane.render_line(y).text for y in range(pane.size.height)]


def text_of(pane: Widget) -> str:
    return "\n".join(line.rstrip() for line in lines_of(pane))
