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
    """What changes with a release and not between two: the config vars, the attachments, the newest releases, and the
    add-ons that the app pays for."""

    config: Mapping[str, str] = field(default_factory=dict, repr=False)
    attachments: Sequence[Row] = ()
    releases: Sequence[Row] = ()
    addons: Sequence[Row] = ()

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

    def release(self, version: int) -> Row | None:
        return next((row for row in self.releases if int(row["version"]) == version), None)

    def attached(self, key: str) -> bool:
        """Whether a config var comes from an add-on."""
        if any(key.startswith(f"{one.get('name')}_") for one in self.attachments):
            return True
        return any(key in ((one.get("addon") or {}).get("config_vars") or ()) for one in self.attachments)

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
