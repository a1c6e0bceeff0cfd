"""Names of apps, and the marks on them: how what tuienv made is found again, and told from what it did not make.

Names on Heroku are shared by everybody and 30 characters long. An app of ours is called ``<environment>-<layer>``,
shortened where it must be, and ends in four characters that follow from the rest and from whose account it is: two
teams with a shop do not take each other's names, and one list of names tells which apps may be ours. That they are,
only their mark says: the config var TUIENV, which names the app's own UUID, so that a copy of it marks nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tuienv.backends.heroku.client import Row
from tuienv.model import Address
from tuienv.text import plain

MARK = "TUIENV"
"""The config var by which an app is ours. It is written once, before anything runs there: no restart comes from it."""

LAYER_MARK = "TUIENV_LAYER_"
"""Begins the config vars on an environment's ground that say what its layers were made from. Nothing runs on that
app, so that writing them restarts nothing."""

LONGEST = 30
_CHECK = 4
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Mark:
    """What the mark on an app says. `layer` is empty on the ground."""

    environment: str
    layer: str
    app: str
    account: str = ""

    @property
    def address(self) -> Address:
        return Address(self.environment, self.layer)

    def written(self) -> str:
        parts = {"environment": self.environment, "layer": self.layer, "app": self.app, "account": self.account}
        return json.dumps(parts, sort_keys=True)


def app_name(address: Address, owner: str) -> str:
    """The name of a layer's app, or of the environment's ground. `owner`: the ID of the account or team whose it is."""
    stem = "-".join(part for part in (address.environment, address.layer) if part)
    if not stem[0].isalpha():
        stem = f"e{stem}"
    room = LONGEST - _CHECK - 1
    if len(stem) > room:
        stem = f"{stem[: room - _CHECK - 1].rstrip('-')}-{_check(stem, '')}"
    return f"{stem}-{_check(stem, owner)}"


def passing_name(address: Address, owner: str) -> str:
    """What an app is called until it is marked: nobody takes such a name by chance, so that after an interruption
    the app is known to be ours although nothing is written on it yet."""
    digest = hashlib.sha256(f"{owner}\n{address}".encode()).hexdigest()
    return f"tuienv-{digest[: LONGEST - len('tuienv-')]}"


def may_be_ours(name: str, owners: Iterable[str]) -> bool:
    """Whether an app of one of these owners bears a name that `app_name` gives."""
    stem, _, check = name.rpartition("-")
    return any(check == _check(stem, owner) for owner in owners)


def owners_of(app: Row) -> list[str]:
    """The IDs of those whose app it is: a team's apps belong to the team."""
    found = [app.get("team") or {}, app.get("owner") or {}]
    return [str(one["id"]) for one in found if one.get("id")]


def mark_of(app: Row, config: Mapping[str, str | None]) -> Mark | None:
    """The mark on an app; None where there is none, or one that belongs to another app."""
    written = _read(config.get(MARK))
    environment, layer = written.get("environment"), written.get("layer")
    if not isinstance(environment, str) or not isinstance(layer, str) or written.get("app") != app.get("id"):
        return None
    return Mark(segment(environment), segment(layer) if layer else "", str(app["id"]), str(written.get("account", "")))


def layer_variable(layer: str) -> str:
    return LAYER_MARK + layer.upper().replace("-", "_")


def addon_name(address: Address, ground: str) -> str:
    """The name of a data layer's add-on: shared by everybody as well, so it has the UUID of its app in it."""
    return f"{address.environment}-{address.layer}-{ground[:8]}"


def attachment_name(layer: str) -> str:
    return layer.upper().replace("-", "_")


def segment(text: str) -> str:
    """A part of an address: clean, and without the slash that separates parts."""
    return plain(text, 128).replace("/", "_").strip() or "_"


def _check(stem: str, owner: str) -> str:
    number = int.from_bytes(hashlib.sha256(f"{owner}\n{stem}".encode()).digest()[:8], "big")
    digits = ""
    for _ in range(_CHECK):
        number, digit = divmod(number, len(_DIGITS))
        digits += _DIGITS[digit]
    return digits


def _read(text: str | None) -> dict[str, object]:
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
