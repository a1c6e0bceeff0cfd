"""What the keys of the main screen ask for, about what is selected; and which of them apply to it.

The panes and their layout are `tuienv.screens.main`'s; what an operation asks back before it runs is
`tuienv.screens.operations`'.
"""

from __future__ import annotations

import sys
from abc import abstractmethod
from collections.abc import Callable, Coroutine
from typing import Any, ClassVar

from textual.binding import Binding, BindingType
from textual.screen import Screen

from tuienv.model import Action, Address, Operation, Status, Verb
from tuienv.screens.operations import Operations
from tuienv.screens.session import Job, Session, layer_of
from tuienv.screens.terminal import run_in_terminal
from tuienv.text import plain
from tuienv.worker.messages import Refresh


class Actions(Screen[None]):
    """The keys. `selected` is what they are about."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "run_staged", "run it", id="staged.run"),
        Binding("l", "logs", "logs", id="pane.logs"),
        Binding("plus,equals_sign", "stage(1)", "scale", id="scale.out", key_display="+ -"),
        Binding("minus", "stage(-1)", "one fewer", id="scale.in", show=False),
        Binding("z", "size", "size", id="size"),
        Binding("s", "shell", "shell", id="shell"),
        Binding("a", "apply", "apply", id="apply"),
        Binding("d", "describe", "describe", id="describe"),
        Binding("c", "credentials", "credentials", id="credentials"),
        Binding("slash", "filter", "filter", id="filter"),
        Binding("colon", "command", "command", id="command", key_display=":"),
        Binding("R", "restart", "restart", id="restart"),
        Binding("S", "stop_or_start", "stop or start", id="stop"),
        Binding("r", "refresh", "refresh", id="refresh", show=False),
        Binding("y", "copy_address", "copy the address", id="copy.address", show=False),
        Binding("Y", "copy_endpoint", "copy the endpoint", id="copy.endpoint", show=False),
        Binding("u", "undo", "undo", id="undo", show=False),
        Binding("H", "journal", "journal", id="journal", show=False),
        Binding("J", "job", "how the last plan went", id="job", show=False),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session

    @property
    @abstractmethod
    def selected(self) -> Address | None:
        """What the cursor of the tree is on."""

    @abstractmethod
    def staging_changed(self) -> None:
        """A replica count was staged, or no longer is."""

    @abstractmethod
    def job_changed(self, job: Job) -> None:
        """A plan began, went on or ended."""

    # --- which keys apply ---------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        applies = _APPLIES.get(action)
        return True if applies is None else applies(self)

    @property
    def _layer(self) -> Address | None:
        """The layer that is selected, or that of the instance that is."""
        return layer_of(self.selected) if self.selected is not None and self.selected.layer else None

    def _can_scale(self) -> bool:
        return self._can(Action.SCALE) and not self._lacks("replicas")

    def _can(self, action: Action) -> bool:
        return self._layer is not None and self.session.can(self._layer, action)

    def _can_restart(self) -> bool:
        """A layer, or all of an environment."""
        return self.selected is not None and self.session.can(layer_of(self.selected), Action.RESTART)

    def _lacks(self, what: str) -> bool:
        """Whether the selected layer's backend lacks something, as far as is known."""
        capabilities = self.session.capabilities(self._layer) if self._layer else None
        return capabilities is not None and not getattr(capabilities, what)

    def _can_apply(self) -> bool:
        environment = self.session.known.environment(self.selected.environment) if self.selected else None
        return environment is not None and environment.state.declared

    def _can_run(self) -> bool:
        layer = self._layer
        return layer is not None and not self.session.demo and not self._lacks("runs") and not self.session.fixed(layer)

    # --- looking ------------------------------------------------------------------------------------------------

    def action_describe(self) -> None:
        from tuienv.screens.describe import DescribeScreen

        if self.selected is not None:
            self.app.push_screen(DescribeScreen(self.session, self.selected))

    def action_credentials(self) -> None:
        from tuienv.screens.credentials import CredentialsScreen

        environment = self.selected.environment if self.selected is not None else ""
        self.app.push_screen(CredentialsScreen(self.session, environment))

    def action_journal(self) -> None:
        from tuienv.screens.journal import JournalScreen

        self.app.push_screen(JournalScreen(self.session))

    def action_refresh(self) -> None:
        if self.session.known.trouble is not None:
            self.operations.tell(self.session.known.trouble)
            return
        self.session.link.begin(Refresh())
        self.notify("Looking at everything again", markup=False)

    def action_restart_worker(self) -> None:
        self.begin(self._restart_worker())

    async def _restart_worker(self) -> None:
        """End the worker process and start another; not while it may be changing something, unless that is meant."""
        if any(job.running for job in self.session.jobs.values()):
            from tuienv.screens.confirm import Confirm

            question = (
                "A plan is running in the worker process. It stops where it is; what it has done is in the journal, "
                "and run again it goes on from there. End the process?"
            )
            if not await self.app.push_screen_wait(Confirm(question, yes="end it")):
                return
        self.session.link.restart()

    def action_copy_address(self) -> None:
        if self.selected is not None:
            self._copy(str(self.selected))

    def action_copy_endpoint(self) -> None:
        layer = self.session.known.layer(self.selected) if self.selected else None
        if layer is not None and layer.state.endpoints:
            self._copy(layer.state.endpoints[0])

    def action_job(self) -> None:
        if self.session.jobs:
            self.operations.show_job(self.session.jobs[max(self.session.jobs)])
        else:
            self.notify("Nothing was changed from here yet", markup=False)

    def _copy(self, text: str) -> None:
        self.app.copy_to_clipboard(plain(text))
        self.notify(f"Copied {plain(text)}", markup=False)

    # --- changing -----------------------------------------------------------------------------------------------

    @property
    def operations(self) -> Operations:
        return Operations(self.app, self.session, self.job_changed)

    def begin(self, operation: Coroutine[Any, Any, None]) -> None:
        """Let an operation go on beside everything else."""
        self.run_worker(operation, group="operations")

    def action_apply(self) -> None:
        if self.selected is not None:
            self.begin(self.operations.show_plan(Operation(Verb.APPLY, Address(self.selected.environment))))

    def action_destroy(self) -> None:
        """Show what a teardown would remove. Reached by the command line and the palette only: no key destroys."""
        if self.selected is not None:
            self.begin(self.operations.show_plan(Operation(Verb.DESTROY, Address(self.selected.environment))))

    def action_protect(self) -> None:
        self.keep(Verb.PROTECT)

    def action_unprotect(self) -> None:
        self.keep(Verb.UNPROTECT)

    def action_undo(self) -> None:
        """Show how what was done last to the environment would be undone; it runs from there."""
        if self.selected is not None:
            self.begin(self.operations.show_plan(Operation(Verb.UNDO, Address(self.selected.environment))))

    def keep(self, verb: Verb, *, why: str = "", others: bool = False) -> None:
        """Change what is kept with the environment that is selected: its protection, or the lock on it."""
        if self.selected is not None:
            target = Address(self.selected.environment)
            self.begin(self.operations.carry_out(Operation(verb, target, why=why, others=others)))

    def action_restart(self) -> None:
        self._carry_out(Verb.RESTART)

    def action_stop(self) -> None:
        self._carry_out(Verb.STOP)

    def action_start(self) -> None:
        self._carry_out(Verb.START)

    def action_stop_or_start(self) -> None:
        layer = self.session.known.layer(self.selected) if self.selected else None
        stopped = layer is not None and layer.state.status is Status.STOPPED
        self._carry_out(Verb.START if stopped else Verb.STOP)

    def action_rollback(self) -> None:
        """Show what going back to the last good release would change."""
        if self._layer is not None:
            self.begin(self.operations.show_plan(Operation(Verb.ROLLBACK, self._layer)))

    def action_size(self) -> None:
        if self._layer is not None:
            self.begin(self.operations.resize(self._layer))

    def _carry_out(self, verb: Verb) -> None:
        if self.selected is not None:
            self.begin(self.operations.carry_out(Operation(verb, layer_of(self.selected))))

    # --- staged scaling -----------------------------------------------------------------------------------------

    def action_stage(self, more: int) -> None:
        """Stage one replica more or fewer; nothing changes until it is run."""
        address = self._layer
        layer = self.session.known.layer(address) if address else None
        if address is None or layer is None:
            return
        capabilities = self.session.capabilities(address)
        least, most = (capabilities.replicas if capabilities else None) or (0, 10_000)
        now = layer.there
        wanted = max(least, min(most, self.session.staged.get(address, now) + more))
        self.session.staged[address] = wanted
        if wanted == now:
            del self.session.staged[address]
        self.staging_changed()

    def action_run_staged(self) -> None:
        address = self._layer
        if address is not None and address in self.session.staged:
            replicas = self.session.staged.pop(address)
            self.staging_changed()
            self.begin(self.operations.carry_out(Operation(Verb.SCALE, address, replicas=replicas)))

    def drop_staged(self) -> bool:
        """Forget what is staged; whether anything was."""
        had = bool(self.session.staged)
        self.session.staged.clear()
        if had:
            self.staging_changed()
        return had

    # --- the shell ----------------------------------------------------------------------------------------------

    def action_shell(self) -> None:
        """Give the terminal to a shell inside what is selected; then everything is as it was."""
        if self.selected is None:
            return
        files = [word for file in self.session.files for word in ("-f", file)]
        run_in_terminal(
            self.app, [sys.executable, "-m", "tuienv", "run", "-it", *files, str(self.selected)], "the shell"
        )


_APPLIES: dict[str, Callable[[Actions], bool]] = {
    "run_staged": lambda screen: screen._layer in screen.session.staged,
    "stage": Actions._can_scale,
    "size": lambda screen: screen._can(Action.RESIZE) and not screen._lacks("sizes"),
    "restart": lambda screen: screen._can_restart(),
    "stop_or_start": lambda screen: screen._can(Action.STOP),
    "rollback": lambda screen: screen._can(Action.ROLLBACK) and not screen._lacks("releases"),
    "shell": Actions._can_run,
    "apply": Actions._can_apply,
    "undo": lambda screen: screen.selected is not None and not screen.session.fixed(screen.selected),
    "logs": lambda screen: screen.selected is not None and not screen._lacks("logs"),
    "describe": lambda screen: screen.selected is not None,
}
"""Which actions are offered. What is not known yet is offered: the plan, or the worker, will tell."""
