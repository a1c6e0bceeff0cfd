"""A load balancer as an ALB: one listener a port, one target group a route, each app's service attached to its own.

The order matters to AWS: a service takes a target group only once a listener forwards to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tuienv.backends.aws import naming
from tuienv.backends.aws.failures import code_of
from tuienv.backends.aws.forwarding import Forwarding, ensure_listeners
from tuienv.backends.aws.ground import ensure_ground
from tuienv.backends.aws.health_checks import HEALTH, checks, differs, group_mark, health_in, set_checks
from tuienv.backends.aws.job import Job, having
from tuienv.backends.aws.keeping import is_protected
from tuienv.backends.aws.network import (
    EVERYBODY,
    Place,
    delete_group,
    ensure_group,
    let_in_addresses,
    let_into,
    place_of,
)
from tuienv.backends.aws.options import asked, check_options, flag_option, list_option, text_option
from tuienv.backends.aws.protecting import is_balancer_protected, protect_balancer
from tuienv.backends.aws.session import Row
from tuienv.backends.base import Conflict, Invalid, NotFound, ProviderError
from tuienv.model import Kind, LayerSpec, Route

COMES_UP = 900.0
"""Seconds until a new load balancer works: AWS says a few minutes."""

TARGET = "tuienv:target"
"""On a target group: the layer that it sends to."""

_SURE = 8
"""Characters of a target group's name that are those of its layer, however much that was shortened."""

_DRAIN = "30"
"""Seconds that a target which goes has for the requests it is at."""


@dataclass(frozen=True, slots=True)
class Target:
    """A route with its target group, and the app's service behind it (None where it is not there yet)."""

    route: Route
    group: str
    service: Row | None


def make(job: Job, spec: LayerSpec, wanted: int) -> None:
    """Have the load balancer as the file says, and wait until it works. Raises `Invalid` for more than one of it."""
    check_options(spec)
    if wanted != 1:
        raise Invalid("create", job.address, "AWS scales a load balancer by itself", "Leave `replicas` out.")
    ensure_ground(job)
    place = place_of(job, spec)
    certificate = text_option(spec, "certificate")
    ports = tuple(port.number for port in spec.ports) or ((443,) if certificate else (80,))
    group = ensure_group(job, Kind.LOAD_BALANCER, place.vpc, ports[0])
    let_in_addresses(job, group, ports, list_option(spec, "allow") or EVERYBODY)
    let_into(job, group, [(route.layer, route.port) for route in spec.routes])
    balancer = _ensure_balancer(job, spec, place, group)
    targets = [_target(job, place, route) for route in spec.routes]
    forwarding = Forwarding(tuple((target.route.path, target.group) for target in targets), ports, certificate)
    ensure_listeners(job, balancer, forwarding)
    for name in dict.fromkeys(route.layer for route in spec.routes):
        _attach(job, name, [target for target in targets if target.route.layer == name])
    _forget_targets(job, balancer, {target.group for target in targets})
    _wait_active(job)
    _write_tags(job, balancer)


def find(job: Job) -> Row | None:
    name = naming.name_of(job.address, naming.SHORTEST)
    found: Row | None = job.find(
        "elbv2", "describe_load_balancers", "LoadBalancers", tried="look for load balancer", target=name, Names=[name]
    )
    return found


def _is_ours(job: Job, row: Row) -> bool:
    arn = str(row["LoadBalancerArn"])
    return naming.is_of(tags_of(job, [arn]).get(arn, {}), job.address)


def _ensure_balancer(job: Job, spec: LayerSpec, place: Place, group: str) -> str:
    name, found = naming.name_of(job.address, naming.SHORTEST), find(job)
    if found is None:
        if len(place.subnets) < 2:
            said = "a load balancer needs subnets in two zones at least"
            raise Invalid("create", job.address, said, "Name them with `subnets` under `options: {aws: …}`.")
        job.say(f"create load balancer {name}")
        made = job.call(
            "elbv2",
            "create_load_balancer",
            tried="create load balancer",
            target=name,
            Name=name,
            Subnets=list(place.subnets),
            SecurityGroups=[group],
            Scheme=scheme_of(spec),
            Type="application",
            Tags=naming.tag_list(job.tags(Kind.LOAD_BALANCER)),
        )
        found = made["LoadBalancers"][0]
    elif not _is_ours(job, found):
        said = "there is a load balancer of that name which others made"
        raise Conflict("use load balancer", name, said, "Give the environment or the layer another name.")
    else:
        _mend(job, spec, place, group, found)
    arn = str(found["LoadBalancerArn"])
    protect_balancer(job.session, arn, is_protected(job.session, job.environment))
    return arn


def _mend(job: Job, spec: LayerSpec, place: Place, group: str, row: Row) -> None:
    """Have it in its security group, and on the subnets that the file names. Raises `Invalid` where it should be
    reached from elsewhere: AWS decides that once."""
    scheme, arn = scheme_of(spec), str(row["LoadBalancerArn"])
    if row.get("Scheme", scheme) != scheme:
        said = f"it is {row['Scheme']}, and AWS cannot make it {scheme}"
        raise Invalid("change", job.address, said, "Make a second one of another name, then remove this one.")
    if set(row.get("SecurityGroups") or ()) != {group}:
        tried = "set the security group of"
        job.call("elbv2", "set_security_groups", tried=tried, LoadBalancerArn=arn, SecurityGroups=[group])
    has = {str(zone.get("SubnetId")) for zone in row.get("AvailabilityZones") or ()}
    if asked(job.change, spec, "subnets") and has != set(place.subnets):
        tried = "set the subnets of"
        job.call("elbv2", "set_subnets", tried=tried, LoadBalancerArn=arn, Subnets=list(place.subnets))


def scheme_of(spec: LayerSpec) -> str:
    """What AWS calls it where a load balancer is reached from."""
    return "internal" if flag_option(spec, "internal", False) else "internet-facing"


def _wait_active(job: Job) -> None:
    def look() -> str:
        row = find(job)
        if row is None:
            raise Conflict("wait for", job.address, "it was removed meanwhile", "Apply again.")
        state = row.get("State") or {}
        if state.get("Code") == "failed":
            said = str(state.get("Reason") or "AWS could not set it up")
            raise Conflict("create", job.address, said, "Destroy the layer, then apply again.")
        return f"{job.address} is {state.get('Code')}" if state.get("Code") == "provisioning" else ""

    job.wait(look, COMES_UP, tried="wait for")


def _write_tags(job: Job, arn: str) -> None:
    """What it was made from is written last: until then whoever looks sees that it is not done."""
    told = job.call("elbv2", "describe_tags", tried="read the tags of", ResourceArns=[arn])
    has = naming.tags_in(next((row.get("Tags") for row in told.get("TagDescriptions") or ()), ()))
    wanted = {**job.tags(Kind.LOAD_BALANCER), **naming.facet_tags(job.change.facets)}
    stale = [key for key in has if key.startswith(naming.FACETS) and key not in wanted]
    if any(has.get(key) != value for key, value in wanted.items()):
        job.call("elbv2", "add_tags", tried="tag", ResourceArns=[arn], Tags=naming.tag_list(wanted))
    if stale:
        job.call("elbv2", "remove_tags", tried="untag", ResourceArns=[arn], TagKeys=stale)


# --- target groups ----------------------------------------------------------------------------------------------


def _group_name(job: Job, route: Route) -> str:
    suffix = f"{group_mark(job.beside(route.layer))}-{route.port}"
    return naming.with_suffix(job.address, suffix, naming.SHORTEST)


def _target(job: Job, place: Place, route: Route) -> Target:
    """The target group of a route, made if there is none, with the health checks that the app wants."""
    name, service = _group_name(job, route), service_of(job, route.layer)
    health = health_in(naming.tags_in((service or {}).get("tags")).get(HEALTH, ""))
    found = job.find(
        "elbv2", "describe_target_groups", "TargetGroups", tried="look for target group", target=name, Names=[name]
    )
    if found is None:
        job.say(f"create target group {name}")
        made = job.call(
            "elbv2",
            "create_target_group",
            tried="create target group",
            target=name,
            Name=name,
            Protocol="HTTP",
            Port=route.port,
            VpcId=place.vpc,
            TargetType="ip",
            Tags=naming.tag_list({**job.tags(Kind.LOAD_BALANCER), TARGET: route.layer}),
            **checks(health),
        )
        found = made["TargetGroups"][0]
    elif differs(found, health):
        set_checks(job, str(found["TargetGroupArn"]), health)
    arn = str(found["TargetGroupArn"])
    _drain_quickly(job, arn)
    return Target(route, arn, service)


def _drain_quickly(job: Job, arn: str) -> None:
    key = "deregistration_delay.timeout_seconds"
    rows = job.call("elbv2", "describe_target_group_attributes", tried="look at", TargetGroupArn=arn)
    has = {str(row["Key"]): row.get("Value") for row in rows.get("Attributes") or ()}
    if has.get(key) != _DRAIN:
        job.call(
            "elbv2",
            "modify_target_group_attributes",
            tried="set the draining of",
            TargetGroupArn=arn,
            Attributes=[{"Key": key, "Value": _DRAIN}],
        )


def groups_of(job: Job) -> list[Row]:
    """The layer's target groups, those included that no listener forwards to any more."""
    stem = naming.name_of(job.address)[:_SURE]
    rows = [
        row
        for row in job.items("elbv2", "describe_target_groups", "TargetGroups", tried="look for the target groups of")
        if str(row.get("TargetGroupName", "")).startswith(stem)
    ]
    tags = tags_of(job, [str(row["TargetGroupArn"]) for row in rows])
    return [row for row in rows if naming.is_of(tags.get(str(row["TargetGroupArn"]), {}), job.address)]


def tags_of(job: Job, arns: Sequence[str]) -> dict[str, dict[str, str]]:
    """The tags of load balancers or target groups, by ARN; twenty a call (ELB API reference, DescribeTags)."""
    found: dict[str, dict[str, str]] = {}
    for start in range(0, len(arns), 20):
        batch = list(arns[start : start + 20])
        told = job.call("elbv2", "describe_tags", tried="read the tags of", ResourceArns=batch)
        for row in told.get("TagDescriptions") or ():
            found[str(row["ResourceArn"])] = naming.tags_in(row.get("Tags"))
    return found


def _forget_targets(job: Job, balancer: str, but: set[str]) -> None:
    """Remove the target groups of routes that are no more, and detach the services that were behind them."""
    for row in groups_of(job):
        arn = str(row["TargetGroupArn"])
        if arn not in but:
            layer = tags_of(job, [arn]).get(arn, {}).get(TARGET, "")
            _detach(job, layer, {arn})
            _delete_target_group(job, row)


def _delete_target_group(job: Job, row: Row) -> None:
    name, arn = str(row["TargetGroupName"]), str(row["TargetGroupArn"])
    job.say(f"remove target group {name}")

    def remove() -> Row:
        job.drop("elbv2", "delete_target_group", tried="remove target group", target=name, TargetGroupArn=arn)
        return {}

    job.settled(remove, having("ResourceInUse"), f"target group {name} is still in use")


# --- the services behind it -------------------------------------------------------------------------------------


def service_of(job: Job, layer: str) -> Row | None:
    """The service of another layer of the environment, if it is there."""
    try:
        found = job.call(
            "ecs",
            "describe_services",
            tried="look for the service of",
            target=job.beside(layer),
            cluster=naming.cluster_name(job.environment),
            services=[layer],
            include=["TAGS"],
        )
    except NotFound:
        return None
    return next((row for row in found.get("services") or () if row.get("status") == "ACTIVE"), None)


def _attach(job: Job, layer: str, targets: Sequence[Target]) -> None:
    """Have ECS register the layer's tasks in these target groups, and keep those of other load balancers."""
    service = targets[0].service
    if service is None:
        said = f"there is no service of {layer} to send to"
        raise Conflict("attach", job.address, said, f"Apply {job.beside(layer)} first.")
    mine = {str(row["TargetGroupArn"]) for row in groups_of(job)}
    others = [row for row in service.get("loadBalancers") or () if row.get("targetGroupArn") not in mine]
    wanted = [
        {"targetGroupArn": target.group, "containerName": layer, "containerPort": target.route.port}
        for target in targets
    ]
    _set_targets(job, layer, service, [*others, *wanted])


def _detach(job: Job, layer: str, arns: set[str]) -> None:
    service = service_of(job, layer) if layer else None
    if service is not None:
        rows = [row for row in service.get("loadBalancers") or () if row.get("targetGroupArn") not in arns]
        _set_targets(job, layer, service, rows)


def _set_targets(job: Job, layer: str, service: Row, rows: Sequence[Row]) -> None:
    def key(row: Row) -> tuple[str, int]:
        return str(row.get("targetGroupArn")), int(row.get("containerPort") or 0)

    if sorted(map(key, rows)) == sorted(map(key, service.get("loadBalancers") or ())):
        return
    job.say(f"attach service {layer}" if rows else f"detach service {layer}")
    try:
        job.call(
            "ecs",
            "update_service",
            tried="attach the service of",
            target=job.beside(layer),
            cluster=naming.cluster_name(job.environment),
            service=layer,
            loadBalancers=list(rows),
        )
    except ProviderError as error:
        if code_of(error) != "ServiceNotActiveException":
            raise


# --- the end ----------------------------------------------------------------------------------------------------


def delete(job: Job) -> None:
    """Remove the load balancer and all that is the layer's; its security group last. Raises `Conflict` where AWS was
    told to protect it."""
    balancer = find(job)
    if balancer is not None and not _is_ours(job, balancer):
        balancer = None
    if balancer is not None:
        _check_protection(job, balancer)
    groups = groups_of(job)
    tags = tags_of(job, [str(row["TargetGroupArn"]) for row in groups])
    for layer in dict.fromkeys(one.get(TARGET, "") for one in tags.values()):
        _detach(job, layer, set(tags))
    if balancer is not None:
        job.say(f"remove load balancer {balancer['LoadBalancerName']}")
        job.drop(
            "elbv2",
            "delete_load_balancer",
            tried="remove load balancer",
            target=balancer["LoadBalancerName"],
            LoadBalancerArn=str(balancer["LoadBalancerArn"]),
        )
        job.wait(lambda: f"{job.address} is going" if find(job) is not None else "", COMES_UP, tried="wait for")
    for row in groups:
        _delete_target_group(job, row)
    delete_group(job)


def _check_protection(job: Job, balancer: Row) -> None:
    """Before anything is taken apart: apps that are detached already would serve nobody behind what has to stay."""
    if is_balancer_protected(job.session, str(balancer["LoadBalancerArn"])):
        remedy = f"`tuienv unprotect {job.environment}` takes the protection off."
        raise Conflict("remove", job.address, "AWS protects it from deletion", remedy)
