"""RDS: DB instances, and Aurora's clusters of them; both in pages of a hundred, with their tags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tuienv.backends.aws import naming
from tuienv.backends.aws.looking.caches import engine_of
from tuienv.backends.aws.looking.parts import Form, Part, Row, resource, stamp, tags_in, word
from tuienv.backends.aws.looking.source import Source
from tuienv.backends.aws.looking.statuses import data_status, roll_up
from tuienv.backends.aws.snapping import as_asked, storage_of
from tuienv.model import Instance, Kind, Size, Status


@dataclass
class Databases(Source):
    """What RDS has."""

    forms = frozenset({Form.DATABASE, Form.DATABASE_CLUSTER})
    kind = Kind.DATABASE

    instances: list[Row] = field(default_factory=list)
    clusters: dict[str, Row] = field(default_factory=dict)

    def look(self) -> None:
        self.crew.add(self._clusters)
        for page in self.asker.pages("rds", "describe_db_instances", "DBInstances"):
            with self.lock:
                self.instances += page

    def look_closely(self) -> None:
        """RDS tells everything at once."""

    def parts(self) -> list[Part]:
        """Each cluster with its instances, and each instance that is in none, as a layer."""
        members: dict[str, list[Row]] = {name: [] for name in self.clusters}
        alone: list[Row] = []
        for row in self.instances:
            members.get(str(row.get("DBClusterIdentifier", "")), alone).append(row)
        return [_cluster(self.clusters[name], rows) for name, rows in members.items()] + [_alone(row) for row in alone]

    def _clusters(self) -> None:
        if not self.scope.includes(frozenset({Form.DATABASE_CLUSTER})):
            return
        for page in self.asker.pages("rds", "describe_db_clusters", "DBClusters"):
            with self.lock:
                self.clusters.update({str(row["DBClusterIdentifier"]): row for row in page})


def _cluster(row: Row, members: Sequence[Row]) -> Part:
    name = str(row["DBClusterIdentifier"])
    by_name = {word(one["DBInstanceIdentifier"], 64): one for one in members}
    instances = tuple(_instance(label, one, tags_in(row.get("TagList"))) for label, one in sorted(by_name.items()))
    told = data_status(row.get("Status"))
    endpoint = word(row.get("Endpoint"))
    return Part(
        form=Form.DATABASE_CLUSTER,
        kind=Kind.DATABASE,
        arn=str(row.get("DBClusterArn", "")),
        name=word(name),
        status=told[0] if told[0] is not Status.RUNNING or not instances else roll_up(instances),
        row=row,
        tags=tags_in(row.get("TagList")),
        instances=instances,
        members=by_name,
        image=engine_of(row),
        size=_size_of(instances),
        endpoints=(f"{endpoint}:{row.get('Port')}",) if endpoint else (),
        resources=(
            resource("DB cluster", name, holds_data=True),
            *(resource("DB instance", one) for one in by_name),
        ),
    )


def _alone(row: Row) -> Part:
    name, tags = str(row["DBInstanceIdentifier"]), tags_in(row.get("TagList"))
    instance = _instance("1", row, tags)
    endpoint = endpoint_of(row)
    return Part(
        form=Form.DATABASE,
        kind=Kind.DATABASE,
        arn=str(row.get("DBInstanceArn", "")),
        name=word(name),
        status=instance.status,
        row=row,
        tags=tags,
        instances=(instance,),
        members={"1": row},
        image=engine_of(row),
        size=instance.size,
        storage=storage_of(row.get("AllocatedStorage"), tags),
        endpoints=(endpoint,) if endpoint else (),
        resources=(resource("DB instance", name, holds_data=True),),
    )


def _instance(label: str, row: Row, tags: Mapping[str, str]) -> Instance:
    status, detail = data_status(row.get("DBInstanceStatus"))
    node_type = word(row.get("DBInstanceClass"), 64)
    return Instance(
        name=label.replace("/", "_"),
        id=word(row.get("DBInstanceIdentifier")),
        status=status,
        detail=detail,
        started_at=stamp(row.get("InstanceCreateTime")),
        host=word(row.get("AvailabilityZone")) or None,
        facets=naming.facets_of(tags),
        size=as_asked(Kind.DATABASE, tags, Size(node_type) if node_type else None),
    )


def _size_of(instances: Sequence[Instance]) -> Size | None:
    sizes = {one.size for one in instances}
    return sizes.pop() if len(sizes) == 1 else None


def endpoint_of(row: Row) -> str:
    endpoint = row.get("Endpoint") or {}
    host = word(endpoint.get("Address"))
    return f"{host}:{endpoint.get('Port')}" if host else ""
