"""``scale``: how many, and how big."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click

from tuienv.cli import carrying
from tuienv.cli.addresses import LAYER
from tuienv.cli.codes import Exit
from tuienv.cli.common import with_session
from tuienv.cli.errors import say
from tuienv.cli.session import Session
from tuienv.model import SIZES, Address, LayerSpec, Operation, Size, Verb

MOST = 10_000
"""Replicas that one command may ask for: a slip of the hand stops here, not at the provider's bill."""

_DIGITS = re.compile(r"0*[0-9]{1,9}", re.ASCII)


class Wanted(click.ParamType[tuple[Address, int | None]]):
    """``ENV/LAYER=5``, or ``ENV/LAYER`` alone where only the size changes."""

    name = "scale"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[Address, int | None]:
        name, given, count = str(value).partition("=")
        address = LAYER.convert(name, param, ctx)
        if not given:
            return address, None
        if not _DIGITS.fullmatch(count) or int(count) > MOST:
            self.fail(f"{count!r} is not a number of instances: write {name}=5, at most {MOST}", param, ctx)
        return address, int(count)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[click.shell_completion.CompletionItem]:
        return LAYER.shell_complete(ctx, param, incomplete)


class SizeType(click.ParamType[Size]):
    """A size's name, or ``cpu=0.5,memory=512MiB``: as in the environment file."""

    name = "size"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Size:
        try:
            return _size(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


def _size(text: str) -> Size:
    from tuienv.spec.units import cores, memory, named_size

    if "=" not in text:
        return named_size(text)
    parts = dict(part.strip().partition("=")[::2] for part in text.split(","))
    if not parts.keys() <= {"cpu", "memory"}:
        raise ValueError(f"{text!r} is no size: write a name such as small, or cpu=0.5,memory=512MiB")
    cpu, amount = parts.get("cpu"), parts.get("memory")
    return Size(cpu=None if cpu is None else cores(cpu), memory=None if amount is None else memory(amount))


@click.command()
@click.option("--size", type=SizeType(), help=f"How big each instance is: {', '.join(SIZES)}, or cpu=1,memory=1GiB.")
@click.argument("wanted", metavar="ENV/LAYER[=N]...", nargs=-1, required=True, type=Wanted())
@with_session
def scale(session: Session, wanted: tuple[tuple[Address, int | None], ...], size: Size | None) -> int:
    """Change how many instances run, or how big they are. Changes what runs, not the file."""
    for address, replicas in wanted:
        if replicas is None and size is None:
            raise click.UsageError(f"how many? Write {address}=5, or add --size")
    code = carrying.carry_out(
        session, [Operation(Verb.SCALE, address, replicas=count, size=size) for address, count in wanted]
    )
    if code == Exit.DONE:
        for address, count in wanted:
            _hint(session, address, count, size)
    return code


def _hint(session: Session, address: Address, replicas: int | None, size: Size | None) -> None:
    """The file still says what it said, and the next apply goes by it."""
    spec = session.spec(address.environment)
    declared = spec.layer(address.layer) if spec else None
    if spec is None or declared is None:
        return
    differing = list(_differing(declared, replicas, size))
    if differing:
        said = " and ".join(differing)
        say(f"{spec.source} still says {said} for {address.layer}: plan shows it, and apply goes back to it.")
    if size is not None and declared.size == Size():
        say(f"{spec.source} says no size for {address.layer}: new instances go without. Write it there to keep it.")


def _differing(declared: LayerSpec, replicas: int | None, size: Size | None) -> Iterator[str]:
    """What the file says otherwise. A file without a size leaves any size alone."""
    if replicas is not None and replicas != declared.replicas:
        yield f"replicas: {declared.replicas}"
    if size is not None and declared.size != Size() and not declared.size.same_as(size):
        yield f"size: {declared.size}"
