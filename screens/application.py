"""The Textual application: themes, the keymap, the worker's updates, and a clean end."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import App
from textual.binding import Binding, BindingType

from tuienv.screens import themes
from tuienv.screens.main import MainScreen
from tuienv.screens.session import Session
from tuienv.worker.messages import LogBatch, PlanProgress, Update, WorkerLost


class Application(App[int]):
    """Shows a session. Its return value is the exit code."""

    TITLE = "tuienv"
    CSS_PATH: ClassVar = ["widgets/lines.tcss", "main.tcss"]  # the default screen's own is not read by Textual
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [Binding("q", "quit", "quit", id="app.quit")]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._main = MainScreen(session)
        self._unsubscribe: Callable[[], None] | None = None

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict(themes.VARIABLES)

    def get_default_screen(self) -> MainScreen:
        return self._main

    def on_load(self) -> None:
        found = themes.load((themes.FOLDER,))
        for theme in found.themes:
            self.register_theme(theme)
        self.theme = themes.DEFAULT

    def on_mount(self) -> None:
        self._unsubscribe = self._session.link.subscribe(self._take)

    def _take(self, update: Update) -> None:
        match update:
            case LogBatch():
                pass
            case PlanProgress():
                job = self._session.jobs.get(update.run)
                if job is not None:
                    job.take(update.progress)
            case WorkerLost():
                self.notify("worker lost", markup=False)
            case _:
                self._main.world_changed(self._session.known.take(update))
