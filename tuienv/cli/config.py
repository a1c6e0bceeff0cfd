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


@click.command()
@click.option(
    "--unset", "unset", metavar="KEY", multiple=True, help="Remove this variable. May be given several times."
)
@click.option("--reveal", is_flag=True, help="Show secrets too.")
@click.argument("target", metavar="ENV/LAYER", type=LAYER)
@click.argument("assignments", metavar="[KEY=VALUE]...", nargs=-1, type=Assignment())
@with_session
def config(
    session: Session, target: Address, assignments: tuple[tuple[str, str], ...], unset: tuple[str, ...], reveal: bool
) -> int:
    """Show, set or unset the variables of a layer. Setting replaces its instances, one after the other."""
    settings: dict[str, str | None] = {**dict(assignments), **dict.fromkeys(unset)}
    if not settings:
        return _print(session, target, reveal)
    code = carrying.carry_out(session, [Operation(Verb.CONFIGURE, target, settings=settings)])
    spec = session.spec(target.environment)
    if code == Exit.DONE and spec is not None and spec.layer(target.layer):
        say(f"{spec.source} does not know of this: plan shows it, and apply goes back to what the file says.")
    return code


def _print(session: Session, target: Address, reveal: bool) -> int:
    shown = dict(sorted(_read(session, target, reveal).items()))
    if session.common.json:
        shapes.print_json({"address": str(target), "config": shown}, reveal=reveal)
    else:
        click.echo("\n".join(f"{tables.cell(key)}={plain(value)}" for key, value in shown.items()))
    return Exit.DONE


def _read(session: Session, target: Address, reveal: bool) -> Mapping[str, str]:
    _, layer = session.find_layer(target)
    ask = session.engine.reveal if reveal else session.engine.config
    return ask(target, (layer.backend, layer.profile))
