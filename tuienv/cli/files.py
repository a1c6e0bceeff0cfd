"""``check`` and ``schema``: the environment file alone. Nothing is contacted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from tuienv.cli import shapes
from tuienv.cli.codes import Exit
from tuienv.cli.common import Common, common
from tuienv.model import EnvironmentSpec


@click.command()
@common
@click.argument("names", metavar="FILE...", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False))
@click.pass_obj
def check(common: Common, names: tuple[str, ...]) -> int:
    """Check environment files: every mistake with its line. Contacts nothing, changes nothing."""
    checked = [_check(name) for name in names]
    if common.json:
        shapes.print_json([found for found, _ in checked])
    else:
        click.echo("\n".join(line for _, lines in checked for line in lines))
    return Exit.FAILED if any(found["mistakes"] for found, _ in checked) else Exit.DONE


def _check(file: str) -> tuple[dict[str, Any], list[str]]:
    """One file, as JSON and as lines."""
    from tuienv.backends.base import backend_names
    from tuienv.credentials import has_secret
    from tuienv.spec import SpecError, load
    from tuienv.text import plain

    try:
        specs = load(Path(file), has_secret=has_secret, known_backends=backend_names())
    except SpecError as error:
        mistakes = [
            {"line": wrong.line, "column": wrong.column, "message": plain(wrong.message)} for wrong in error.mistakes
        ]
        return {"file": file, "environments": [], "mistakes": mistakes}, [plain(str(wrong)) for wrong in error.mistakes]
    found: dict[str, Any] = {"file": file, "environments": [spec.name for spec in specs], "mistakes": []}
    return found, [plain(f"{file}: ok: {', '.join(map(_summary, specs))}")]


def _summary(spec: EnvironmentSpec) -> str:
    return f"{spec.name} ({len(spec.layers)} layer{'' if len(spec.layers) == 1 else 's'})"


@click.command()
@common
def schema() -> None:
    """Print the JSON Schema of the environment file, for editors."""
    from tuienv.spec import schema

    click.echo(json.dumps(schema(), indent=2))
