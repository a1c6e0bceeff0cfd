"""``plan``, ``apply`` and ``destroy``: the environment as its file wants it, or gone."""

from __future__ import annotations

import click

from tuienv.cli import carrying, shapes, showing
from tuienv.cli.addresses import ADDRESS
from tuienv.cli.codes import Exit
from tuienv.cli.common import with_session
from tuienv.cli.errors import say
from tuienv.cli.session import Session
from tuienv.model import Address, Operation, Verb

_DELETE_DATA = click.option("--delete-data", is_flag=True, help="Delete what holds data as well.")
_SNAPSHOT = click.option(
    "--no-final-snapshot", is_flag=True, help="With --delete-data: leave no last snapshot where the provider makes one."
)


@click.command()
@_DELETE_DATA
@_SNAPSHOT
@click.option("--destroy", is_flag=True, help="Show what destroy would do.")
@click.argument("target", metavar="ENV[/LAYER]", type=ADDRESS)
@with_session
def plan(session: Session, target: Address, destroy: bool, delete_data: bool, no_final_snapshot: bool) -> int:
    """Show what apply would do. Exits 0 if there is nothing to do, 2 if there are changes."""
    verb = Verb.DESTROY if destroy else Verb.APPLY
    made = carrying.preview(session, _operation(verb, target, delete_data, no_final_snapshot))
    if session.common.json:
        shapes.print_json(shapes.plan(made))
        for sentence in made.left_alone:
            say(f"left alone: {sentence}")
    else:
        click.echo("\n".join(showing.lines(made)))
    return carrying.left_code(session, made) or (Exit.CHANGES if made.changes else Exit.DONE)


@click.command()
@_DELETE_DATA
@_SNAPSHOT
@click.argument("target", metavar="ENV[/LAYER]", type=ADDRESS)
@with_session
def apply(session: Session, target: Address, delete_data: bool, no_final_snapshot: bool) -> int:
    """Make the environment as its file wants it."""
    return carrying.carry_out(session, [_operation(Verb.APPLY, target, delete_data, no_final_snapshot)])


@click.command()
@_DELETE_DATA
@_SNAPSHOT
@click.argument("target", metavar="ENV[/LAYER]", type=ADDRESS)
@with_session
def destroy(session: Session, target: Address, delete_data: bool, no_final_snapshot: bool) -> int:
    """Tear the environment down. What holds data stays, unless --delete-data says otherwise."""
    return carrying.carry_out(session, [_operation(Verb.DESTROY, target, delete_data, no_final_snapshot)])


def _operation(verb: Verb, target: Address, delete_data: bool, no_final_snapshot: bool) -> Operation:
    if no_final_snapshot and not delete_data:
        raise click.UsageError("--no-final-snapshot goes with --delete-data: without that, no data is deleted")
    return Operation(verb, target, delete_data=delete_data, final_snapshot=not no_final_snapshot)
