"""The options that every command takes, before or after its name, and the session that they describe."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import update_wrapper
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from tuienv.cli.session import Session

F = TypeVar("F", bound=Callable[..., Any])


@dataclass
class Common:
    """What was said on the command line, wherever it stood. `backend` and `profile`: where to look for
    environments that no file declares; empty means: where the declared ones are, and the default Docker engine."""

    files: tuple[str, ...] = ()
    output: str = "table"
    yes: bool = False
    read_only: bool = False
    backend: str = ""
    profile: str = ""

    @property
    def json(self) -> bool:
        return self.output == "json"


def coloured() -> bool:
    """Whether a terminal gets colours: nobody wants none (no-color.org), and it is one that has them."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _keep(field: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    """A click callback that keeps what was said, and leaves alone what was not said here."""

    def keep(context: click.Context, parameter: click.Parameter, value: Any) -> None:
        source = context.get_parameter_source(parameter.name or "")
        if source is not None and source.name == "COMMANDLINE":
            setattr(context.ensure_object(Common), field, value)

    return keep


_FILE = click.option(
    "-f",
    "--file",
    "files",
    multiple=True,
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False),
    expose_value=False,
    callback=_keep("files"),
    help="Read this environment file, instead of those that are found. May be given several times.",
)
_OUTPUT = click.option(
    "--output",
    type=click.Choice(["table", "json"]),
    expose_value=False,
    callback=_keep("output"),
    help="How to print results.",
)
_YES = click.option(
    "-y",
    "--yes",
    is_flag=True,
    expose_value=False,
    callback=_keep("yes"),
    help="Answer yes where there would be a question.",
)
_READ_ONLY = click.option(
    "--read-only",
    is_flag=True,
    expose_value=False,
    callback=_keep("read_only"),
    help="Refuse everything that changes something.",
)
_BACKEND = click.option(
    "--backend",
    metavar="NAME",
    expose_value=False,
    callback=_keep("backend"),
    help="Where to look for environments that no file declares: docker, …",
)
_PROFILE = click.option(
    "--profile",
    metavar="NAME",
    expose_value=False,
    callback=_keep("profile"),
    help="The credentials for that: a Docker context, …",
)


def common(function: F) -> F:
    """Give a command the options that all have."""
    for option in (_PROFILE, _BACKEND, _READ_ONLY, _YES, _OUTPUT, _FILE):
        function = option(function)
    return function


def with_session(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the common options, and a `Session` as its first argument, closed when the command ends."""

    @click.pass_context
    def wrapped(context: click.Context, /, *args: Any, **kwargs: Any) -> Any:
        from tuienv.cli.session import Session

        session: Session = context.with_resource(Session(context.ensure_object(Common)))
        return function(session, *args, **kwargs)

    return common(update_wrapper(wrapped, function))
