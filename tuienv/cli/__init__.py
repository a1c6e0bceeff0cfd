"""The command line: one small module for each family of commands, imported when its command is used."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click

from tuienv.cli.codes import Exit
from tuienv.cli.common import Common, coloured, common
from tuienv.cli.errors import Stop, as_stop, unknown
from tuienv.redaction import guard_logging

COMMANDS = {
    "demo": "screen:demo",
    "ls": "listing:ls",
    "status": "listing:status",
    "plan": "changing:plan",
    "apply": "changing:apply",
    "destroy": "changing:destroy",
    "scale": "scaling:scale",
    "restart": "lifecycle:restart",
    "stop": "lifecycle:stop",
    "start": "lifecycle:start",
    "releases": "releases:releases",
    "rollback": "releases:rollback",
    "events": "releases:events",
    "protect": "marking:protect",
    "unprotect": "marking:unprotect",
    "lock": "marking:lock",
    "unlock": "marking:unlock",
    "undo": "marking:undo",
    "logs": "logs:logs",
    "run": "running:run",
    "config": "config:config",
    "credentials": "credentials:credentials",
    "journal": "history:journal",
    "check": "files:check",
    "schema": "files:schema",
}
"""Each command by name, in the order in which the help lists them: its module here and its name there."""

FILE_ENDINGS = (".yaml", ".yml")


class LazyGroup(click.Group):
    """A group that imports a command's module only when that command is used or described."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name].split(":")
        command = getattr(import_module(f"tuienv.cli.{module}"), name)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """A first word that is no command may be an environment file: then it is for the screen."""
        name = args[0]
        if name in COMMANDS or ctx.resilient_parsing:
            return super().resolve_command(ctx, args)
        if os.path.isfile(name):
            return "open", import_module("tuienv.cli.screen").open_files, args
        if name.endswith(FILE_ENDINGS):
            raise Stop(f"there is no file {name!r}", Exit.USAGE)
        raise click.UsageError(unknown("command", name, COMMANDS, "tuienv -h lists them.").message, ctx)


@click.command(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    subcommand_metavar="[FILE…] | COMMAND [ARGS]…",
    epilog="Exit codes: 0 done, 1 failed, 2 plan has changes, 3 refused, 4 not signed in, 5 unreachable, 64 usage.",
)
@click.version_option(package_name="tuienv", message="%(prog)s %(version)s")
@common
@click.pass_context
def group(context: click.Context) -> None:
    """Cloud environments in the terminal: load balancer, app, cache and database, as one tree.

    Without a command, opens the screen on the environments of the files given or found.
    """
    context.ensure_object(Common)
    if not coloured():
        context.color = False
    if context.invoked_subcommand is None:
        from tuienv.cli.screen import open_common

        context.exit(open_common(context.obj))


def run(arguments: Sequence[str]) -> int:
    """Run one command. Gives its exit code; what nobody foresaw is raised."""
    guard_logging()
    try:
        return _code(group.main(list(arguments), prog_name="tuienv", standalone_mode=False))
    except click.UsageError as error:
        error.show()
        return Exit.USAGE
    except Stop as stop:
        stop.show()
        return stop.code
    except (click.Abort, KeyboardInterrupt):
        click.echo(err=True)
        return Exit.INTERRUPTED
    except BrokenPipeError:
        raise
    except SystemExit as end:
        if end.code == 1:  # so click ends where nobody reads the output any more, and SIGTERM ends otherwise
            raise BrokenPipeError from end
        raise
    except Exception as error:
        foreseen = as_stop(error)
        if foreseen is None:
            raise
        foreseen.show()
        return foreseen.code


def _code(result: Any) -> int:
    """A command returns its exit code, or nothing where all went well."""
    return result if isinstance(result, int) else Exit.DONE
