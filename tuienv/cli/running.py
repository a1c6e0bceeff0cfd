"""``run``: a command, or a shell, inside an instance."""

from __future__ import annotations

import click

from tuienv.cli.addresses import AddressType
from tuienv.cli.common import with_session
from tuienv.cli.session import Session
from tuienv.model import Address

SHELL = ("sh", "-c", "command -v bash >/dev/null && exec bash || exec sh")
"""The shell where no command is named: bash where the image has it."""


@click.command()
@click.option("-i", "--interactive", is_flag=True, help="Give it our input.")
@click.option("-t", "--tty", is_flag=True, help="Give it a terminal; -it for a shell.")
@click.argument("target", metavar="ENV/LAYER[/INSTANCE]", type=AddressType(2, 3))
@click.argument("argv", metavar="[--] [CMD]...", nargs=-1, type=click.UNPROCESSED)
@with_session
def run(session: Session, target: Address, argv: tuple[str, ...], interactive: bool, tty: bool) -> int:
    """Run a command inside an instance: the one that is named, or the layer's first. Exits as the command does.

    Write -- before the command where it has options of its own.
    """
    from tuienv.cli.conversation import Conversation, require_terminal

    if not argv and not tty:
        raise click.UsageError(f"what shall run? Write {target} -- CMD, or add -it for a shell")
    if tty:
        require_terminal()
    _, layer = session.find_layer(target)
    place = (layer.backend, layer.profile)
    execution = session.engine.execute(target, place, argv or SHELL, tty=tty, stdin=interactive)
    return Conversation(execution, tty=tty, interactive=interactive).hold()
