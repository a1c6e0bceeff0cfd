"""What a person can ask for from the main screen, and how much is asked back before it is done.

Every way in (a key, the command line, the palette) ends here, and everything that changes the world goes through a
plan: `Operations.carry_out`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tuienv.model import Address, Failure, Operation, Plan, Verb
from tuienv.screens.session import Job, Session, layer_of
from tuienv.text import plain
from tuienv.worker.client import WorkerFailure

if TYPE_CHECKING:
    from textual.app import App

PAST = {
    Verb.APPLY: "applied",
    Verb.DESTROY: "destroyed",
    Verb.SCALE: "scaled",
    Verb.RESIZE: "resized",
    Verb.RESTART: "restarted",
    Verb.STOP: "stopped",
    Verb.START: "started",
    Verb.CONFIGURE: "configured",
    Verb.ROLLBACK: "rolled back",
    Verb.PROTECT: "protected",
    Verb.UNPROTECT: "no longer protected",
    Verb.LOCK: "locked",
    Verb.UNLOCK: "unlocked",
    Verb.UNDO: "as it was before",
}


class Operations:
    """Plans, asks and runs. `changed` is called whenever a job began, went on or ended. Its coroutines push screens
    and so must run inside a Textual worker."""

    def __init__(self, app: App[int], session: Session, changed: Callable[[Job], None]) -> None:
        self._app = app
        self._session = session
        self._changed = changed

    async def carry_out(self, operation: Operation) -> None:
        """Run an operation with the friction that its plan asks for: none, yes or no, or the whole plan to read and
        a name to type."""
        plan = await self._preview(operation)
        if plan is None:
            return
        if not (plan.changes or plan.left_alone):
            self._nothing_to_do(plan)
        elif plan.loses_data or plan.left_alone or plan.lifts_protection:
            self._show(plan)
        elif await self._agreed(plan):
            await self._run(plan)

    async def show_plan(self, operation: Operation) -> None:
        """Show what an operation would do; it runs from there."""
        plan = await self._preview(operation)
        if plan is None:
            return
        if plan.operation.verb is Verb.UNDO and not plan.changes:
            # It is written down that nothing was left: the next undo goes further back.
            await self._session.finish(self._session.run(plan))
        self._show(plan)

    async def resize(self, address: Address) -> None:
        """Let a size be chosen, and change to it."""
        from tuienv.screens.size import SizeChooser

        layer = layer_of(address)
        description = self._session.descriptions.get(layer) or await self._session.describe(layer)
        if description is None or not description.capabilities.sizes:
            self._app.notify(f"{plain(str(layer))} cannot be resized", severity="warning", markup=False)
            return
        size = await self._app.push_screen_wait(SizeChooser(layer, description))
        if size is not None:
            await self.carry_out(Operation(Verb.RESIZE, layer, size=size))

    async def configure(self, address: Address, name: str = "", value: str = "") -> None:
        """Let a variable be set, and show what that would do."""
        from tuienv.screens.setting import SettingDialog

        answer = await self._app.push_screen_wait(SettingDialog(layer_of(address), name, value))
        if answer is not None:
            await self.show_plan(Operation(Verb.CONFIGURE, layer_of(address), settings={answer[0]: answer[1]}))

    def show_job(self, job: Job) -> None:
        """Show how a job goes, or went."""
        from tuienv.screens.plan import PlanScreen

        self._app.push_screen(PlanScreen(self._session, job.plan, job))

    def tell(self, failure: Failure) -> None:
        """Say what went wrong and what to do, outside of any screen's own place for it."""
        self._app.notify(plain(str(failure)), severity="error", timeout=10, markup=False)

    async def _preview(self, operation: Operation) -> Plan | None:
        try:
            return await self._session.preview(operation)
        except WorkerFailure as failed:
            self.tell(failed.failure)
            return None

    async def _agreed(self, plan: Plan) -> bool:
        if not any(change.interrupts for change in plan.changes):
            return True
        from tuienv.screens.confirm import Confirm
        from tuienv.screens.plan_lines import change_lines

        verb, target = plan.operation.verb, plan.operation.target
        question = f"{str(verb).capitalize()} {target}? It interrupts the service."
        return await self._app.push_screen_wait(Confirm(question, change_lines(plan, 64), yes=str(verb)))

    async def _run(self, plan: Plan) -> None:
        job = self._session.run(plan)
        self._changed(job)
        await self._session.finish(job)
        self._changed(job)
        self.ended(job)

    def ended(self, job: Job) -> None:
        """Tell how a job ended that no screen of its own shows."""
        verb, target = job.plan.operation.verb, plain(str(job.plan.operation.target))
        if job.ok:
            self._app.notify(f"{target} {PAST[verb]}", markup=False)
        elif job.failure is not None and job.failure.kind == "PlanOutdated":
            self._app.run_worker(self.show_plan(job.plan.operation))
            self._app.notify("What exists changed meanwhile: here is the plan for how it is now", markup=False)
        else:
            self.show_job(job)

    def _nothing_to_do(self, plan: Plan) -> None:
        target = plain(str(plan.operation.target))
        self._app.notify(f"Nothing to do: {target} is as it is wanted", markup=False)

    def _show(self, plan: Plan) -> None:
        from tuienv.screens.plan import PlanScreen

        self._app.push_screen(PlanScreen(self._session, plan))
