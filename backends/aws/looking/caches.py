"""ElastiCache: replication groups, clusters that are in none, and their nodes.

Both come in pages of a hundred. Tags are told for one ARN at a time, so they are taken from the Tagging API, a hundred
a page, and asked one by one only for what bears a name of ours and is not there yet (the Tagging API runs behind).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from tuienv.backends.aws import naming
from tuienv.backends.aws.looking.parts import Form, Part, Row, resource, stamp, tags_in, word
from tuienv.backends.aws.looking.source import Source
from tuienv.backends.aws.looking.statuses import data_status, roll_up
from tuienv.backends.aws.snapping import as_asked
from tuienv.backends.base import NotFound, ProviderError
from tuienv.model import UNFINISHED, Address, Instance, Kind, Size, Status

CACHE_TYPES = ("elasticache:replicationgroup", "elasticache:cluster")

CATCHES_UP = 3600.0
"""Seconds after which the Tagging API surely knows the tags of something new."""


@dataclass
class Caches(Source):
    """What ElastiCache has. `told`: the tags that the Tagging API has, None where it may not be asked."""

    forms = frozenset({Form.REPLICATION_GROUP, Form.CACHE_CLUSTER})
    kind = Kind.CACHE

    groups: list[Row] = field(default_factory=list)
    clusters: dict[str, Row] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    told: dict[str, dict[str, str]] | None = field(default_factory=dict)

    def look(self) -> None:
        self.crew.add(self._clusters)
        self.crew.add(self._tagged)
        for page in self.asker.pages("elasticache", "describe_replication_groups", "ReplicationGroups"):
            with self.lock:
                self.groups += page

    def look_closely(self) -> None:
        """The tags of what may be of the environment, of what the Tagging API does not know yet, and of everything
        where that may not be asked."""
        for row in (*self.groups, *self._alone()):
            arn = str(row.get("ARN", ""))
            noted = None if self.scope.thorough else self.scope.notes.tags.get(arn)
            if noted is not None:
                self.tags[arn] = noted
            elif self.told is None or self._may_be_meant(row) or (arn not in self.told and is_new(row)):
                self.crew.add(partial(self._tags, arn))
            else:
                self.tags[arn] = self.told.get(arn, {})

    def parts(self) -> list[Part]:
        """Each replication group, and each cluster that is in none, as a layer; without its tags it is gone
        meanwhile."""
        groups = [_group(row, self) for row in self.groups if str(row.get("ARN", "")) in self.tags]
        return groups + [_cluster(row, self) for row in self._alone() if str(row.get("ARN", "")) in self.tags]

    def _alone(self) -> list[Row]:
        return [row for row in self.clusters.values() if not row.get("ReplicationGroupId")]

    def _may_be_meant(self, row: Row) -> bool:
        """Whether it bears a name that we give in the environment that is looked at."""
        environment, name = self.scope.environment, str(row.get("ReplicationGroupId") or row.get("CacheClusterId"))
        return environment is not None and name.startswith(stem_of(environment))

    def _clusters(self) -> None:
        for page in self.asker.pages("elasticache", "describe_cache_clusters", "CacheClusters", ShowCacheNodeInfo=True):
            with self.lock:
                self.clusters.update({str(row["CacheClusterId"]): row for row in page})

    def _tagged(self) -> None:
        """Only where everything is looked at: of what was seen before, the tags were noted."""
        if self.scope.home is not None:
            self.told = None
            return
        found: dict[str, dict[str, str]] = {}
        try:
            for page in self.asker.pages(
                "resourcegroupstaggingapi",
                "get_resources",
                "ResourceTagMappingList",
                ResourceTypeFilters=CACHE_TYPES,
                ResourcesPerPage=100,
            ):
                found.update({str(row["ResourceARN"]): tags_in(row.get("Tags")) for row in page})
        except ProviderError:
            self.told = None
        else:
            self.told = found

    def _tags(self, arn: str) -> None:
        with suppress(NotFound):
            told = self.asker.ask("elasticache", "list_tags_for_resource", arn, ResourceName=arn)
            tags = tags_in(told.get("TagList"))
            self.scope.notes.tags.put(arn, tags)
            with self.lock:
                self.tags[arn] = tags


def stem_of(environment: str) -> str:
    """What the names begin with that we give in an environment, however much they had to be shortened."""
    name = naming.name_of(Address(environment, "x"), naming.CACHE_LENGTH)
    return name[: min(len(environment), naming.CACHE_LENGTH // 2)]


def is_new(row: Row) -> bool:
    """Whether it was made so lately that the Tagging API may not know of it."""
    made = stamp(row.get("ReplicationGroupCreateTime") or row.get("CacheClusterCreateTime"))
    return made is None or time.time() - made < CATCHES_UP


def _group(row: Row, found: Caches) -> Part:
    name, arn = str(row["ReplicationGroupId"]), str(row.get("ARN", ""))
    tags, told = found.tags.get(arn, {}), data_status(row.get("Status"))
    members: dict[str, Row] = {
        member_name(name, str(member["CacheClusterId"])): {
            **found.clusters.get(str(member["CacheClusterId"]), {}),
            **member,
        }
        for shard in row.get("NodeGroups") or ()
        for member in shard.get("NodeGroupMembers") or ()
        if member.get("CacheClusterId")
    } or {
        member_name(name, one): found.clusters.get(one, {"CacheClusterId": one})
        for one in row.get("MemberClusters") or ()
    }
    facets = _facets(row, tags, len(members))
    instances = tuple(_node(label, one, row, tags, told, facets) for label, one in sorted(members.items()))
    first = next(iter(members.values()), {})
    return Part(
        form=Form.REPLICATION_GROUP,
        kind=Kind.CACHE,
        arn=arn,
        name=word(name),
        status=told[0] if told[0] is not Status.RUNNING or not instances else roll_up(instances),
        row=row,
        tags=tags,
        instances=instances,
        members=members,
        image=engine_of({**row, **{key: first[key] for key in ("Engine", "EngineVersion") if key in first}}),
        size=as_asked(Kind.CACHE, tags, size_of(row)),
        endpoints=tuple(filter(None, [group_endpoint(row)])),
        resources=(resource("replication group", name, holds_data=True),),
    )


def _facets(row: Row, tags: Mapping[str, str], nodes: int) -> Mapping[str, str]:
    """What it was made from; and what its replicas lack for taking over from its primary, as where adding them was
    interrupted: tuienv has that on wherever there is a replica."""
    made_from = naming.facets_of(tags)
    if not made_from or nodes < 2 or row.get("Status") != "available":
        return made_from
    if row.get("AutomaticFailover") == "disabled":
        return {**made_from, UNFINISHED: "failover is off"}
    if row.get("MultiAZ") == "disabled" and made_from.get("options.multi_az") == "true":
        return {**made_from, UNFINISHED: "all nodes are in one zone"}
    return made_from


def _node(
    label: str, row: Row, group: Row, tags: Mapping[str, str], told: tuple[Status, str], facets: Mapping[str, str]
) -> Instance:
    """A node; without a word of its own it is as its group is."""
    status = data_status(row.get("CacheClusterStatus") or group.get("Status"))
    if told[0] is Status.DELETING:
        status = told
    role = word(row.get("CurrentRole"), 32)
    return Instance(
        name=label,
        id=word(row.get("CacheClusterId")),
        status=status[0],
        detail=status[1] or told[1] or role,
        started_at=stamp(row.get("CacheClusterCreateTime") or group.get("ReplicationGroupCreateTime")),
        host=word(row.get("PreferredAvailabilityZone")) or None,
        facets=facets,
        size=as_asked(Kind.CACHE, tags, size_of({**group, **row})),
    )


def _cluster(row: Row, found: Caches) -> Part:
    name, arn = str(row["CacheClusterId"]), str(row.get("ARN", ""))
    tags, told = found.tags.get(arn, {}), data_status(row.get("CacheClusterStatus"))
    nodes = row.get("CacheNodes") or [{"CacheNodeId": "0001"}]
    members = {node_number(str(node.get("CacheNodeId", ""))): {**row, **node} for node in nodes}
    facets = naming.facets_of(tags)
    instances = tuple(_node(label, one, row, tags, told, facets) for label, one in sorted(members.items()))
    return Part(
        form=Form.CACHE_CLUSTER,
        kind=Kind.CACHE,
        arn=arn,
        name=word(name),
        status=told[0],
        row=row,
        tags=tags,
        instances=instances,
        members=members,
        image=engine_of(row),
        size=as_asked(Kind.CACHE, tags, size_of(row)),
        endpoints=tuple(filter(None, [cluster_endpoint(row)])),
        resources=(resource("cache cluster", name, holds_data=True),),
    )


def member_name(group: str, cluster: str) -> str:
    """What a node is called beside its neighbours: ``1`` for ``shop-cache-001``, ``0001-2`` for ``…-0001-002``."""
    own = cluster.removeprefix(f"{group}-")
    *shard, number = own.split("-")
    return "-".join([*shard, node_number(number)]) or "1"


def node_number(text: str) -> str:
    return str(int(text)) if text.isdecimal() and len(text) < 9 else word(text, 64).replace("/", "_") or "1"


def engine_of(row: Row) -> str:
    """``redis 7.1``: what runs there, in the place of an image."""
    return word(" ".join(str(row[key]) for key in ("Engine", "EngineVersion") if row.get(key)))


def size_of(row: Row) -> Size | None:
    node_type = word(row.get("CacheNodeType"), 64)
    return Size(node_type) if node_type else None


def group_endpoint(row: Row) -> str:
    """Where a replication group is reached: for cluster mode by its own endpoint, else at its primary."""
    shards = row.get("NodeGroups") or ()
    primary = shards[0].get("PrimaryEndpoint") if shards else None
    return _host_and_port(row.get("ConfigurationEndpoint") or primary or {})


def cluster_endpoint(row: Row) -> str:
    nodes = row.get("CacheNodes") or ()
    return _host_and_port(row.get("ConfigurationEndpoint") or (nodes[0].get("Endpoint") if nodes else None) or {})


def _host_and_port(endpoint: Row) -> str:
    host = word(endpoint.get("Address"))
    return f"{host}:{endpoint.get('Port')}" if host else ""
