"""Load balancers, their target groups, and how their targets are.

Load balancers and target groups come in pages of 400, tags for twenty ARNs a call. Listeners and target health are told
for one load balancer and one target group at a time, so they are asked for what is looked at, and remembered for the
rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from tuienv.backends.aws import naming
from tuienv.backends.aws.looking.grouping import environment_of
from tuienv.backends.aws.looking.parts import Form, Part, Row, resource, stamp, tags_in, word
from tuienv.backends.aws.looking.source import Source, in_batches
from tuienv.backends.aws.looking.statuses import balancer_status
from tuienv.backends.base import Forbidden, NotFound
from tuienv.model import Instance, Kind

TAGS_A_CALL = 20

_DEFAULT_PORTS = {"HTTP": 80, "HTTPS": 443}


@dataclass
class Balancers(Source):
    """What ELBv2 has."""

    forms = frozenset({Form.LOAD_BALANCER})
    kind = Kind.LOAD_BALANCER

    balancers: list[Row] = field(default_factory=list)
    groups: list[Row] = field(default_factory=list)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    listeners: dict[str, Sequence[Row]] = field(default_factory=dict)
    health: dict[str, Sequence[Row]] = field(default_factory=dict)

    def look(self) -> None:
        """All load balancers with their tags, and all target groups."""
        self.crew.add(self._groups)
        for page in self.asker.pages("elbv2", "describe_load_balancers", "LoadBalancers"):
            rows = [row for row in page if row.get("Type") != "gateway"]
            with self.lock:
                self.balancers += rows
            unknown = [arn for row in rows if not self._is_noted(arn := str(row["LoadBalancerArn"]))]
            for arns in in_batches(unknown, TAGS_A_CALL):
                self.crew.add(partial(self._tags, arns))

    def look_closely(self) -> None:
        """What those of the environment listen on, and how their targets are; for the rest, what was seen lately."""
        environment, notes = self.scope.environment, self.scope.notes
        for arn, tags in self.tags.items():
            if environment is not None and environment_of(tags, roots=notes.roots) == environment:
                self.crew.add(partial(self._listeners, arn))
                for group in self.groups_of(arn):
                    self.crew.add(partial(self._health, str(group["TargetGroupArn"])))
            elif (listeners := notes.listeners.get(arn)) is not None:
                self.listeners[arn] = listeners
        for group in self.groups:
            arn = str(group["TargetGroupArn"])
            if (health := notes.health.get(arn)) is not None:
                self.health.setdefault(arn, health)

    def parts(self) -> list[Part]:
        """Each load balancer as a layer; without its tags it is gone meanwhile."""
        return [_part(row, self) for row in self.balancers if str(row["LoadBalancerArn"]) in self.tags]

    def groups_of(self, balancer: str) -> list[Row]:
        return [row for row in self.groups if balancer in (row.get("LoadBalancerArns") or ())]

    def targets(self) -> dict[str, str]:
        """How each target is, by its ID; the worse where several target groups have it."""
        found: dict[str, str] = {}
        for rows in self.health.values():
            for row in rows:
                state = str((row.get("TargetHealth") or {}).get("State", ""))
                identity = str((row.get("Target") or {}).get("Id", ""))
                if state != "unused" and found.get(identity) in (None, "healthy"):
                    found[identity] = state
        return found

    def _is_noted(self, arn: str) -> bool:
        """Whether its tags are known well enough."""
        tags = None if self.scope.thorough else self.scope.notes.tags.get(arn)
        if tags is not None:
            with self.lock:
                self.tags[arn] = tags
        return tags is not None

    def _groups(self) -> None:
        for page in self.asker.pages("elbv2", "describe_target_groups", "TargetGroups"):
            with self.lock:
                self.groups += page

    def _tags(self, arns: Sequence[str]) -> None:
        try:
            told = self.asker.ask("elbv2", "describe_tags", ResourceArns=list(arns))
        except NotFound:
            if len(arns) > 1:  # one of them is gone meanwhile, and the call fails for all
                for arn in arns:
                    self._tags([arn])
            return
        for row in told.get("TagDescriptions") or ():
            arn, tags = str(row["ResourceArn"]), tags_in(row.get("Tags"))
            self.scope.notes.tags.put(arn, tags)
            with self.lock:
                self.tags[arn] = tags

    def _listeners(self, balancer: str) -> None:
        noted = None if self.scope.thorough else self.scope.notes.listeners.get(balancer)
        rows: list[Row] = list(noted or ())
        if noted is None:
            with suppress(NotFound, Forbidden):
                for page in self.asker.pages("elbv2", "describe_listeners", "Listeners", LoadBalancerArn=balancer):
                    rows += page
            self.scope.notes.listeners.put(balancer, rows)
        with self.lock:
            self.listeners[balancer] = rows

    def _health(self, group: str) -> None:
        rows: Sequence[Row] = ()
        with suppress(NotFound, Forbidden):
            rows = self.asker.ask("elbv2", "describe_target_health", TargetGroupArn=group)["TargetHealthDescriptions"]
        self.scope.notes.health.put(group, rows)
        with self.lock:
            self.health[group] = rows


def _part(row: Row, found: Balancers) -> Part:
    arn, name = str(row["LoadBalancerArn"]), word(row.get("LoadBalancerName"))
    tags, groups = found.tags.get(arn, {}), found.groups_of(arn)
    listeners = found.listeners.get(arn, ())
    status, detail = balancer_status(row)
    health = [one for group in groups for one in found.health.get(str(group["TargetGroupArn"]), ())]
    instance = Instance(
        name="1",
        id=name,
        status=status,
        detail=detail or targets_told(health),
        started_at=stamp(row.get("CreatedTime")),
        facets=naming.facets_of(tags),
    )
    return Part(
        form=Form.LOAD_BALANCER,
        kind=Kind.LOAD_BALANCER,
        arn=arn,
        name=name,
        status=status,
        row=row,
        tags=tags,
        instances=(instance,),
        members={"1": row},
        image=word(f"{row.get('Type', 'application')} load balancer"),
        endpoints=endpoints_of(row, listeners),
        target_groups=frozenset(str(group["TargetGroupArn"]) for group in groups),
        resources=(
            resource("load balancer", name),
            *(resource("target group", str(group.get("TargetGroupName", ""))) for group in groups),
        ),
    )


def targets_told(health: Iterable[Row]) -> str:
    """``2/3 targets healthy``; empty where nobody was asked or there are none."""
    states = [str((row.get("TargetHealth") or {}).get("State", "")) for row in health]
    counted = [state for state in states if state not in ("unused", "draining")]
    return f"{counted.count('healthy')}/{len(counted)} targets healthy" if counted else ""


def endpoints_of(row: Row, listeners: Sequence[Row]) -> tuple[str, ...]:
    """Where a load balancer is reached, one for each listener; without knowing them, its name alone."""
    host = word(row.get("DNSName"))
    if not host:
        return ()
    found = [_endpoint(host, str(one.get("Protocol", "")), int(one.get("Port") or 0)) for one in listeners]
    return tuple(dict.fromkeys(sorted(found))) or (host,)


def _endpoint(host: str, protocol: str, port: int) -> str:
    shown = "" if _DEFAULT_PORTS.get(protocol) == port else f":{port}"
    return f"{protocol.lower()}://{host}{shown}" if protocol in _DEFAULT_PORTS else f"{host}:{port}"
