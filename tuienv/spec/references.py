"""References inside values: ``${layers.db.url}`` and ``${secret:session-key}``. ``$${`` stands for a plain ``${``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tuienv.model import REFERENCE

SECRET_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_OPENING = re.compile(r"(?<!\$)\$\{")


@dataclass(frozen=True, slots=True)
class LayerReference:
    """``${layers.LAYER.FIELD}``"""

    layer: str
    field: str


@dataclass(frozen=True, slots=True)
class SecretReference:
    """``${secret:NAME}``"""

    name: str


@dataclass(frozen=True, slots=True)
class BadReference:
    """What begins like a reference and is none; `why` says what would be right."""

    why: str


def references(value: str) -> Iterator[LayerReference | SecretReference | BadReference]:
    """Everything in a value that is, or looks like, a reference."""
    for opening in _OPENING.finditer(value):
        found = REFERENCE.match(value, opening.start())
        if found is None:
            yield _bad(value[opening.start() :])
        elif found["secret"] is None:
            yield LayerReference(found["layer"], found["field"])
        elif SECRET_NAME.fullmatch(found["secret"]):
            yield SecretReference(found["secret"])
        else:
            yield BadReference(f"{found[0]!r} names no secret: use letters, digits, '-', '_' and '.' in its name")


def _bad(text: str) -> BadReference:
    shown, closed, _ = text[:60].partition("}")
    if not closed and "}" not in text:
        return BadReference(f"{shown!r} is not closed: end it with }}, or write $${{ for a plain ${{")
    layer = re.fullmatch(r"\$\{layers\.([a-z0-9-]+)", shown)
    if layer:
        return BadReference(f"'{shown}}}' names no field: write ${{layers.{layer[1]}.url}}")
    return BadReference(
        f"'{shown}{closed}' is no reference: write ${{layers.NAME.url}} or ${{secret:NAME}}, or $${{ for a plain ${{"
    )
