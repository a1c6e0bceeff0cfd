"""ECS: clusters, their services, their tasks.

ListServices gives a hundred names a page at most and DescribeServices takes ten of them; DescribeClusters and
DescribeTasks take a hundred (Amazon ECS API reference).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial

from tuienv.backends.aws import naming
from tuienv.backends.aws.health_checks import HEALTH, checks, health_in, is_for
from tuienv.backends.aws.looking.grouping import environment_of
from tuienv.backends.aws.looking.parts import Form, Part, Row, resource, stamp, tags_in, tail_of, word
from tuienv.backends.aws.looking.source import Source, in_batches
from tuienv.backends.aws.looking.statuses import task_status, wanted_status, with_target
from tuienv.backends.aws.revisions import revision_of
from tuienv.backends.aws.snapping import as_asked
from tuienv.backends.base import Forbidden, Invalid, NotFound
from tuienv.model import Address, Instance, Kind, Size, Status

SERVICES_A_CALL = 10
NAMES_A_CALL = 100
BOUNDS_A_CALL = 50

NO_BOUNDS = (0, 5000)
"""What holds where nothing scales by itself: the tasks that a service may have, by the service quotas of Amazon ECS."""

MIB = 1024**2


@dataclass
class Services(Source):
    """What ECS has. `tasks`: by cluster and service; what was run by hand is nobody's replica."""

    forms = frozenset({Form.SERVICE})
    kind = Kind.APP

    clusters: dict[str, Row] = field(default_factory=dict)
    services: list[Row] = field(default_factory=list)
    tasks: dict[tuple[str, str], list[Row]] = field(default_factory=lambda: defaultdict(list))

    def look(self) -> None:
        if self.scope.home is not None:
            ground = naming.cluster_name(self.scope.environment or "")
            self._clusters(sorted({*self.scope.home.clusters, ground}))
            return
        for page in self.asker.pages("ecs", "list_clusters", "clusterArns"):
            for arns in in_batches(page, NAMES_A_CALL):
                self.crew.add(partial(self._clusters, arns))

    def look_closely(self) -> None:
        """What those were made from that were stopped by us: no task is there to tell it. And, of the environment,
        between which bounds Application Auto Scaling keeps them."""
        self.crew.add(self._bounds)
        read = revision_of(self.asker, self.scope.notes)
        for row in self.services:
            if _stopped(row):
                self.crew.add(partial(read, str(row["taskDefinition"])))

    def grounds(self) -> list[str]:
        """The environments of ours that have their cluster, whatever else is there."""
        names = {str(row["clusterName"]): tags_in(row.get("tags")) for row in self.clusters.values()}
        return [tags[naming.ENVIRONMENT] for name, tags in names.items() if naming.is_ours(tags)]

    def parts(self) -> list[Part]:
        """Each service as a layer."""
        return [self._part(row) for row in self.services]

    def _part(self, row: Row) -> Part:
        if _stopped(row) and not self.tasks[_key(row)]:
            definition = self.scope.notes.revisions.get(str(row["taskDefinition"])) or {}
            return _part(row, (), _at_rest(row, definition))
        return _part(row, self.tasks[_key(row)])

    def _bounds(self) -> None:
        """Who may not ask has none."""
        ids = [bounds_key(row) for row in self.services if self._is_meant(row)]
        for identity in ids:
            self.scope.notes.bounds.put(identity, NO_BOUNDS)
        with suppress(Forbidden, Invalid):
            for batch in in_batches(ids, BOUNDS_A_CALL):
                for page in self.asker.pages(
                    "application-autoscaling",
                    "describe_scalable_targets",
                    "ScalableTargets",
                    ServiceNamespace="ecs",
                    ResourceIds=batch,
                    ScalableDimension="ecs:service:DesiredCount",
                ):
                    for row in page:
                        bounds = int(row["MinCapacity"]), int(row["MaxCapacity"])
                        self.scope.notes.bounds.put(str(row["ResourceId"]), bounds)

    def _is_meant(self, row: Row) -> bool:
        """Whether it is of the environment that is looked at, and its bounds were not read lately."""
        environment = environment_of(tags_in(row.get("tags")), tail_of(str(row["clusterArn"])), self.scope.notes.roots)
        noted = None if self.scope.thorough else self.scope.notes.bounds.get(bounds_key(row))
        return environment == self.scope.environment and noted is None

    def _clusters(self, arns: Sequence[str]) -> None:
        told = self.asker.ask("ecs", "describe_clusters", clusters=list(arns), include=["TAGS"])
        for row in told.get("clusters") or ():
            if row.get("status") != "INACTIVE":
                arn = str(row["clusterArn"])
                with self.lock:
                    self.clusters[arn] = row
                self._look_into(arn)

    def _look_into(self, cluster: str) -> None:
        self.crew.add(partial(self._list_services, cluster))
        self.crew.add(partial(self._list_tasks, cluster))

    def _list_services(self, cluster: str) -> None:
        with suppress(NotFound):  # the cluster is gone since
            for page in self.asker.pages(
                "ecs", "list_services", "serviceArns", tail_of(cluster), cluster=cluster, maxResults=NAMES_A_CALL
            ):
                for arns in in_batches(filter(self._is_wanted, page), SERVICES_A_CALL):
                    self.crew.add(partial(self._services, cluster, arns))

    def _is_wanted(self, service: str) -> bool:
        """In a cluster that several environments share, those of others need not be read again."""
        return self.scope.home is None or self.scope.notes.places.get(service) in (None, self.scope.environment)

    def _list_tasks(self, cluster: str) -> None:
        with suppress(NotFound):
            for page in self.asker.pages(
                "ecs", "list_tasks", "taskArns", tail_of(cluster), cluster=cluster, maxResults=NAMES_A_CALL
            ):
                for arns in in_batches(page, NAMES_A_CALL):
                    self.crew.add(partial(self._tasks, cluster, arns))

    def _services(self, cluster: str, arns: Sequence[str]) -> None:
        told = self.asker.ask(
            "ecs", "describe_services", tail_of(cluster), cluster=cluster, services=list(arns), include=["TAGS"]
        )
        rows = [row for row in told.get("services") or () if row.get("status") != "INACTIVE"]
        with self.lock:
            self.services += rows

    def _tasks(self, cluster: str, arns: Sequence[str]) -> None:
        told = self.asker.ask(
            "ecs", "describe_tasks", tail_of(cluster), cluster=cluster, tasks=list(arns), include=["TAGS"]
        )
        with self.lock:
            for row in told.get("tasks") or ():
                group = str(row.get("group", ""))
                if group.startswith("service:"):
                    self.tasks[str(row["clusterArn"]), group.removeprefix("service:")].append(row)


def bounds_key(row: Row) -> str:
    """What Application Auto Scaling calls a service."""
    return f"service/{tail_of(str(row['clusterArn']))}/{row['serviceName']}"


def _key(row: Row) -> tuple[str, str]:
    return str(row["clusterArn"]), str(row["serviceName"])


def _stopped(row: Row) -> int:
    """How many instances a service has at rest: ECS keeps none of those that were stopped, our tag says how many come
    back with a start."""
    kept = tags_in(row.get("tags")).get(naming.REPLICAS, "")
    return int(kept) if not row.get("desiredCount") and kept.isdecimal() and len(kept) < 5 else 0


def _at_rest(row: Row, definition: Row) -> tuple[Instance, ...]:
    tags = tags_in(definition.get("tags"))
    facets, size = naming.facets_of(tags), as_asked(Kind.APP, tags, task_size(definition))
    return tuple(
        Instance(str(number), f"{row['serviceName']}-{number}", Status.STOPPED, "stopped", facets=facets, size=size)
        for number in range(1, _stopped(row) + 1)
    )


def _part(row: Row, tasks: Sequence[Row], at_rest: tuple[Instance, ...] = ()) -> Part:
    members = {task_name(task): task for task in sorted(tasks, key=_age)}
    instances = at_rest or tuple(_instance(name, task) for name, task in members.items())
    tags = tags_in(row.get("tags"))
    arn, name, cluster = str(row["serviceArn"]), word(row["serviceName"]), tail_of(str(row["clusterArn"]))
    return Part(
        form=Form.SERVICE,
        kind=Kind.APP,
        arn=arn,
        name=name,
        status=Status.STOPPED if at_rest else service_status(row, instances),
        row=row,
        tags=tags,
        home=cluster,
        instances=instances,
        members=members,
        image=image_of(tasks),
        size=_size_of(instances),
        target_groups=frozenset(
            str(one["targetGroupArn"]) for one in row.get("loadBalancers") or () if "targetGroupArn" in one
        ),
        resources=(resource("ECS service", f"{cluster}/{name}"), *(resource("ECS task", one.id) for one in instances)),
    )


def service_status(row: Row, instances: Sequence[Instance]) -> Status:
    """How a service is: by its tasks, and whether it is still short of some."""
    if row.get("status") == "DRAINING":
        return Status.DELETING
    primary: Row = next((one for one in row.get("deployments") or () if one.get("status") == "PRIMARY"), {})
    failing = bool(primary.get("failedTasks")) or primary.get("rolloutState") == "FAILED"
    return wanted_status(instances, int(row.get("desiredCount") or 0), failing)


def task_name(task: Row) -> str:
    """What an instance is called: the first letters of its task's ID, which tell it from its neighbours."""
    return tail_of(str(task["taskArn"]))[:8]


def _age(task: Row) -> tuple[float, str]:
    return stamp(task.get("createdAt")) or 0.0, str(task["taskArn"])


def _instance(name: str, task: Row) -> Instance:
    told, tags = task_status(task), tags_in(task.get("tags"))
    return Instance(
        name=name,
        id=tail_of(str(task["taskArn"])),
        status=told[0],
        detail=told[1],
        started_at=stamp(task.get("startedAt")),
        host=word(task.get("availabilityZone")) or None,
        facets=naming.facets_of(tags),
        size=as_asked(Kind.APP, tags, task_size(task)),
    )


def with_targets(part: Part, targets: Mapping[str, str]) -> Part:
    """The same with what load balancers say of its tasks; `targets` by the address at which they reach them."""
    told = {name: targets[address] for name, row in part.members.items() if (address := address_of(row)) in targets}
    if part.form is not Form.SERVICE or not told:
        return part
    instances = tuple(_with_target(one, told.get(one.name, "")) for one in part.instances)
    return replace(part, instances=instances, status=service_status(part.row, instances))


def with_checks(part: Part, groups: Mapping[str, Row]) -> Part:
    """The same with how its load balancers really ask it, where they do otherwise than they were told to: that was not
    done yet, or somebody changed it. `groups`: all target groups, by ARN."""
    if part.form is not Form.SERVICE or HEALTH not in part.tags or not part.target_groups:
        return part
    layer = Address(part.tags.get(naming.ENVIRONMENT, ""), part.tags.get(naming.LAYER, ""))
    wanted = checks(health_in(part.tags[HEALTH]))["HealthCheckPath"]
    behind = [groups[arn] for arn in part.target_groups if arn in groups]
    asked = [word(row.get("HealthCheckPath")) for row in behind if is_for(row, layer)]
    other = next((path for path in asked if path and path != wanted), "")
    if not other:
        return part
    told = tuple(replace(one, facets={**one.facets, "health": other} if one.facets else {}) for one in part.instances)
    return replace(part, instances=told)


def _with_target(one: Instance, state: str) -> Instance:
    status, detail = with_target((one.status, one.detail), state)
    return replace(one, status=status, detail=detail)


def address_of(task: Row) -> str:
    """The address at which a load balancer reaches a task that has a network interface of its own; else empty."""
    for attachment in task.get("attachments") or ():
        for detail in attachment.get("details") or ():
            if detail.get("name") == "privateIPv4Address":
                return str(detail.get("value", ""))
    return ""


def task_size(task: Row) -> Size | None:
    """What a task has: CPU units are 1024ths of a core, memory is in MiB."""
    cpu, memory = str(task.get("cpu") or ""), str(task.get("memory") or "")
    if not (cpu.isdecimal() and memory.isdecimal()):
        return None
    return Size(cpu=int(cpu) / 1024, memory=int(memory) * MIB)


def _size_of(instances: Iterable[Instance]) -> Size | None:
    sizes = {one.size for one in instances}
    return sizes.pop() if len(sizes) == 1 else None


def image_of(tasks: Sequence[Row]) -> str:
    """The image of the newest task's first container."""
    newest = max(tasks, key=_age, default=None)
    containers = (newest or {}).get("containers") or ()
    return word(containers[0].get("image")) if containers else ""
