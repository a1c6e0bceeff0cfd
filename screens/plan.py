"""The plan screen: what would change, then how it goes, then how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from tuienv.model import Operation, Plan, Verb
from tuienv.screens.confirm import Confirm
from tuienv.screens.once_seen import OnceSeen
from tuienv.screens.operations import Operations
from tuienv.screens.plan_lines import job_lines, plan_lines, under_way
from tuienv.screens.session import Job, Session, ShowsJobs
from tuienv.screens.typed_name import TypedName
from tuienv.screens.widgets.bar_lines import trouble_line
from tuienv.screens.widgets.bars import Footer, Heading
from tuienv.screens.widgets.choices import Text
from tuienv.screens.widgets.pieces import Line, width_of, wrap
from tuienv.text import plain
from tuienv.worker.client import WorkerFailure

CLOCK = 1.0
"""Seconds between looks at how long a step has been going on, while a plan runs."""


class PlanScreen(OnceSeen[None]):
    """Shows a plan and runs it when told to; or shows a job that runs already."""

    CSS_PATH = "plan.tcss"
    AUTO_FOCUS = "#plan"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "run", "run it", id="plan.run"),
        Binding("D", "toggle_data", "data too", id="plan.data"),
        Binding("ctrl+x", "cancel", "cancel", id="plan.cancel"),
        Binding("a", "again", "plan again", id="plan.again"),
        Binding("escape,q", "back", "back", id="plan.back"),
    ]

    def __init__(self, session: Session, plan: Plan, job: Job | None = None) -> None:
        super().__init__()
        self._session = session
        self._plan = plan
        self._job = job
        self._note = ""
        self._followed = 0
        """Where this screen left its lines while a plan runs: what is somewhere else then, somebody moved."""

    def compose(self) -> ComposeResult:
        yield Heading()
        yield Text(id="plan")
        yield Footer()

    def on_mount(self) -> None:
        self.set_interval(CLOCK, self._tick)
        self._show()

    def job_changed(self, job: Job) -> None:
        """A job has gone on, or ended."""
        if job is self._job:
            self._show()

    def on_resize(self) -> None:
        self.call_after_refresh(self._show)

    def _is_forbidden(self) -> bool:
        """Whether nothing of it may be done from here. The engine asks all of its rules when it is run."""
        places = ((change.backend, change.profile) for change in self._plan.changes)
        return self._session.read_only or bool(self._session.known.rules.read_only(self._plan.environment, places))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        running = self._job is not None and self._job.running
        ended = self._job is not None and not running
        if action == "run":
            return self._job is None and bool(self._plan.changes) and not self._is_forbidden()
        if action == "toggle_data":
            return self._job is None and self._is_destroy() and (self._asks_for_data() or bool(self._plan.kept))
        if action == "cancel":
            return running
        if action == "again":
            return ended and not self._job_ok()
        return True

    # --- keys ---------------------------------------------------------------------------------------------------

    @work(exclusive=True)
    async def action_run(self) -> None:
        if await self._agreed():
            self._job = self._session.run(self._plan)
            self._followed = self.query_one("#plan", Text).scroll_offset.y
            self._show()
            # Not by this screen, which may be left: a plan that runs goes on, and must be heard of when it ends.
            self.app.run_worker(self._finish(self._job), group="jobs")

    @work(exclusive=True)
    async def action_toggle_data(self) -> None:
        operation = self._plan.operation
        await self._preview(
            Operation(
                operation.verb, operation.target, settings=operation.settings, delete_data=not operation.delete_data
            )
        )

    @work(exclusive=True)
    async def action_again(self) -> None:
        await self._preview(self._plan.operation)

    def action_cancel(self) -> None:
        if self._job is not None:
            self._session.cancel(self._job)
            self._show()

    def action_back(self) -> None:
        self.dismiss(None)

    # --- running ------------------------------------------------------------------------------------------------

    async def _agreed(self) -> bool:
        """Ask what the plan's cost asks for: nothing, yes or no, or a typed name."""
        plan = self._plan
        if plan.loses_data or self._is_destroy() or plan.lifts_protection:
            return await self.app.push_screen_wait(TypedName(plan))
        if any(change.interrupts for change in plan.changes):
            question = f"{str(plan.operation.verb).capitalize()} {plan.operation.target}? It interrupts the service."
            return await self.app.push_screen_wait(Confirm(question, yes=str(plan.operation.verb)))
        return True

    async def _finish(self, job: Job) -> None:
        await self._session.finish(job)
        for screen in self.app.screen_stack:
            if isinstance(screen, ShowsJobs):
                screen.job_changed(job)
        if not self.is_attached:
            Operations(self.app, self._session, lambda job: None).ended(job)
        elif job.failure is not None and job.failure.kind == "PlanOutdated":
            await self._preview(
                self._plan.operation, "What exists has changed meanwhile: this is the plan for how it is now."
            )

    async def _preview(self, operation: Operation, note: str = "") -> None:
        """Show another plan, and what there is to say of it; what is shown stays where none can be made."""
        try:
            self._plan = await self._session.preview(operation)
            self._job, self._note = None, note
        except WorkerFailure as failed:
            self.app.notify(plain(str(failed)), severity="error", markup=False)
        self._show()

    # --- showing ------------------------------------------------------------------------------------------------

    def _show(self) -> None:
        if not self.is_attached:
            return
        text = self.query_one("#plan", Text)
        width = max(30, text.scrollable_content_region.width)
        if self._job is None:
            parts = wrap(self._note, width) if self._note else []
            note: list[Line] = [*(((part, "warning"),) for part in parts), *([()] if parts else [])]
            text.set_lines([*note, *plan_lines(self._plan, width)])
        else:
            lines = job_lines(self._job, width, self._session.clock())
            text.set_lines(lines)
            self._follow(text, under_way(lines))
        operation = self._plan.operation
        said: Line = ((f" {operation.verb} ", "strong"), (plain(str(operation.target)), "strong"))
        trouble = self._session.known.trouble
        room = text.size.width - 10 - width_of(said)
        self.query_one(Heading).say((*said, *((("   ", ""), *trouble_line(trouble, room)) if trouble else ())))
        self.refresh_bindings()

    def _follow(self, text: Text, going: Sequence[int]) -> None:
        """Keep in view what goes on, the first of it above all, unless somebody looks at something else."""
        if not going or text.scroll_offset.y != self._followed:
            return
        for line in (going[-1], going[0]):
            text.keep_in_view(line, at_once=True)
        self._followed = text.scroll_offset.y

    def _tick(self) -> None:
        if (self._job is not None and self._job.running) or self._session.known.trouble:
            self._show()

    def _is_destroy(self) -> bool:
        return self._plan.operation.verb is Verb.DESTROY

    def _asks_for_data(self) -> bool:
        return self._plan.operation.delete_data

    def _job_ok(self) -> bool:
        return self._job is not None and self._job.ok
