"""What caches and databases have in common: data that must not be lost by accident, and minutes for every change."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tuienv.backends.aws import naming
from tuienv.backends.aws.job import Job
from tuienv.backends.aws.network import Place, ensure_group, place_of
from tuienv.backends.aws.options import check_options, flag_option
from tuienv.backends.aws.session import Row
from tuienv.backends.aws.snapping import size_tag
from tuienv.backends.base import Conflict, Invalid, NotFound
from tuienv.model import Kind, LayerSpec

SNAPSHOT = "tuienv:snapshot"
"""``no`` where the file says that no last snapshot is wanted when it is deleted."""

TAKES = 3600.0
"""Seconds that a change may take: a database is made in ten minutes and changed within the hour."""

BUSY = frozenset(
    {
        "creating",
        "modifying",
        "backing-up",
        "rebooting",
        "renaming",
        "resetting-master-credentials",
        "starting",
        "stopping",
        "upgrading",
        "maintenance",
        "configuring-enhanced-monitoring",
        "configuring-iam-database-auth",
        "configuring-log-exports",
        "converting-to-vpc",
        "moving-to-vpc",
        "storage-config-upgrade",
        "storage-initialization",
        "snapshotting",
        "rebooting cluster nodes",
        "delete-precheck",
        "deleting",
    }
)
"""States that pass by themselves, and in which nothing else can be asked for (Amazon RDS, "Viewing DB instance status";
ElastiCache API reference, ReplicationGroup)."""

SERVES = ("available", "storage-optimization")
"""States in which it serves and takes orders. RDS is at a storage that grew, by itself too, for hours or a day."""

_NOTHING: Row = {}


@dataclass(frozen=True, slots=True)
class Stores:
    """How one service has its caches or databases. `call`, `key`, `identifier`, `state`, `arn`: how they are described,
    and what the answer calls that; `modify`: how they are changed; `tags`: what is written on one; `length`: of a name;
    `why`: the command that tells why one does not serve."""

    service: str
    word: str
    call: str
    key: str
    identifier: str
    state: str
    arn: str
    modify: str
    tags: Callable[[Job, Row], dict[str, str]]
    length: int
    why: str

    def name(self, job: Job) -> str:
        return naming.name_of(job.address, self.length)

    def state_of(self, row: Row | None) -> str:
        return str((row or {}).get(self.state, ""))

    # --- looking ------------------------------------------------------------------------------------------------

    def named(self, job: Job) -> Row | None:
        """What bears the layer's name, whoever made it."""
        name = {self.identifier: self.name(job)}
        row: Row | None = job.find(self.service, self.call, self.key, tried=f"look for the {self.word} of", **name)
        return row

    def idle(self, job: Job) -> Row | None:
        """The same, once it is at nothing any more: it takes no order before."""
        seen: list[Row | None] = []

        def look() -> str:
            seen[:] = [self.named(job)]
            state = self.state_of(seen[0])
            return f"{self.name(job)} is {state}" if state in BUSY else ""

        job.wait(look, TAKES, tried="wait for")
        return seen[0]

    def find(self, job: Job) -> Row | None:
        """The layer's, if it is there, once it is at nothing. Raises `Conflict` where others have one of that name."""
        row = self.idle(job)
        if row is not None and not self._is_ours(job, row):
            said = f"there is a {self.word} of that name which others made"
            raise Conflict(f"use {self.word}", self.name(job), said, "Give the environment or the layer another name.")
        return row

    def existing(self, job: Job) -> Row:
        """The same. Raises `NotFound` too."""
        row = self.find(job)
        if row is None:
            raise NotFound(str(job.change.action), job.address, "it does not exist", "Create it with apply.")
        return row

    def is_there(self, job: Job) -> bool:
        """Whether the layer has one, whatever it is at."""
        row = self.named(job)
        return row is not None and self._is_ours(job, row)

    def going(self, job: Job) -> Row | None:
        """What is to be removed: the layer's, at nothing or on its way out already; nothing of others."""
        row = self.named(job)
        if self.state_of(row) == "deleting":
            return row
        row = self.idle(job)
        return row if row is not None and self._is_ours(job, row) else None

    def _is_ours(self, job: Job, row: Row) -> bool:
        return naming.is_of(self.tags(job, row), job.address)

    # --- waiting ------------------------------------------------------------------------------------------------

    def wait_available(self, job: Job, asked: Mapping[str, Any] = _NOTHING) -> Row:
        """Wait until it serves, and has what was `asked` of it: an order is pending beside what is, before it begins.
        Raises `Conflict` with its state where it cannot."""
        seen: list[Row] = []

        def look() -> str:
            row = self.named(job)
            if row is None:
                raise Conflict("wait for", job.address, "it was deleted meanwhile", "Apply again.")
            seen[:], state = [row], self.state_of(row)
            if state in BUSY:
                return f"{self.name(job)} is {state}"
            if asked.keys() & (row.get("PendingModifiedValues") or {}).keys():
                return f"{self.name(job)} is about to change"
            if state not in SERVES:
                said = f"the {self.word} is {state}"
                raise Conflict(
                    str(job.change.action), job.address, said, f"`{self.why}` tells why {self.name(job)} is."
                )
            return ""

        job.wait(look, TAKES, tried="wait for")
        return seen[0]

    def wait_gone(self, job: Job) -> None:
        def look() -> str:
            row = self.named(job)
            return f"{self.name(job)} is {self.state_of(row)}" if row is not None else ""

        job.wait(look, TAKES, tried="wait for the end of")

    # --- changing -----------------------------------------------------------------------------------------------

    def change(self, job: Job, **changes: Any) -> Row:
        """Have it changed at once, and wait until it serves so."""
        name = self.name(job)
        job.say(f"change {self.word} {name}")
        told = {self.identifier: name, "ApplyImmediately": True, **changes}
        job.call(self.service, self.modify, tried=f"change {self.word}", target=name, **told)
        return self.wait_available(job, changes)

    def write_tags(self, job: Job, row: Row, wanted: Mapping[str, str]) -> None:
        """Have it bear these tags; what else there is of ours goes, if the change is about all of the layer."""
        has, arn = self.tags(job, row), str(row[self.arn])
        if any(has.get(key) != value for key, value in wanted.items()):
            tags = naming.tag_list(wanted)
            job.call(self.service, "add_tags_to_resource", tried="tag", ResourceName=arn, Tags=tags)
        old = [key for key in has if key.startswith(naming.PREFIX) and key not in wanted] if job.change.spec else []
        if old:
            job.call(self.service, "remove_tags_from_resource", tried="untag", ResourceName=arn, TagKeys=old)


def prepare(job: Job, spec: LayerSpec, kind: Kind, port: int) -> tuple[Place, str]:
    """Where it stands, and the ID of its security group."""
    check_options(spec)
    place = place_of(job, spec)
    return place, ensure_group(job, kind, place.vpc, port)


def tags_for(job: Job, spec: LayerSpec) -> dict[str, str]:
    """Everything that is written on it."""
    keeps = flag_option(spec, "final_snapshot", True)
    return {
        **job.tags(spec.kind),
        **naming.facet_tags(job.change.facets),
        **size_tag(spec.size),
        SNAPSHOT: "yes" if keeps else "no",
    }


def wants_snapshot(tags: Mapping[str, str]) -> bool:
    return tags.get(SNAPSHOT, "yes") != "no"


def snapshot_name(name: str, limit: int = 255) -> str:
    """``shop-db-final-20261124-120000``: what the last snapshot is called; no two are called the same."""
    ending = time.strftime("-final-%Y%m%d-%H%M%S", time.gmtime())
    return name[: limit - len(ending)].rstrip("-") + ending


def refuse_variables(spec: LayerSpec, known: Iterable[str]) -> None:
    """Raises `Invalid` for a variable that a managed service has no place for."""
    known = sorted(known)
    for name in spec.environment:
        if name not in known:
            said = f"AWS takes no variable {name} for a {spec.kind}"
            raise Invalid("create", spec.name, said, f"It takes {', '.join(known)}." if known else "")


def differing(has: Row, wanted: Row) -> Row:
    """What of `wanted` is not so yet."""
    return {key: value for key, value in wanted.items() if has.get(key) != value}
