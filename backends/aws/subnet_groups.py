"""The named group of subnets that a cache or a database stands on: one a layer, made before it and removed after it."""

from __future__ import annotations

from dataclasses import dataclass

from tuienv.backends.aws import naming
from tuienv.backends.aws.job import Job, having
from tuienv.backends.aws.network import Place
from tuienv.backends.aws.session import Row
from tuienv.model import Kind


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

    def ensure(self, job: Job, place: Place, name: str) -> str:
        """Have it, over the subnets of the place. Gives its name."""
        if self._find(job, name) is None:
            job.say(f"create {self.word} {name}")
            job.call(
                self.service,
                f"create_{self.call}",
                tried=f"create {self.word}",
                target=name,
                SubnetIds=list(place.subnets),
                Tags=naming.tag_list(job.tags(self.kind)),
                **{f"{self.prefix}Name": name, f"{self.prefix}Description": f"tuienv {job.address}"},
            )
        return name

    def delete(self, job: Job, name: str) -> None:
        """Remove it, once nothing stands on it any more."""
        if self._find(job, name) is None:
            return
        job.say(f"remove {self.word} {name}")
        job.settled(lambda: self._drop(job, name), having(self.in_use), f"{self.word} {name} is still in use")

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
        job.drop(
            self.service,
            f"delete_{self.call}",
            tried=f"remove {self.word}",
            target=name,
            **{f"{self.prefix}Name": name},
        )
        return {}


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
