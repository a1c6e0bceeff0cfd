"""The Textual application: themes, the keymap, the worker's updates, and a clean end."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual import events, on
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.command import Provider
from textual.driver import Driver
from textual.screen import Screen

from tuienv.model import Failure
from tuienv.screens import themes
from tuienv.screens.main import MainScreen
from tuienv.screens.session import Session, ShowsJobs
from tuienv.screens.turns import Turns
from tuienv.settings import Settings
from tuienv.text import plain
from tuienv.worker.messages import (
    LogBatch,
    PlanProgress,
    Switched,
    Update,
    WorkerAnswers,
    WorkerLost,
    WorkerSilent,
)

LOST = Failure("WorkerLost", "ask", "the worker process", "it died", "Another is being started")
DIED = (
    "The worker process died; another is being started. What a running plan had done is in the journal: "
    "tuienv journal shows it"
)
ENDED = (
    "The worker process did not answer and was ended; another is being started. What a running plan had done is in the "
    "journal: tuienv journal shows it"
)

REMEMBER = 30.0
"""Seconds between two looks at whether the picture on the screen is worth remembering for the next start."""


def _commands() -> type[Provider]:
    from tuienv.screens.palette import Commands

    return Commands


class Application(App[int]):
    """Shows a session. Its return value is the exit code. `remember` is given pictures of the screen, for the first
    frame of the next start (`tuienv.first_frame`); `theme_folder` has the user's own themes. `keys` are those that
    somebody has set."""

    TITLE = "tuienv"
    CSS_PATH: ClassVar = [
        "widgets/lines.tcss",
        "main.tcss",
        "logs.tcss",
    ]  # Textual does not read a default screen's own
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "quit", "quit", id="app.quit"),
        Binding("ctrl+q", "quit", "quit", id="app.quit_at_once", show=False, priority=True),
        Binding("ctrl+p", "command_palette", "palette", id="palette", show=False, priority=True),
        Binding("ctrl+z", "suspend_process", "to the shell; fg comes back", id="app.suspend", show=False),
        Binding("question_mark", "help", "help", id="help", key_display="?"),
    ]

    COMMANDS: ClassVar = {_commands}

    def __init__(
        self,
        session: Session,
        settings: Settings | None = None,
        *,
        theme_folder: Path | None = None,
        remember: Callable[[int, list[str]], None] | None = None,
        driver_class: type[Driver] | None = None,
    ) -> None:
        super().__init__(driver_class=driver_class)
        self._session = session
        self._settings = settings or Settings()
        self._theme_folder = theme_folder
        self._remember = remember
        self._main = MainScreen(session)
        self._mistakes: list[str] = list(self._settings.mistakes)
        self.turns = Turns(self)
        self.keys: Mapping[str, str] = {}
        session.link.subscribe(self._take)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return themes.stand_ins(self.current_theme)

    def get_default_screen(self) -> MainScreen:
        return self._main

    # --- start and end ------------------------------------------------------------------------------------------

    def on_load(self) -> None:
        self._use_themes()
        if self._settings.keymap:
            self._use_keymap()

    def on_mount(self) -> None:
        if self._mistakes:
            self.notify("\n".join(map(plain, self._mistakes)), title="Settings", severity="warning", markup=False)
        if self._remember is not None:
            self.set_interval(REMEMBER, self._picture)

    def on_ready(self) -> None:
        """What was made until now stays until the end: no search for garbage needs to go through it. They come often
        while a log is busy, and a key would wait for each."""
        gc.freeze()

    @on(Driver.SignalResume)
    def _resumed(self) -> None:
        """Back from ctrl+z: a shell's lines are on the terminal, and Textual by itself paints only what changes."""
        self.refresh(layout=True)

    async def action_quit(self) -> None:
        if any(job.running for job in self._session.jobs.values()):
            self.run_worker(self._ask_to_quit(), exclusive=True, group="quit")
            return
        self._leave()

    async def _ask_to_quit(self) -> None:
        from tuienv.screens.confirm import Confirm

        question = "A plan is running. It stops at its next step, and can go on later. Quit?"
        if await self.push_screen_wait(Confirm(question, yes="quit")):
            self._leave()

    def action_help(self) -> None:
        """Tell what can be typed here. A dialog has no help: it says itself what can be typed, or takes what is."""
        from tuienv.screens.help import HelpScreen

        self.push_screen(HelpScreen(self.screen.active_bindings.values()))

    def _leave(self) -> None:
        self._picture()
        self.exit(0)

    def _picture(self) -> None:
        """Remember what is on the screen, if that is the main screen with a world that was confirmed."""
        known = self._session.known
        if self._remember is None or self.screen is not self._main or not known.confirmed or known.trouble:
            return
        strips = self._main._compositor.render_strips()  # Textual has no public way to read its own lines
        self._remember(self.size.width, [strip.render(self.console) for strip in strips])

    def _use_themes(self) -> None:
        folders = (themes.FOLDER,) if self._theme_folder is None else (themes.FOLDER, self._theme_folder)
        found = themes.load(folders)
        for theme in found.themes:
            self.register_theme(theme)
        self._mistakes += found.mistakes
        wanted = self._settings.theme or themes.DEFAULT
        if wanted not in self.available_themes:
            self._mistakes.append(f"there is no theme {wanted!r}")
            wanted = themes.DEFAULT
        self.theme = wanted

    def _use_keymap(self) -> None:
        from tuienv.screens.keymap import check

        usable, mistakes = check(self._settings.keymap)
        self._mistakes += mistakes
        self.keys = usable
        self.set_keymap(usable)

    async def on_event(self, event: events.Event) -> None:
        """Everything that comes in; keys one after another (see `Turns`)."""
        if not isinstance(event, events.Key | events.Paste) or event.is_forwarded:
            await super().on_event(event)
        elif self.turns.take(event):
            await super().on_event(event)
            self.turns.given()

    # --- the worker ---------------------------------------------------------------------------------------------

    def _take(self, update: Update) -> None:
        match update:
            case LogBatch():
                pass  # the log pane hears of it itself
            case PlanProgress():
                self._progress(update)
            case Switched():
                self._switched()
            case WorkerLost() | WorkerSilent() | WorkerAnswers():
                self._worker_changed(update)
            case _:
                self._main.world_changed(self._session.known.take(update))

    def _worker_changed(self, update: WorkerLost | WorkerSilent | WorkerAnswers) -> None:
        """What the screen knows is confirmed by nobody from now on, or it is again."""
        known, silent = self._session.known, self._session.known.trouble is not None
        match update:
            case WorkerSilent(since, failure):
                known.silent(since, failure)
                self.notify(plain(str(failure)), severity="warning", markup=False)
            case WorkerLost():
                known.lost(self._session.clock(), LOST)
                self.notify(ENDED if silent else DIED, severity="warning", markup=False)
            case WorkerAnswers():
                known.heard_again()
        self._main.worker_changed()

    def _switched(self) -> None:
        """Forget what another account told: what comes now is the new one's."""
        self._session.forget()
        self._main.switched()

    def _progress(self, update: PlanProgress) -> None:
        job = self._session.jobs.get(update.run)
        if job is None:
            return
        job.take(update.progress)
        for screen in self.screen_stack:
            if isinstance(screen, ShowsJobs):
                screen.job_changed(job)

    def _fatal_error(self) -> None:
        """What nobody foresaw: no traceback reaches a user; a report is written instead."""
        from rich.text import Text

        from tuienv.crash import write_report

        # The first one, whichever thread it was in: what fails after it may only have failed because of it.
        error = self._exception or sys.exc_info()[1]
        said = write_report(error) if error is not None else ""
        self.panic(Text(f"tuienv: this should not have happened. {said}"))

    # --- the palette --------------------------------------------------------------------------------------------

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Every command of ``:`` that needs nothing more typed, and every theme."""
        from tuienv.screens.command_line import do
        from tuienv.screens.commands import COMMANDS

        for command in COMMANDS:
            if not command.needs_more:
                yield SystemCommand(command.name, command.help, partial(do, self._main, command.name))
        for name in sorted(self.available_themes):
            yield SystemCommand(f"theme {name}", "use these colours", partial(do, self._main, f"theme {name}"))
        for address in self._session.known.addresses():
            yield SystemCommand(plain(str(address)), "go to it", partial(self._main.go_to, address))
