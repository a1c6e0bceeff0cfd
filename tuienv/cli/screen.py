"""The screen, where it is opened by way of the command line's library: with help, or with something wrong."""

from __future__ import annotations

import click

from tuienv.cli.codes import Exit
from tuienv.cli.common import Common, common
from tuienv.cli.errors import Stop
from tuienv.start import Start, on_a_terminal


@click.command()
@common
@click.pass_obj
def demo(common: Common) -> int:
    """Open the screen on a sandbox: no account, no engine, nothing touched."""
    return open_screen(Start(read_only=common.read_only, demo=True))


@click.command("tuienv")
@common
@click.argument("names", metavar="FILE...", nargs=-1, type=click.Path(exists=True, dir_okay=False))
@click.pass_obj
def open_files(common: Common, names: tuple[str, ...]) -> int:
    """Open the screen on the environments of these files."""
    return open_common(common, names)


def open_common(common: Common, files: tuple[str, ...] = ()) -> int:
    """Open the screen with the common options."""
    start = Start(
        files=(*common.files, *files), backend=common.backend, profile=common.profile, read_only=common.read_only
    )
    return open_screen(start)


def open_screen(start: Start) -> int:
    """Open the screen. Raises `Stop` where there is no terminal to open it on."""
    if not on_a_terminal():
        raise Stop("the screen needs a terminal. For scripts: tuienv ls, tuienv status, tuienv -h", Exit.USAGE)
    from tuienv.app import run

    return run(start)
