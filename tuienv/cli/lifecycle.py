"""``restart``, ``stop`` and ``start``."""

from __future__ import annotations

import click

from tuienv.cli.addresses import ANYTHING
from tuienv.cli.carrying import carry_out
from tuienv.cli.common import with_session
from tuienv.cli.session import Session
from tuienv.model import Address, Operation, Verb

_TARGETS = click.argument("targets", metavar="ENV[/LAYER[/INSTANCE]]...", nargs=-1, required=True, type=ANYTHING)


@click.command()
@_TARGETS
@with_session
def restart(session: Session, targets: tuple[Address, ...]) -> int:
    """Restart instances: one after the other where others go on serving."""
    return carry_out(session, [Operation(Verb.RESTART, target) for target in targets])


@click.command()
@_TARGETS
@with_session
def stop(session: Session, targets: tuple[Address, ...]) -> int:
    """Stop instances, and keep them."""
    return carry_out(session, [Operation(Verb.STOP, target) for target in targets])


@click.command()
@_TARGETS
@with_session
def start(session: Session, targets: tuple[Address, ...]) -> int:
    """Start what is stopped."""
    return carry_out(session, [Operation(Verb.START, target) for target in targets])
