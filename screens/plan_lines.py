"""How a plan reads, before it runs, while it runs and after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tuienv.model import MARKING, Action, Change, Failure, Plan, Progress, Stage, Verb
from tuienv.screens import words
from tuienv.screens.session import Job
from tuienv.screens.widgets.pieces import Line, fit, marked, spread, width_of, wrap
from tuienv.text import plain

_STAGES = {
    Stage.STARTED: ("◔", "starting"),
    Stage.STEP: ("◔", "starting"),
    Stage.DONE: ("✓", "good"),
    Stage.FAILED: ("✗", "failed"),
    Stage.SKIPPED: ("⊘", "stopped"),
}

_TONES = {Action.CREATE: "good", Action.DELETE: "failed", Action.START: "good", Action.STOP: "stopped"}


def plan_lines(plan: Plan, width: int) -> list[Line]:
    """A plan that has not begun: a summary, every change with its reason, marks and differences, what is left."""
    return [*_summary(plan, width), (), *change_lines(plan, width)]


def change_lines(plan: Plan, width: int) -> list[Line]:
    """The same without the summary."""
    lines: list[Line] = []
    for change in plan.changes:
        lines += [_head(change, _sign(change), width, plan), *_details(change, plan, width)]
    return [*lines, *_left_alone(plan, width)]


def job_lines(job: Job, width: int, now: float) -> list[Line]:
    """A plan that runs or ran: where each change is, and in the end what failed and what to do."""
    lines: list[Line] = [_state_of(job, now), ()]
    for change in job.plan.changes:
        progress = job.progress.get(change.key)
        lines += [_head(change, _stage(job, change, progress), width, job.plan), *_step(job, progress, width, now)]
        lines += [line for key, failure in _failed(job) if key == change.key for line in _failure(failure, width)]
    if job.failure is not None:
        lines += [(), *_failure(job.failure, width)]
    return [*lines, *_next(job)]


def under_way(lines: Sequence[Line]) -> list[int]:
    """Which of these lines tell of what goes on; of a plan that ended, of what failed."""
    return [number for number, line in enumerate(lines) if {"starting", "failed"} & {style for _, style in line}]


# --- before -----------------------------------------------------------------------------------------------------


def _summary(plan: Plan, width: int) -> list[Line]:
    """On one line if there is room, else on as many as it takes: nothing of it may be missed, or be cut."""
    if not plan.changes:
        if plan.left_alone or plan.kept:
            return [(("There is nothing here that this can change.", "strong"),)]
        return [(("Nothing to do: what exists is as it is wanted.", "good"),)]
    counts = Counter(change.action for change in plan.changes)
    said = ", ".join(f"{count} to {action}" for action, count in counts.items())
    marks = [word for word, is_so in _marks_of_plan(plan) if is_so]
    cost = sum(change.monthly_cost or 0.0 for change in plan.changes)
    parts = [(said, "strong"), (" · ".join(marks), "warning"), (f"{cost:+,.2f} $ a month" if cost else "", "accent")]
    told = [part for part in parts if part[0]]
    line: Line = (told[0], *((f"   {text}", style) for text, style in told[1:]))
    if width_of(line) <= width:
        return [line]
    return [((part, style),) for text, style in told for part in wrap(text, width)]


def _marks_of_plan(plan: Plan) -> tuple[tuple[str, bool], ...]:
    return (
        ("loses data", plan.loses_data),
        ("interrupts service", any(change.interrupts for change in plan.changes)),
        ("cannot all be undone", not all(change.reversible for change in plan.changes)),
    )


def _sign(change: Change) -> tuple[str, str]:
    return words.SIGNS.get(change.action, "•"), _TONES.get(change.action, "warning")


def _head(change: Change, sign: tuple[str, str], width: int, plan: Plan) -> Line:
    glyph, tone = sign
    ground = not change.address.layer and change.action not in MARKING
    place = f"{change.address} (network)" if ground else str(change.address)
    left: Line = (
        (f"{glyph} ", tone),
        (f"{change.action:<8} ", tone),
        (plain(place) + "  ", "strong"),
        (words.place_of(change, plan), "accent"),
        (plain(change.reason), "dim"),
    )
    return spread(left, _marks(change), width)


def _marks(change: Change) -> Line:
    line: list[tuple[str, str]] = []
    if change.loses_data:
        line.append(("loses data  ", "failed strong"))
    if change.interrupts:
        line.append(("interrupts  ", "warning"))
    if not change.reversible and not change.loses_data:
        line.append(("cannot be undone  ", "dim"))
    if change.monthly_cost:
        line.append((f"{change.monthly_cost:+,.2f} $ a month ", "accent"))
    return tuple(line)


def _details(change: Change, plan: Plan, width: int) -> list[Line]:
    lines: list[Line] = []
    for difference in change.differences:
        lines += marked(("          ~ ", "drift"), str(difference), "", width)
    for name, value in change.settings.items():
        lines += marked(("          ~ ", "drift"), name, "", width, (" unset" if value is None else " set", "dim"))
    if plan.operation.verb is Verb.DESTROY or change.action is Action.DELETE:
        for resource in change.resources:
            style = "failed" if resource.holds_data else ""
            lines += marked(("          - ", "failed"), str(resource), style, width)
    for left in change.leaves:
        lines += marked(("          = leaves a ", "good"), left, "", width)
    return lines


def _left_alone(plan: Plan, width: int) -> list[Line]:
    lines: list[Line] = []
    if plan.kept:
        lines += [(), (("Data that is kept:", "strong"),)]
        lines += [line for each in plan.kept for line in marked(("  = ", "good"), str(each), "", width)]
    if plan.left_alone:
        lines += [(), (("Left alone, and why:", "strong"),)]
        lines += [line for each in plan.left_alone for line in marked(("  ? ", "unknown"), each, "", width)]
    return lines


# --- while and after --------------------------------------------------------------------------------------------


def _state_of(job: Job, now: float) -> Line:
    total, took = len(job.plan.changes), words.age((job.ended or now) - job.started)
    if job.running:
        word = "cancelling: it stops at the next step" if job.cancelling else "running"
        return ((f"{word}   {job.done()} of {total} done", "accent strong"), (f"   {took}", "dim"))
    if job.ok:
        return ((f"✓ done in {took}", "good strong"),)
    outcome = job.outcome
    if outcome is None:
        return (("✗ it could not run", "failed strong"), (f"   after {took}", "dim"))
    ended = "cancelled" if outcome.cancelled else "failed"
    counts = f"   {len(outcome.done)} done, {len(outcome.failed)} failed, {len(outcome.skipped)} not tried"
    return ((f"✗ {ended}", "failed strong"), (f"{counts}   {took}", "dim"))


def _stage(job: Job, change: Change, progress: Progress | None) -> tuple[str, str]:
    if progress is not None:
        return _STAGES[progress.stage]
    return ("·", "dim") if job.running else _STAGES[Stage.SKIPPED]


def _step(job: Job, progress: Progress | None, width: int, now: float) -> list[Line]:
    """What a change is doing just now; and, once it does it for a while, for how long."""
    if progress is None or progress.stage not in (Stage.STARTED, Stage.STEP) or not job.running or not progress.text:
        return []
    seconds = now - progress.at
    waiting = f"  {words.age(seconds)}" if seconds >= 3 else ""
    return [
        (("          ", ""), (fit(progress.text, min(width - 20, len(progress.text))), "starting"), (waiting, "dim"))
    ]


def _failed(job: Job) -> tuple[tuple[str, Failure], ...]:
    return job.outcome.failed if job.outcome else ()


def _failure(failure: Failure, width: int) -> list[Line]:
    said, remedy = words.failure_lines(failure)
    lines: list[Line] = [(("          ", ""), (text, "failed")) for text in wrap(said, width - 12)]
    return lines + [(("          ", ""), (text, "")) for text in wrap(remedy, width - 12) if text]


def _next(job: Job) -> list[Line]:
    if job.running or job.ok:
        return []
    return [(), (("What was done stays done. Plan again to go on from here.", ""),)]
