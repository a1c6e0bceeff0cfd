"""Where a layer stands in the network: its VPC and subnets, and its security group.

The security group is the first thing made of a layer and the last to go: what was interrupted in between is found
again by it. It lets in nobody; each layer that needs another adds itself to that one's group, with the port that is
written on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from tuienv.backends.aws import naming
from tuienv.backends.aws.failures import code_of
from tuienv.backends.aws.job import Job, having
from tuienv.backends.aws.options import list_option, text_option
from tuienv.backends.aws.session import Row, Session
from tuienv.backends.base import Invalid, NotFound, ProviderError
from tuienv.model import Address, Kind, LayerSpec

PORT = "tuienv:port"
"""On a security group: the port at which its layer is reached."""

EVERYBODY = ("0.0.0.0/0",)

NAME_THEM = (
    "Name `vpc` and `subnets` of it under `options: {aws: …}`, or their region: write the profile as NAME@REGION."
)

_IN_USE = having("DependencyViolation", "InvalidGroup.InUse", "CannotDelete")


@dataclass(frozen=True, slots=True)
class Place:
    """A VPC, and one subnet of it in each zone that is used. `public`: what starts there gets a public address."""

    vpc: str
    subnets: tuple[str, ...]
    public: bool


def place_of(job: Job, spec: LayerSpec) -> Place:
    """Where the file wants a layer: what its options name, else the default VPC. Raises `Invalid`."""
    named, vpc = list_option(spec, "subnets"), text_option(spec, "vpc")
    region = job.session.region
    if named:
        found = _named_subnets(job, named)
    else:
        filters = [{"Name": "vpc-id", "Values": [vpc or _default_vpc(job)]}]
        found = job.items("ec2", "describe_subnets", "Subnets", tried="look for the subnets of", Filters=filters)
    chosen = _one_a_zone(found)
    vpcs = {str(row["VpcId"]) for row in chosen}
    if len(vpcs) != 1 or (vpc and vpcs != {vpc}):
        none = f"{vpc or 'the default VPC'} has no subnets in the region {region}"
        said = f"its subnets are not all in {vpc or 'one VPC'}" if vpcs else none
        raise Invalid("place", job.address, said, NAME_THEM)
    public = all(row.get("MapPublicIpOnLaunch") or row.get("DefaultForAz") for row in chosen)
    return Place(vpcs.pop(), tuple(str(row["SubnetId"]) for row in chosen), public)


def _named_subnets(job: Job, named: Sequence[str]) -> list[Row]:
    try:
        return job.items("ec2", "describe_subnets", "Subnets", tried="look for the subnets of", SubnetIds=list(named))
    except NotFound as error:
        said = f"{error.said} in the region {job.session.region}"
        raise Invalid("place", job.address, said, NAME_THEM) from error


def _default_vpc(job: Job) -> str:
    filters = [{"Name": "is-default", "Values": ["true"]}]
    found = job.find("ec2", "describe_vpcs", "Vpcs", tried="look for the default VPC of", Filters=filters)
    if found is None:
        remedy = "`aws ec2 create-default-vpc` makes one, or name `vpc` and `subnets` under `options: {aws: …}`."
        raise Invalid("place", job.address, f"the region {job.session.region} has no default VPC", remedy)
    return str(found["VpcId"])


def _one_a_zone(rows: Iterable[Row]) -> list[Row]:
    """The first subnet of each zone: a load balancer takes no second one."""
    chosen: dict[str, Row] = {}
    for row in sorted(rows, key=lambda row: (not row.get("DefaultForAz"), str(row["SubnetId"]))):
        chosen.setdefault(str(row.get("AvailabilityZone")), row)
    return [chosen[zone] for zone in sorted(chosen)]


# --- security groups --------------------------------------------------------------------------------------------


def group_name(address: Address) -> str:
    """Names that begin with ``sg-`` are AWS's own, so ours begin with something else."""
    return f"tuienv-{naming.name_of(address, 200)}"


def find_group(session: Session, address: Address) -> Row | None:
    """The security group of a layer, if it has one."""
    filters = [{"Name": "group-name", "Values": [group_name(address)]}]
    rows = session.items(
        "ec2",
        "describe_security_groups",
        "SecurityGroups",
        tried="look for the security group of",
        target=address,
        Filters=filters,
    )
    return next((row for row in rows if row.get("GroupName") == group_name(address)), None)


def ensure_group(job: Job, kind: Kind, vpc: str, port: int | None) -> str:
    """The ID of the layer's security group, made if it has none; what is written on it is mended."""
    found = find_group(job.session, job.address)
    tags = {**job.tags(kind), **({PORT: str(port)} if port else {}), "Name": str(job.address)}
    if found is None:
        job.say(f"create security group {group_name(job.address)}")
        made = job.call(
            "ec2",
            "create_security_group",
            tried="create the security group of",
            GroupName=group_name(job.address),
            Description=f"tuienv {job.address}",
            VpcId=vpc,
            TagSpecifications=[{"ResourceType": "security-group", "Tags": naming.tag_list(tags)}],
        )
        return str(made["GroupId"])
    group = str(found["GroupId"])
    if str(found.get("VpcId", vpc)) != vpc:
        said = f"it stands in {found['VpcId']}, and cannot move to {vpc}"
        raise Invalid("place", job.address, said, "Destroy the layer first, or leave it where it is.")
    has = naming.tags_in(found.get("Tags"))
    if any(has.get(key) != value for key, value in tags.items()):
        job.call("ec2", "create_tags", tried="tag the security group of", Resources=[group], Tags=naming.tag_list(tags))
    return group


def let_into(job: Job, group: str, needs: Iterable[tuple[str, int | None]]) -> None:
    """Have a layer's group let into those of the layers that it needs, at the port given or else the one written there,
    and into no others. Layers that stand elsewhere have no group here."""
    wanted: set[tuple[str, int]] = set()
    for name, port in needs:
        found = find_group(job.session, job.beside(name))
        if found is None:
            continue
        at = port or int(naming.tags_in(found.get("Tags")).get(PORT, "0"))
        if at:
            wanted.add((str(found["GroupId"]), at))
            if (group, at) not in sources_of(found):
                _allow(job, str(found["GroupId"]), at, {"UserIdGroupPairs": [{"GroupId": group}]}, f"let into {name}")
    keep_out(job, group, wanted)


def let_in_addresses(job: Job, group: str, ports: Sequence[int], blocks: Sequence[str]) -> None:
    """Have the group let in these CIDR blocks at these ports, and no other block."""
    rows = job.items("ec2", "describe_security_groups", "SecurityGroups", tried="look at", GroupIds=[group])
    has = {
        (int(rule["FromPort"]), str(block["CidrIp"]))
        for rule in (rows[0].get("IpPermissions") or () if rows else ())
        for block in rule.get("IpRanges") or ()
        if "FromPort" in rule
    }
    wanted = {(port, block) for port in ports for block in blocks}
    for port, block in sorted(wanted - has):
        _allow(job, group, port, {"IpRanges": [{"CidrIp": block}]}, f"let {block} in at {port}")
    for port, block in sorted(has - wanted):
        _revoke(job, group, port, {"IpRanges": [{"CidrIp": block}]})


def keep_out(job: Job, group: str, but: Iterable[tuple[str, int]] = ()) -> None:
    """Take the group out of every other of the environment that lets it in; `but` these, at these ports. What others
    have, a database that the app uses as well, lets in whom they like."""
    kept = set(but)
    for row in _letting_in(job, group):
        if naming.tags_in(row.get("Tags")).get(naming.ENVIRONMENT) != job.environment:
            continue
        other = str(row["GroupId"])
        for source, port in sorted(sources_of(row)):
            if source == group and (other, port) not in kept:
                _revoke(job, other, port, {"UserIdGroupPairs": [{"GroupId": group}]})


def _letting_in(job: Job, group: str) -> list[Row]:
    filters = [{"Name": "ip-permission.group-id", "Values": [group]}]
    return job.items("ec2", "describe_security_groups", "SecurityGroups", tried="look who lets in", Filters=filters)


def _forget(job: Job, group: str) -> None:
    """Take the group out of all that let it in, in whatever way, whosever they are: else AWS does not remove it."""
    for row in _letting_in(job, group):
        other = str(row["GroupId"])
        rules = [rule for rule in row.get("IpPermissions") or () if _names(rule, group)]
        if other == group or not rules:
            continue
        if naming.ENVIRONMENT not in naming.tags_in(row.get("Tags")):
            job.say(f"take what goes out of security group {row.get('GroupName')}, which let it in")
        told = [_only(rule, group) for rule in rules]
        with suppress(NotFound):  # somebody else took it out meanwhile
            job.call(
                "ec2", "revoke_security_group_ingress", tried="no longer let in", GroupId=other, IpPermissions=told
            )


def _names(rule: Row, group: str) -> bool:
    return any(pair.get("GroupId") == group for pair in rule.get("UserIdGroupPairs") or ())


def _only(rule: Row, group: str) -> Row:
    """The part of a rule that is about this group."""
    ports: Row = {key: rule[key] for key in ("IpProtocol", "FromPort", "ToPort") if key in rule}
    return {**ports, "UserIdGroupPairs": [{"GroupId": group}]}


def sources_of(row: Row) -> set[tuple[str, int]]:
    """The groups that a group lets in, each with the port."""
    return {
        (str(pair["GroupId"]), int(rule["FromPort"]))
        for rule in row.get("IpPermissions") or ()
        for pair in rule.get("UserIdGroupPairs") or ()
        if "FromPort" in rule
    }


def _allow(job: Job, group: str, port: int, source: Row, text: str) -> None:
    job.say(text)
    try:
        job.call(
            "ec2",
            "authorize_security_group_ingress",
            tried=f"{text} for",
            GroupId=group,
            IpPermissions=[{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **source}],
        )
    except ProviderError as error:
        if code_of(error) != "InvalidPermission.Duplicate":
            raise


def _revoke(job: Job, group: str, port: int, source: Row) -> None:
    try:
        job.call(
            "ec2",
            "revoke_security_group_ingress",
            tried="no longer let in",
            GroupId=group,
            IpPermissions=[{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **source}],
        )
    except NotFound:
        return  # somebody else took it out meanwhile


def delete_group(job: Job) -> None:
    """Remove the layer's group, once what stood in it has let go of it: a network interface drains for minutes."""
    found = find_group(job.session, job.address)
    if found is None:
        return
    group, name = str(found["GroupId"]), str(found.get("GroupName"))
    _forget(job, group)
    job.say(f"remove security group {name}")

    def remove() -> Row:
        job.drop("ec2", "delete_security_group", tried="remove security group", target=name, GroupId=group)
        return {}

    job.settled(remove, _IN_USE, f"security group {name} is still used by what is draining")
