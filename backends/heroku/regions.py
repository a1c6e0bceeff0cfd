"""Where apps stand: what the file wants, and what Heroku has no way to do about it."""

from __future__ import annotations

from collections.abc import Collection

from tuienv.backends.base import Invalid
from tuienv.backends.heroku.client import Row
from tuienv.model import Address


def region_of(row: Row) -> str:
    return str((row.get("region") or {}).get("name", ""))


def check_known(wanted: str, known: Collection[str], address: Address) -> None:
    """Raises `Invalid` for a region that Heroku has not; any is taken while nobody knows which it has."""
    if wanted and known and wanted not in known:
        said = f"Heroku has no region {wanted}"
        raise Invalid("use the region of", address, said, f"It has: {', '.join(sorted(known))}.")


def check_stands(row: Row, wanted: str, address: Address) -> None:
    """Raises `Invalid` if an app that is there is not where the file wants it."""
    there = region_of(row)
    if wanted and there and there != wanted:
        said = f"app {row.get('name')} is in {there}, and Heroku moves no app to {wanted}"
        remedy = "Take the region back, or give the environment another name and move its data."
        raise Invalid("make", address, said, remedy)
