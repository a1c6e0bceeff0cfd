"""Addresses as arguments: read, refused where they are wrong, and completed by the shell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from tuienv.model import Address


class AddressType(click.ParamType[Address]):
    """``ENV``, ``ENV/LAYER`` or ``ENV/LAYER/INSTANCE``; `least` and `most` say how many parts there must be."""

    name = "address"

    def __init__(self, least: int = 1, most: int = 2) -> None:
        self.least, self.most = least, most

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Address:
        if isinstance(value, Address):
            return value
        try:
            address = Address.parse(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if not self.least <= str(address).count("/") + 1 <= self.most:
            self.fail(f"{str(value)!r} is not what is asked for here: write {self._form()}", param, ctx)
        return address

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return [CompletionItem(name) for name in declared_names(self.most) if name.startswith(incomplete)]

    def _form(self) -> str:
        forms = ("ENV", "ENV/LAYER", "ENV/LAYER/INSTANCE")
        return " or ".join(forms[self.least - 1 : self.most])


ADDRESS = AddressType()
LAYER = AddressType(2, 2)
ANYTHING = AddressType(1, 3)


def declared_names(parts: int) -> Iterator[str]:
    """Environments and layers of the files that are found; a file that is wrong completes nothing, silently, for
    a shell has no place to say so."""
    from tuienv.settings import paths
    from tuienv.spec import SpecError, find, load

    for path in find(Path(), paths().config):
        try:
            specs = load(path)
        except SpecError:
            continue
        for spec in specs:
            yield spec.name
            if parts > 1:
                yield from (f"{spec.name}/{layer.name}" for layer in spec.layers)
