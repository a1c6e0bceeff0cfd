"""Dyno sizes: what the sizes that mean the same everywhere are on Heroku, and the rules of the tiers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tuienv.backends.base import Invalid
from tuienv.model import SIZES, Address, Size

DYNOS: Mapping[str, str] = {
    "micro": "basic",
    "small": "standard-1x",
    "medium": "standard-2x",
    "large": "performance-m",
    "xlarge": "performance-l",
}
"""From a size that means the same everywhere to the dyno that has at least as much memory."""

ALONE = frozenset({"eco", "basic"})
"""Tiers with one dyno a process type (Dev Center, "Dyno Tiers")."""

_COMMON = {dyno: SIZES[name] for name, dyno in DYNOS.items()}


def size_of(dyno: str) -> Size:
    """A dyno's size as it is shown. It counts as big as the common size that it stands for: the memory is never less,
    and the processors of shared dynos are shares that Heroku puts no number on."""
    name = dyno.lower()
    common = _COMMON.get(name)
    return Size(name) if common is None else Size(name, common.cpu, common.memory)


def dyno_of(size: Size, address: Address) -> str:
    """The dyno of a wanted size; empty where none is wanted. Raises `Invalid` for numbers that no dyno stands for."""
    if size == Size():
        return ""
    for name, common in SIZES.items():
        if size.same_as(common):
            return DYNOS[name]
    if size.name and (size.cpu, size.memory) == (None, None):
        return size.name.lower()
    known = ", ".join([*DYNOS, *DYNOS.values()])
    raise Invalid("use size", size, f"no dyno of {address} has it", f"Dynos have fixed sizes: write one of {known}.")


def tier_of(dyno: str) -> str:
    """Sizes of one tier can stand side by side in an app."""
    name = dyno.lower()
    return name if name in ALONE else "professional"


def check_tiers(address: Address, process: str, dyno: str, quantity: int, others: Iterable[tuple[str, str]]) -> None:
    """Raises `Invalid` where Heroku would refuse, with the reason. `others`: process types of the app that run, and
    their sizes."""
    if dyno.lower() in ALONE and quantity > 1:
        said = f"{dyno.lower()} dynos run one of a kind, and {quantity} of {process} are wanted"
        raise Invalid("scale", address, said, "Choose standard-1x or more: write size: small, or scale with --size.")
    for other, size in others:
        if other != process and tier_of(size) != tier_of(dyno):
            said = f"{process} would be {dyno.lower()} beside {other}, which is {size.lower()}: an app has one tier"
            raise Invalid("use size", dyno.lower(), said, f"Resize {other} as well, or keep to its tier.")
