"""What was read of an app, as the API told it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tuienv.backends.base import Forbidden
from tuienv.backends.heroku.client import Row
from tuienv.backends.heroku.marks import LayerMark
from tuienv.backends.heroku.naming import MARK, Mark

WEB = "web"

_ROLLBACK = re.compile(r"Rollback to v(\d{1,9})$")
_CODE = ("Deploy", "Promote")
"""How the descriptions begin of releases that bring code (pushes and container releases, promotions)."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What changes with a release and not between two: the config vars, the attachments, the newest releases, the
    add-ons that the app pays for, and by the ID of an add-on, as far as it may be looked at, the variables that it
    gives to the app that pays for it (`gives`)."""

    config: Mapping[str, str] = field(default_factory=dict, repr=False)
    attachments: Sequence[Row] = ()
    releases: Sequence[Row] = ()
    addons: Sequence[Row] = ()
    gives: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def version(self) -> int:
        """The version of the release that is current; 0 where none is known."""
        return next((int(row["version"]) for row in self.releases if row.get("current")), 0)

    def code_version(self, version: int | None = None) -> int:
        """The version of the release that brought the code of a version, or that which runs now: config changes and
        rollbacks bring none of their own. 0 where it is not among those that are known."""
        by_version = {int(row["version"]): row for row in self.releases if row.get("status") == "succeeded"}
        version = self.version if version is None else version
        while version > 0:
            row = by_version.get(version, {})
            description = str(row.get("description", ""))
            back = _ROLLBACK.match(description)
            if back and int(back[1]) < version:
                version = int(back[1])
            elif description.startswith(_CODE):
                return version
            else:
                version -= 1
        return 0

    def has_code(self) -> bool:
        """Whether a release brought code; one that is older than those that are known is taken to have done so."""
        return self.code_version() > 0 or min((int(row["version"]) for row in self.releases), default=1) > 1

    def release(self, version: int) -> Row | None:
        return next((row for row in self.releases if int(row["version"]) == version), None)

    def attached(self, key: str) -> bool:
        """Whether a config var comes from an add-on. Beside a DATABASE_URL that does, a DATABASE_POOL may not."""
        return any(self._given_by(one, key) for one in self.attachments)

    def _given_by(self, attachment: Row, key: str) -> bool:
        """An add-on gives an app what it gives to the one that pays for it, under the attachment's name."""
        addon, name = attachment.get("addon") or {}, str(attachment.get("name"))
        names = self.gives.get(str(addon.get("id")))
        ending = key.removeprefix(name)
        begins = key.startswith(f"{name}_")
        if not names:
            return begins  # nobody tells: Heroku refuses to set what is not one's own
        here = addon.get("id") in [one.get("id") for one in self.addons]
        return (here and key in names) or (begins and any(one.endswith(ending) for one in names))

    def own(self) -> dict[str, str]:
        """The config vars that were set, without marks of ours and without those that come from add-ons."""
        return {key: value for key, value in self.config.items() if not key.startswith(MARK) and not self.attached(key)}


@dataclass(frozen=True, slots=True)
class AppState:
    """An app. `mark`: if it is ours; `settled`: only then; `formation` and `dynos`: None if they were not read;
    `refused`: why its mark, or what is settled, could not be read now."""

    row: Row
    mark: Mark | None = None
    settled: Settled = Settled()
    formation: Sequence[Row] | None = None
    dynos: Sequence[Row] | None = None
    refused: Forbidden | None = None

    @property
    def id(self) -> str:
        return str(self.row["id"])

    @property
    def name(self) -> str:
        return str(self.row["name"])

    def process(self, name: str) -> Row | None:
        """A process type of the formation."""
        return next((row for row in self.formation or () if row.get("type") == name), None)

    def types(self) -> list[str]:
        """The process types that run or could, web first."""
        found = [str(row["type"]) for row in self.formation or ()]
        return sorted(found, key=lambda name: (name != WEB, name))


@dataclass(frozen=True, slots=True)
class EnvironmentState:
    """An environment of ours: its ground, the marks of its layers that lie there, its apps by layer, its add-ons."""

    name: str
    ground: AppState | None = None
    layers: Mapping[str, LayerMark] = field(default_factory=dict)
    apps: Mapping[str, AppState] = field(default_factory=dict)
    addons: Sequence[Row] = ()
