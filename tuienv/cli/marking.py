"""``protect``, ``unprotect``, ``lock``, ``unlock`` and ``undo``: what is kept with an environment, and going back."""

from __future__ import annotations

import click

from tuienv.cli.addresses import AddressType
from tuienv.cli.carrying import carry_out
from tuienv.cli.codes import Exit
from tuienv.cli.common import with_session
from tuienv.cli.errors import say
from tuienv.cli.session import Session
from tuienv.model import Address, Operation, Verb

_TARGET = click.argument("target", metavar="ENV", type=AddressType(1, 1))


@click.command()
@_TARGET
@with_session
def protect(session: Session, target: Address) -> int:
    """Keep the environment from being destroyed, and its data from being lost, whatever its file says."""
    return carry_out(session, [Operation(Verb.PROTECT, target)])


@click.command()
@_TARGET
@with_session
def unprotect(session: Session, target: Address) -> int:
    """Take the protection off again."""
    code = carry_out(session, [Operation(Verb.UNPROTECT, target)])
    spec = session.spec(target.environment)
    if code == Exit.DONE and spec is not None and spec.protected:
        say(f"{spec.source} still says protected: true, so that it stays protected, and apply puts it on again.")
    return code


@click.command()
@click.option("-m", "--message", "why", metavar="TEXT", default="", help="Why: the others are told.")
@_TARGET
@with_session
def lock(session: Session, target: Address, why: str) -> int:
    """Keep the environment to yourself: nobody else changes it from tuienv until you unlock it."""
    return carry_out(session, [Operation(Verb.LOCK, target, why=why)])


@click.command()
@click.option("--break", "others", is_flag=True, help="Take off somebody else's lock, too.")
@_TARGET
@with_session
def unlock(session: Session, target: Address, others: bool) -> int:
    """Take your lock off an environment."""
    return carry_out(session, [Operation(Verb.UNLOCK, target, others=others)])


@click.command()
@click.argument("target", metavar="[ENV]", required=False, type=AddressType(1, 1))
@with_session
def undo(session: Session, target: Address | None) -> int:
    """Undo what was done last from here, in that environment or in any: the plan is shown first."""
    return carry_out(session, [session.engine.undoing(target.environment if target is not None else "")])
