"""``config``: the variables that a layer runs with."""

from __future__ import annotations

import re
from collections.abc import Mapping

import click

from tuienv.cli import carrying, shapes, tables
from tuienv.cli.addresses import LAYER
from tuienv.cli.codes import Exit
from tuienv.cli.common import with_session
from tuienv.cli.errors import say
from tuienv.cli.session import Session
from tuienv.model import Address, Operation, Verb
from tuienv.text import plain

VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""What POSIX lets an environment variable be called (IEEE 1003.1, 8.1), lower case included."""


class Assignment(click.ParamType[tuple[str, str]]):
    """``KEY=VALUE``."""

    name = "KEY=VALUE"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        key, given, text = str(value).partition("=")
        if not given or not VARIABLE.fullmatch(key):
            self.fail(f"{key!r} is no assignment: write KEY=VALUE", param, ctx)  # the value may be a secret
        return key, text


class Variable(click.ParamType[str]):
    """``KEY``."""

    name = "KEY"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not VARIABLE.fullmatch(str(value)):
            self.fail("that is no variable's name: write KEY alone", param, ctx)  # a value after it may be a secret
        return str(value)


@click.command()
@click.option(
    "--unset",
    "unset",
    metavar="KEY",
    type=Variable(),
    multiple=True,
    help="Remove this variable. May be given several times.",
)
@click.option("--reveal", is_flag=True, help="Show secrets too.")
@click.argument("target", metavar="ENV/LAYER", type=LAYER)
@click.argument("assignments", metavar="[KEY=VALUE]...", nargs=-1, type=Assignment())
@with_session
def config(
    session: Session, target: Address, assignments: tuple[tuple[str, str], ...], unset: tuple[str, ...], reveal: bool
) -> int:
    """Show, set or unset the variables of a layer. Setting replaces its instances, one after the other."""
    for key in unset:
        if key in dict(assignments):
            raise click.UsageError(f"shall {key} be set, or unset? It cannot be both")
    settings: dict[str, str | None] = {**dict(assignments), **dict.fromkeys(unset)}
    if not settings:
        return _print(session, target, reveal)
    code = carrying.carry_out(session, [Operation(Verb.CONFIGURE, target, settings=settings)])
    if code == Exit.DONE:
        _hint(session, target, settings)
    return code


def _hint(session: Session, target: Address, settings: Mapping[str, str | None]) -> None:
    """The file may say otherwise, and the next apply goes by it."""
    spec = session.spec(target.environment)
    declared = spec.layer(target.layer) if spec is not None else None
    if spec is None or declared is None:
        return
    if any(declared.environment.get(key) != value for key, value in settings.items()):
        say(f"{spec.source} does not know of this: plan shows it, and apply goes back to what the file says.")


def _print(session: Session, target: Address, reveal: bool) -> int:
    shown = dict(sorted(_read(session, target, reveal).items()))
    if session.common.json:
        shapes.print_json({"address": str(target), "config": shown}, reveal=reveal)
    elif shown:
        click.echo("\n".join(f"{tables.cell(key)}={plain(value)}" for key, value in shown.items()))
    else:
        say(f"{target} was given no variables")
    return Exit.DONE


def _read(session: Session, target: Address, reveal: bool) -> Mapping[str, str]:
    _, layer = session.find_layer(target)
    ask = session.engine.reveal if reveal else session.engine.config
    return ask(target, (layer.backend, layer.profile))
