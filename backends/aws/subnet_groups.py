"""The named group of subnets that a cache or a database stands on: one a layer, made before it and removed after it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from tuienv.backends.aws import naming
from tuienv.backends.aws.job import Job, having
from tuienv.backends.aws.network import Place
from tuienv.backends.aws.options import asked
from tuienv.backends.aws.session import Row
from tuienv.backends.base import Conflict, NotFound
from tuienv.model import Kind, LayerSpec

_WORDS = {"modify": "change", "delete": "remove"}


@dataclass(frozen=True, slots=True)
class SubnetGroups:
    """How one service calls them. `prefix`: of the parameters (``DBSubnetGroup``, as in ``DBSubnetGroupName``); `call`:
    in the operations (``db_subnet_group``); `in_use`: the error of one that something still stands on."""

    kind: Kind
    service: str
    prefix: str
    call: str
    word: str
    in_use: str

    def ensure(self, job: Job, spec: LayerSpec, place: Place, name: str) -> str:
        """Have it, over the subnets of the place. Gives its name. Raises `Conflict` where others have one of it."""
        found = self._find(job, name)
        if found is not None and not self._is_ours(job, found):
            said = f"there is a {self.word} of that name which others made"
            raise Conflict(f"use {self.word}", name, said, "Give the environment or the layer another name.")
        if found is None:
            job.say(f"create {self.word} {name}")
            job.call(
                self.service,
                f"create_{self.call}",
                tried=f"create {self.word}",
                target=name,
                SubnetIds=list(place.subnets),
                Tags=naming.tag_list(job.tags(self.kind)),
                **{f"{self.prefix}Name": name, f"{self.prefix}Description": _description(job)},
            )
        elif asked(job.change, spec, "subnets") and _subnets_in(found) != set(place.subnets):
            job.say(f"change {self.word} {name}")
            self._order(job, "modify", name, SubnetIds=list(place.subnets))
        return name

    def delete(self, job: Job, name: str) -> None:
        """Remove it, once nothing stands on it any more."""
        found = self._find(job, name)
        if found is None or not self._is_ours(job, found):
            return
        job.say(f"remove {self.word} {name}")
        job.settled(lambda: self._drop(job, name), having(self.in_use), f"{self.word} {name} is still in use")

    def _is_ours(self, job: Job, row: Row) -> bool:
        return row.get(f"{self.prefix}Description") == _description(job)

    def _find(self, job: Job, name: str) -> Row | None:
        found: Row | None = job.find(
            self.service,
            f"describe_{self.call}s",
            f"{self.prefix}s",
            tried=f"look for {self.word}",
            target=name,
            **{f"{self.prefix}Name": name},
        )
        return found

    def _drop(self, job: Job, name: str) -> Row:
        with suppress(NotFound):
            self._order(job, "delete", name)
        return {}

    def _order(self, job: Job, verb: str, name: str, **more: Any) -> None:
        told = {f"{self.prefix}Name": name, **more}
        job.call(self.service, f"{verb}_{self.call}", tried=f"{_WORDS[verb]} {self.word}", target=name, **told)


def _subnets_in(row: Row) -> set[str]:
    return {str(one["SubnetIdentifier"]) for one in row.get("Subnets") or ()}


def _description(job: Job) -> str:
    """What it says of itself: of the two that tell whose it is, the one that costs no further call."""
    return f"tuienv {job.address}"


CACHE_SUBNETS = SubnetGroups(
    Kind.CACHE,
    "elasticache",
    "CacheSubnetGroup",
    "cache_subnet_group",
    "cache subnet group",
    "CacheSubnetGroupInUse",
)
DB_SUBNETS = SubnetGroups(
    Kind.DATABASE,
    "rds",
    "DBSubnetGroup",
    "db_subnet_group",
    "DB subnet group",
    "InvalidDBSubnetGroupStateFault",
)
