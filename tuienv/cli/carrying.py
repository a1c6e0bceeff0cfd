"""From an operation to its outcome: the plan is shown, allowed, run, and what became of it is told."""

from __future__ import annotations

from collections.abc import Sequence

import click

from tuienv.cli import asking, progress, shapes, showing
from tuienv.cli.codes import Exit, of_failures
from tuienv.cli.errors import Stop, say
from tuienv.cli.interrupting import interruptible
from tuienv.cli.session import Session
from tuienv.model import EnvironmentSpec, Operation, Outcome, Plan
from tuienv.screens.words import count_of

ATTEMPTS = 5
"""Fresh plans that ``--yes`` follows before it gives up on a world that does not hold still."""


def carry_out(session: Session, operations: Sequence[Operation]) -> int:
    """Plan every operation, ask once each where it costs something, run them in turn. Gives the exit code; what a
    failed one leaves undone keeps the others from running."""
    plans = [preview(session, operation) for operation in operations]
    results: list[tuple[Plan, Outcome]] = []
    code: int = Exit.DONE
    try:
        for plan in plans:
            show(plan)
            done, outcome, code = _carry_out(session, plan)
            results.append((done, outcome))
            if code:
                break
    finally:
        if results:  # also where the next one was refused: these were done
            _print_results(session, results)
    return code


def preview(session: Session, operation: Operation) -> Plan:
    """What this would do. An environment that neither a file nor a provider knows ends the command."""
    spec = session.spec(operation.target.environment)
    if spec is None:
        session.find(operation.target.environment)
    return session.engine.preview(operation, spec, session.places(spec))


def show(plan: Plan) -> None:
    """Print a plan for the person who watches."""
    for line in showing.lines(plan):
        click.echo(line, err=True)


def left_code(session: Session, plan: Plan) -> Exit:
    """DONE, unless a layer was left alone because its provider does not answer."""
    if not plan.left_alone:
        return Exit.DONE
    return of_failures(session.find(plan.environment, thorough=True).failures)  # as the plan was made


def _carry_out(session: Session, plan: Plan) -> tuple[Plan, Outcome, int]:
    """The plan that was run in the end, how it ended, and the exit code."""
    spec = session.spec(plan.environment)
    if plan.changes:
        session.engine.check(plan, spec, session.places(spec))
        asking.consent(plan, session.common)
    plan, outcome, interrupted = _run(session, plan, spec)
    _tell_failures(plan, outcome)
    return plan, outcome, interrupted or _outcome_code(outcome) or left_code(session, plan)


def _run(session: Session, plan: Plan, spec: EnvironmentSpec | None) -> tuple[Plan, Outcome, int]:
    """Run the plan, or the one that took its place; with the code of the signal that cut it short."""
    from tuienv.engine import PlanOutdated

    for _ in range(ATTEMPTS):
        with interruptible() as interrupt:
            try:
                report = progress.follow(plan, interrupt.event)
                outcome = session.engine.run(plan, spec, session.places(spec), report, interrupt.event)
                return plan, outcome, interrupt.code if outcome.cancelled else 0
            except PlanOutdated as outdated:
                fresh = outdated.fresh
        _accept(session, plan, fresh)
        plan = fresh
    raise Stop(f"{plan.environment} keeps changing while this runs. Nothing was changed from here; try again")


def _accept(session: Session, plan: Plan, fresh: Plan) -> None:
    """Whether a fresh plan may run in place of an outdated one. Raises `Stop` where it may not."""
    say(f"{plan.environment} has changed since this plan was made. The fresh plan:")
    show(fresh)
    if not session.common.yes:
        asking.consent(fresh, session.common)
    elif is_worse(fresh, plan):
        raise Stop("refused: the fresh plan does more than the one that --yes was said to. Look at it and run it again")


def is_worse(fresh: Plan, plan: Plan) -> bool:
    """Whether it does something that the other one did not: another step, a loss, an interruption."""
    allowed = {(change.key, change.loses_data, change.interrupts, change.resources) for change in plan.changes}
    return any(
        (change.key, change.loses_data, change.interrupts, change.resources) not in allowed for change in fresh.changes
    )


def _outcome_code(outcome: Outcome) -> int:
    if outcome.failed:
        return of_failures(failure for _, failure in outcome.failed)
    return Exit.DONE if outcome.ok else Exit.FAILED


def _tell_failures(plan: Plan, outcome: Outcome) -> None:
    """What failed and what was not done; how to go on."""
    if outcome.ok:
        return
    names = {change.key: f"{change.action} {change.address}" for change in plan.changes}
    for key in outcome.done:
        say(f"done: {names[key]}")
    for key, failure in outcome.failed:
        say(f"failed: {names[key]}: {failure}")
    for key in outcome.skipped:
        say(f"not done: {names[key]}")
    first = "Once that is mended, run" if outcome.failed else "Run"
    say(f"{first} the same command again to go on from there.")


def _print_results(session: Session, results: Sequence[tuple[Plan, Outcome]]) -> None:
    """The result on stdout: one object for each operation, or one line."""
    if session.common.json:
        shapes.print_json([shapes.outcome(plan, outcome) for plan, outcome in results])
        return
    for plan, outcome in results:
        click.echo(_summary(plan, outcome))
        for resource in plan.kept:
            click.echo(f"kept: {resource}, which holds data")
        if plan.kept:
            click.echo(f"To remove it for good: tuienv {plan.operation.verb} {plan.operation.target} --delete-data")


def _summary(plan: Plan, outcome: Outcome) -> str:
    target = plan.operation.target
    if not plan.changes:
        return f"{target}: {showing.nothing(plan)}"
    if outcome.ok:
        return f"{target}: {count_of(len(outcome.done), 'change')} done"
    return f"{target}: {len(outcome.done)} of {count_of(len(plan.changes), 'change')} done"
