"""An app as an ECS service on Fargate: made, changed, scaled, restarted, stopped, started, gone back, removed."""

from __future__ import annotations

from typing import Any

from tuienv.backends.aws import building, naming, tasks
from tuienv.backends.aws.ground import ensure_ground
from tuienv.backends.aws.health_checks import HEALTH, asking_otherwise, health_text, is_answered, set_checks
from tuienv.backends.aws.job import Job
from tuienv.backends.aws.log_groups import delete_log_group, ensure_log_group
from tuienv.backends.aws.network import Place, delete_group, ensure_group, let_into, place_of
from tuienv.backends.aws.options import check_options, flag_option
from tuienv.backends.aws.repositories import delete_repository, remove_old_images
from tuienv.backends.aws.revisions import serving
from tuienv.backends.aws.roles import delete_role, task_role_name
from tuienv.backends.aws.rollout import wait_steady
from tuienv.backends.aws.scaling_bounds import check_bounds
from tuienv.backends.aws.session import Row
from tuienv.backends.aws.task_list import task_arns, task_rows
from tuienv.backends.aws.vault import forget
from tuienv.backends.base import Conflict, Invalid, NotFound
from tuienv.model import Health, Kind, LayerSpec

ENDS = 600.0
"""Seconds until a service that was deleted has ended: its tasks drain from the load balancer first (five minutes)."""


def make(job: Job, spec: LayerSpec, wanted: int) -> None:
    """Have the service as the file says, with `wanted` tasks that are ready. Raises `Conflict` if the new ones do not
    get ready; what served before then still does."""
    check_options(spec)
    source = building.source(job, spec)
    ensure_ground(job)
    place = place_of(job, spec)
    group = ensure_group(job, Kind.APP, place.vpc, spec.port)
    let_into(job, group, [(name, None) for name in spec.needs])
    ensure_log_group(job, spec)
    image = building.ensure_image(job, source) if source is not None else spec.image
    recipe = tasks.recipe_of(job, spec, image)
    service = find(job)
    if service is not None and not _is_ours(job, service):
        said = "there is a service of that name which others made"
        raise Conflict("use service", job.address, said, "Give the layer another name.")
    revision = tasks.register(job, recipe, _revision_of(service))
    told = _told(spec, place, group, wanted)
    health = spec.health or Health()
    otherwise = _set_checks_of_the_silent(job, service, health)
    if service is None:
        _create(job, spec, revision, wanted, told)
    else:
        _mend(job, service, revision, wanted, told)
    _write_tags(job, spec)
    wait_steady(job, revision, wanted, _revision_of(service))
    for arn in otherwise:
        set_checks(job, arn, health)
    tasks.give_up_old(job, revision)
    if source is not None:
        remove_old_images(job, lambda: tasks.images_of(job))


def _set_checks_of_the_silent(job: Job, service: Row | None, health: Health) -> list[str]:
    """Have those target groups ask for the new health in which nothing is well: what is new could never be either.
    Gives the others. There what serves may know the old one alone, so that they are told once it is gone."""
    left = []
    for arn in asking_otherwise(job, service, health):
        if is_answered(job, arn):
            left.append(arn)
        else:
            set_checks(job, arn, health)
    return left


def find(job: Job) -> Row | None:
    """The layer's service; waits while an old one of that name ends."""

    def look() -> Row | None:
        try:
            found = job.call(
                "ecs",
                "describe_services",
                tried="look for the service of",
                cluster=job.cluster,
                services=[job.service],
                include=["TAGS"],
            )
        except NotFound:
            return None  # there is no cluster
        rows = [row for row in found.get("services") or () if row.get("status") != "INACTIVE"]
        return rows[0] if rows else None

    def draining() -> str:
        row = look()
        return f"{job.address} is still draining" if row is not None and row.get("status") == "DRAINING" else ""

    job.wait(draining, ENDS, tried="wait for the end of")
    return look()


def _is_ours(job: Job, service: Row) -> bool:
    return naming.is_of(naming.tags_in(service.get("tags")), job.address)


def existing(job: Job) -> Row:
    """The layer's service. Raises `NotFound`."""
    service = find(job)
    if service is None:
        raise NotFound(str(job.change.action), job.address, "it does not exist", "Create it with apply.")
    return service


def _revision_of(service: Row | None) -> str:
    return serving(service) if service is not None else ""


def surge(wanted: int) -> int:
    """The most tasks during a rollout, in percent: one more than wanted, or a quarter more where there are many."""
    return 100 + max(25, -(-100 // max(1, wanted)))


def _told(spec: LayerSpec, place: Place, group: str, wanted: int) -> dict[str, Any]:
    """What both creating and updating a service take."""
    public = flag_option(spec, "public_ip", place.public)
    return {
        "deploymentConfiguration": {
            "deploymentCircuitBreaker": {"enable": True, "rollback": True},
            "maximumPercent": surge(wanted),
            "minimumHealthyPercent": 100,
        },
        "networkConfiguration": {
            "awsvpcConfiguration": {
                "subnets": sorted(place.subnets),
                "securityGroups": [group],
                "assignPublicIp": "ENABLED" if public else "DISABLED",
            }
        },
        "enableExecuteCommand": flag_option(spec, "exec", True),
    }


def _create(job: Job, spec: LayerSpec, revision: str, wanted: int, told: dict[str, Any]) -> None:
    job.say(f"create service {spec.name}")
    job.settled(
        lambda: job.call(
            "ecs",
            "create_service",
            tried="create service",
            cluster=job.cluster,
            serviceName=spec.name,
            taskDefinition=revision,
            desiredCount=wanted,
            launchType="FARGATE",
            propagateTags="TASK_DEFINITION",
            enableECSManagedTags=True,
            tags=naming.tag_list(_service_tags(job, spec), "key", "value"),
            **told,
        ),
        lambda error: isinstance(error, Invalid) and "assume" in error.said,
        "a role that was just made is not known everywhere yet",
    )


def _mend(job: Job, service: Row, revision: str, wanted: int, told: dict[str, Any]) -> None:
    """Change what differs, in one call."""
    check_bounds(job, wanted)
    changes = {key: value for key, value in told.items() if not _same(service.get(key), value)}
    if service.get("taskDefinition") != revision:
        changes["taskDefinition"] = revision
    if service.get("desiredCount") != wanted:
        changes["desiredCount"] = wanted
    if changes:
        update(job, **changes)


def _same(has: object, wanted: object) -> bool:
    """Whether what a service has says what is wanted, among what AWS adds of its own."""
    if isinstance(wanted, dict):
        return isinstance(has, dict) and all(_same(has.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, list):
        return isinstance(has, list) and sorted(map(str, has)) == sorted(map(str, wanted))
    return has == wanted


def _service_tags(job: Job, spec: LayerSpec) -> dict[str, str]:
    return {**job.tags(Kind.APP), HEALTH: health_text(spec.health)}


def _write_tags(job: Job, spec: LayerSpec) -> None:
    """Have the service bear the tags of the file; how many tasks it had before a stop is then over."""
    service = existing(job)
    has, wanted = naming.tags_in(service.get("tags")), _service_tags(job, spec)
    arn = str(service["serviceArn"])
    if any(has.get(key) != value for key, value in wanted.items()):
        rows = naming.tag_list(wanted, "key", "value")
        job.call("ecs", "tag_resource", tried="tag the service of", resourceArn=arn, tags=rows)
    if naming.NEEDS in has and naming.NEEDS not in wanted:
        job.call("ecs", "untag_resource", tried="untag the service of", resourceArn=arn, tagKeys=[naming.NEEDS])
    _forget_count(job, service)


def _forget_count(job: Job, service: Row) -> None:
    if naming.REPLICAS in naming.tags_in(service.get("tags")):
        job.call(
            "ecs",
            "untag_resource",
            tried="untag the service of",
            resourceArn=str(service["serviceArn"]),
            tagKeys=[naming.REPLICAS],
        )


def update(job: Job, **changes: Any) -> None:
    job.say(f"update service {job.service}")
    job.call(
        "ecs",
        "update_service",
        tried="update the service of",
        cluster=job.cluster,
        service=job.service,
        **changes,
    )


# --- what runs --------------------------------------------------------------------------------------------------


def scale(job: Job) -> None:
    """So many tasks, made like those there are. Raises `Conflict` where Application Auto Scaling keeps other bounds."""
    wanted = job.change.replicas
    if wanted is None:
        raise Invalid("scale", job.address, "nobody said to how many")
    service = existing(job)
    check_bounds(job, wanted)
    if service.get("desiredCount") != wanted:
        update(job, desiredCount=wanted, **_surging(job, service, wanted))
    _forget_count(job, service)
    wait_steady(job, _revision_of(service), wanted, _revision_of(service))


def _surging(job: Job, service: Row, wanted: int) -> dict[str, Any]:
    """How many more there may be in a rollout of so many. What others said of theirs stays: of some two never run."""
    if job.others is not None:
        return {}
    return {"deploymentConfiguration": {**service.get("deploymentConfiguration", {}), "maximumPercent": surge(wanted)}}


def resize(job: Job) -> None:
    """Another size is another revision."""
    if job.change.size is None or not (job.change.size.cpu or job.change.size.memory):
        raise Invalid("resize", job.address, "the size has no numbers", "Name one, such as small, or cpu and memory.")
    service = existing(job)
    row, tags = tasks.read(job.session, _revision_of(service), job.address)
    _roll_out(job, service, tasks.recipe_from(row, tags).with_size(job.change.size))


def configure(job: Job) -> None:
    """Other variables are another revision."""
    service = existing(job)
    row, tags = tasks.read(job.session, _revision_of(service), job.address)
    recipe = tasks.configured(job, tasks.recipe_from(row, tags), job.change.settings, job.change.facets)
    _roll_out(job, service, recipe)


def roll_back(job: Job) -> None:
    """The revision that a release names."""
    service = existing(job)
    arn = serving(service)
    family, name = arn.rpartition("/")[2].rpartition(":")[0], job.change.release
    row, _ = tasks.read(job.session, name if ":" in name else f"{family}:{name.removeprefix('v')}", job.address)
    if row.get("status") != "ACTIVE":
        raise NotFound("go back to", f"{job.address} {name}", "it was given up", "`tuienv releases` lists the others.")
    _go_to(job, service, str(row["taskDefinitionArn"]))


def _roll_out(job: Job, service: Row, recipe: tasks.Recipe) -> None:
    _go_to(job, service, tasks.register(job, recipe, _revision_of(service)))


def _go_to(job: Job, service: Row, revision: str) -> None:
    wanted = int(service.get("desiredCount") or 0)
    if service.get("taskDefinition") != revision:
        update(job, taskDefinition=revision)
    wait_steady(job, revision, wanted, _revision_of(service))


def restart(job: Job) -> None:
    """New tasks from the same revision, as in a rollout; of one instance, that one is stopped and made anew."""
    service = existing(job)
    wanted, instance = int(service.get("desiredCount") or 0), job.change.address.instance
    if instance:
        _stop_one(job, instance)
    else:
        update(job, forceNewDeployment=True)
    wait_steady(job, _revision_of(service), wanted, _revision_of(service))


def _stop_one(job: Job, instance: str) -> None:
    found = [arn for arn in task_arns(job, serviceName=job.service) if arn.rpartition("/")[2].startswith(instance)]
    if not found:
        raise NotFound("restart", job.change.address, "there is no such task", "Look again.")
    job.call(
        "ecs", "stop_task", tried="stop task", target=instance, cluster=job.cluster, task=found[0], reason="restart"
    )


def stop(job: Job) -> None:
    """No tasks; how many there were is written on the service. Raises `Invalid` for one of several."""
    service = existing(job)
    count = int(service.get("desiredCount") or 0)
    if count > 1 and job.change.address.instance:
        said = "ECS starts another in the place of a task that is stopped alone"
        raise Invalid("stop", job.change.address, said, "Scale to one fewer, or stop the whole layer.")
    if count:
        rows = [{"key": naming.REPLICAS, "value": str(count)}]
        job.call("ecs", "tag_resource", tried="tag the service of", resourceArn=str(service["serviceArn"]), tags=rows)
        update(job, desiredCount=0)
    wait_steady(job, _revision_of(service), 0, _revision_of(service))


def start(job: Job) -> None:
    """As many tasks as there were before the stop."""
    service = existing(job)
    count = int(service.get("desiredCount") or 0)
    if not count:
        kept = naming.tags_in(service.get("tags")).get(naming.REPLICAS, "1")
        count = int(kept) if kept.isdecimal() else 1
        update(job, desiredCount=count)
    _forget_count(job, service)
    wait_steady(job, _revision_of(service), count, _revision_of(service))


# --- the end ----------------------------------------------------------------------------------------------------


def delete(job: Job) -> None:
    """Remove the service and all that is the layer's; its security group last. What is gone already is no matter."""
    _delete_service(job)
    tasks.delete_all(job)
    delete_repository(job)
    forget(job)
    delete_role(job, task_role_name(job))
    delete_log_group(job)
    delete_group(job)


def _delete_service(job: Job) -> None:
    service = find(job)
    if service is None or not _is_ours(job, service):
        return
    job.say(f"remove service {job.address.layer}")
    job.drop(
        "ecs",
        "delete_service",
        tried="remove the service of",
        cluster=job.cluster,
        service=job.service,
        force=True,
    )
    job.wait(lambda: _still_there(job), ENDS, tried="wait for the end of")


def _still_there(job: Job) -> str:
    """Why the service is not gone yet: it drains, or a task of it has not ended."""
    if find(job) is not None:
        return f"{job.address} is draining"
    for status in ("RUNNING", "STOPPED"):
        try:
            rows = task_rows(job, family=naming.name_of(job.address), desiredStatus=status)
        except NotFound:
            return ""
        if any(row.get("lastStatus") != "STOPPED" for row in rows):
            return f"tasks of {job.address} are still ending"
    return ""
