"""EC2: Auto Scaling groups (pages of a hundred), instances (pages of a thousand); both with their tags."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from tuienv.backends.aws.looking.parts import Form, Part, Row, resource, stamp, tags_in, word
from tuienv.backends.aws.looking.source import Source, in_batches
from tuienv.backends.aws.looking.statuses import machine_status, member_status, roll_up, wanted_status
from tuienv.model import Instance, Kind, Size, Status

IDS_A_CALL = 200
"""Values that one filter of DescribeInstances takes (Amazon EC2 API reference, "Filter")."""

GROUPS_A_PAGE, INSTANCES_A_PAGE = 100, 1000
"""The most that a page takes: fifty groups come unasked, and of instances all at once, however many there are."""

GROUP_TAG = "aws:autoscaling:groupName"
_ROLES = ("Service", "service", "Role", "role", "Component", "component", "Name")
"""Tags that say what instances are for; those that agree are one layer."""


@dataclass
class Machines(Source):
    """What EC2 and Auto Scaling have."""

    forms = frozenset({Form.SCALING_GROUP, Form.MACHINES})
    kind = Kind.APP

    groups: list[Row] = field(default_factory=list)
    instances: dict[str, Row] = field(default_factory=dict)

    def look(self) -> None:
        """All groups and all instances; of an environment that was seen before, only what is known to be its."""
        if self.scope.home is None:
            self.crew.add(self._groups)
            self._instances(())
            return
        self._groups()
        members = [identity for group in self.groups for identity in members_of(group)]
        for batch in in_batches(sorted({*members, *self.scope.home.machines}), IDS_A_CALL):
            self.crew.add(partial(self._instances, ({"Name": "instance-id", "Values": batch},)))

    def look_closely(self) -> None:
        """EC2 tells everything at once."""

    def parts(self) -> list[Part]:
        """Each group, and the instances outside of groups by what their tags say they are for, as layers."""
        alone: dict[tuple[str, ...], list[Row]] = defaultdict(list)
        for row in self._alone():
            alone[_role_of(row)].append(row)
        return [_group(row, self) for row in self.groups] + [_loose(key, rows) for key, rows in alone.items()]

    def _alone(self) -> list[Row]:
        """Instances that no group keeps; what is gone is left out."""
        return [
            row
            for row in self.instances.values()
            if GROUP_TAG not in tags_in(row.get("Tags")) and machine_status(row)[0] is not Status.DELETING
        ]

    def _groups(self) -> None:
        for page in self.asker.pages(
            "autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups", MaxRecords=GROUPS_A_PAGE
        ):
            with self.lock:
                self.groups += [row for row in page if self._is_wanted(row)]

    def _is_wanted(self, group: Row) -> bool:
        if self.scope.home is None:
            return True
        return self.scope.notes.places.get(str(group.get("AutoScalingGroupARN"))) in (None, self.scope.environment)

    def _instances(self, filters: Sequence[Row]) -> None:
        given: dict[str, object] = {"Filters": list(filters)} if filters else {}
        for page in self.asker.pages("ec2", "describe_instances", "Reservations", MaxResults=INSTANCES_A_PAGE, **given):
            rows = [row for reservation in page for row in reservation.get("Instances") or ()]
            with self.lock:
                self.instances.update({str(row["InstanceId"]): row for row in rows})


def members_of(group: Row) -> dict[str, Row]:
    """What a group says of each of its instances, by ID."""
    return {str(one["InstanceId"]): one for one in group.get("Instances") or ()}


def _role_of(row: Row) -> tuple[str, ...]:
    """What tells the layer of an instance: all its tags but those that are its own; first the name of the layer."""
    tags = tags_in(row.get("Tags"))
    name = next((tags[key] for key in _ROLES if tags.get(key)), str(row["InstanceId"]))
    shared = sorted(f"{key}={value}" for key, value in tags.items() if key != "Name" and not key.startswith("aws:"))
    return name, *shared


def _group(row: Row, found: Machines) -> Part:
    name = str(row["AutoScalingGroupName"])
    members = {
        identity: {**found.instances.get(identity, {}), "Member": member}
        for identity, member in sorted(members_of(row).items())
    }
    instances = tuple(_instance(identity, one) for identity, one in members.items())
    return Part(
        form=Form.SCALING_GROUP,
        kind=Kind.APP,
        arn=str(row.get("AutoScalingGroupARN", "")),
        name=word(name),
        status=wanted_status(instances, int(row.get("DesiredCapacity") or 0), failing=False),
        row=row,
        tags=tags_in(row.get("Tags")),
        instances=instances,
        members=members,
        image=_image_of(members),
        size=_size_of(instances),
        target_groups=frozenset(map(str, row.get("TargetGroupARNs") or ())),
        resources=(resource("Auto Scaling group", name), *(resource("EC2 instance", one) for one in members)),
    )


def _loose(role: Sequence[str], rows: Sequence[Row]) -> Part:
    members = {str(row["InstanceId"]): row for row in sorted(rows, key=lambda row: str(row["InstanceId"]))}
    instances = tuple(_instance(identity, one) for identity, one in members.items())
    first = next(iter(members))
    return Part(
        form=Form.MACHINES,
        kind=Kind.APP,
        arn=first,
        name=word(role[0]),
        status=roll_up(instances),
        row=members[first],
        tags=tags_in(members[first].get("Tags")),
        instances=instances,
        members=members,
        image=_image_of(members),
        size=_size_of(instances),
        endpoints=tuple(filter(None, (word(row.get("PublicDnsName")) for row in members.values()))),
        resources=tuple(resource("EC2 instance", one, holds_data=True) for one in members),
    )


def _instance(identity: str, row: Row) -> Instance:
    """An instance; one that its group names and EC2 did not tell of is as the group says."""
    member: Row = row.get("Member") or {}
    told = machine_status(row) if row.get("State") else (Status.RUNNING, "")
    status, detail = member_status(told, member) if member else told
    node_type = word(row.get("InstanceType") or member.get("InstanceType"), 64)
    return Instance(
        name=identity,
        id=identity,
        status=status,
        detail=detail,
        started_at=stamp(row.get("LaunchTime")) if status is not Status.STOPPED else None,
        host=word((row.get("Placement") or member).get("AvailabilityZone")) or None,
        size=Size(node_type) if node_type else None,
    )


def _image_of(members: Mapping[str, Row]) -> str:
    images = {word(row.get("ImageId")) for row in members.values()}
    return images.pop() if len(images) == 1 else ""


def _size_of(instances: Sequence[Instance]) -> Size | None:
    sizes = {one.size for one in instances}
    return sizes.pop() if len(sizes) == 1 else None
