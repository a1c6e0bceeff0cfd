"""Task definitions: what an app's tasks are made from. Each is a revision that never changes; what it was made from
is written on it, and ECS gives its tags to its tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from tuienv.backends.aws import naming, vault
from tuienv.backends.aws.asking import Asker
from tuienv.backends.aws.connecting import secret_values
from tuienv.backends.aws.job import Job
from tuienv.backends.aws.options import PLATFORMS, flag_option, platform_option
from tuienv.backends.aws.roles import ensure_execution_role, ensure_task_role
from tuienv.backends.aws.session import Row, Session
from tuienv.backends.aws.snapping import explained, fargate, size_tag
from tuienv.backends.base import Conflict, Invalid, NotFound
from tuienv.model import Address, Health, Kind, LayerSpec, Size

KEPT = 10
"""Revisions that can be gone back to; older ones are given up when a new one is made."""

DELETABLE = 10
"""Task definitions that one call deletes (Amazon ECS API reference, DeleteTaskDefinitions)."""

_TOLD = frozenset(
    {
        "taskDefinitionArn",
        "revision",
        "status",
        "requiresAttributes",
        "compatibilities",
        "registeredAt",
        "registeredBy",
        "deregisteredAt",
        "deleteRequestedAt",
    }
)
"""What ECS tells of a revision and nobody gives it: all else makes another one like it (Amazon ECS API reference,
TaskDefinition and RegisterTaskDefinition)."""

_TASK_KEYS = ("cpu", "memory", "networkMode", "executionRoleArn", "taskRoleArn")
_CONTAINER_KEYS = (
    "name",
    "image",
    "command",
    "portMappings",
    "environment",
    "secrets",
    "logConfiguration",
    "healthCheck",
)


@dataclass(frozen=True)
class Recipe:
    """Everything about a task definition: what ECS is asked to register, and the tags on it."""

    body: Row = field(repr=False)
    tags: Mapping[str, str]

    @property
    def container(self) -> Row:
        found: Row = self.body["containerDefinitions"][0]
        return found

    def with_container(self, **changes: Any) -> Recipe:
        """The same with something else in its first container; what others put beside that stays."""
        container = {**self.container, **changes}
        beside = self.body["containerDefinitions"][1:]
        return replace(self, body={**self.body, "containerDefinitions": [container, *beside]})

    def with_size(self, size: Size) -> Recipe:
        units, mebibytes = fargate(size)
        body = {**self.body, "cpu": str(units), "memory": str(mebibytes)}
        return replace(self, body=body, tags={**self.tags, **size_tag(size)})

    def made(self, row: Row, tags: Mapping[str, str]) -> bool:
        """Whether a revision was made from this."""
        return _compared(row) == _compared(self.body) and dict(tags) == dict(self.tags)


def _compared(body: Row) -> tuple[Any, ...]:
    """What tells one task definition from another: ECS adds much of its own."""
    # What ECS takes where a task definition does not say it.
    architecture = (body.get("runtimePlatform") or {}).get("cpuArchitecture") or "X86_64"
    containers = [_compared_container(container) for container in body["containerDefinitions"]]
    return (architecture, *(body.get(key) or None for key in _TASK_KEYS), containers)


def _compared_container(container: Row) -> list[Any]:
    parts: list[Any] = [container.get(key) or None for key in _CONTAINER_KEYS]
    ports = [(port.get("containerPort"), port.get("protocol", "tcp")) for port in container.get("portMappings") or ()]
    parts[_CONTAINER_KEYS.index("portMappings")] = ports
    for key in ("environment", "secrets"):
        rows = container.get(key) or ()
        parts[_CONTAINER_KEYS.index(key)] = sorted(tuple(sorted(row.items())) for row in rows)
    return parts


def recipe_of(job: Job, spec: LayerSpec, image: str) -> Recipe:
    """How the file wants the tasks, from this image; its secret values are put into the vault. Raises `Invalid`."""
    units, mebibytes = fargate(spec.size)
    if told := explained(spec.size, units, mebibytes):
        job.say(told)
    tags = {**job.tags(Kind.APP), **_facets(job), **size_tag(spec.size)}
    plain, secret = _sorted_out(spec.environment, job.inputs.environment)
    kept = vault.keep(job, secret, job.tags(Kind.APP)) if secret else None
    container: Row = {
        "name": spec.name,
        "image": image,
        "essential": True,
        "environment": _pairs(plain),
        "secrets": _named(secret, kept),
        "logConfiguration": _logging(job),
        **({"command": list(spec.command)} if spec.command else {}),
        **({"portMappings": [{"containerPort": spec.port, "protocol": "tcp"}]} if spec.port else {}),
        **({"healthCheck": _check(spec.health)} if spec.health and spec.health.command else {}),
    }
    role = ensure_task_role(job, job.tags(Kind.APP)) if flag_option(spec, "exec", True) else ""
    body: Row = {
        "family": naming.name_of(job.address),
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": str(units),
        "memory": str(mebibytes),
        "executionRoleArn": ensure_execution_role(job),
        **({"taskRoleArn": role} if role else {}),
        "runtimePlatform": {
            "cpuArchitecture": PLATFORMS[platform_option(spec)],
            "operatingSystemFamily": "LINUX",
        },
        "containerDefinitions": [container],
    }
    return Recipe(body, tags)


def _facets(job: Job) -> dict[str, str]:
    try:
        return naming.facet_tags(job.change.facets)
    except ValueError as error:
        raise Invalid("create", job.address, str(error), "Have the app read some of it from a file.") from error


def _sorted_out(raw: Mapping[str, str], values: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The variables for the task definition, where anybody who may look sees them, and those for the vault."""
    secret = {key: value for key, value in values.items() if vault.may_be_secret(key, raw.get(key, ""), value)}
    return {key: value for key, value in values.items() if key not in secret}, secret


def _pairs(values: Mapping[str, str]) -> list[Row]:
    return [{"name": key, "value": value} for key, value in sorted(values.items())]


def _named(secret: Mapping[str, str], kept: vault.Kept | None) -> list[Row]:
    return [{"name": key, "valueFrom": kept.value_from(key)} for key in sorted(secret)] if kept is not None else []


def _logging(job: Job) -> Row:
    options = {
        "awslogs-group": naming.log_group(job.address),
        "awslogs-region": job.session.region,
        "awslogs-stream-prefix": job.address.layer,
    }
    return {"logDriver": "awslogs", "options": options}


def _check(health: Health) -> Row:
    """ECS takes whole seconds: five at least between two checks, two at least for an answer."""
    return {
        "command": ["CMD", *health.command],
        "interval": min(300, max(5, round(health.interval))),
        "timeout": min(60, max(2, round(health.timeout))),
        "retries": 3,
        "startPeriod": min(300, round(health.grace)),
    }


# --- revisions --------------------------------------------------------------------------------------------------


def read(session: Session, name: str, address: Address) -> tuple[Row, dict[str, str]]:
    """One revision (by ARN, ``family:7``, or a family's newest) and its tags. Raises `NotFound`."""
    found = session.call(
        "ecs",
        "describe_task_definition",
        tried="look at the task definition of",
        target=address,
        taskDefinition=name,
        include=["TAGS"],
    )
    return found["taskDefinition"], naming.tags_in(found.get("tags"))


def recipe_from(row: Row, tags: Mapping[str, str]) -> Recipe:
    """The recipe that a revision was made from, to make another one like it."""
    return Recipe({key: value for key, value in row.items() if value and key not in _TOLD}, tags)


def register(job: Job, recipe: Recipe, current: str = "") -> str:
    """The ARN of a revision made from the recipe: the `current` one or the newest if they were, else a new one."""
    family = str(recipe.body["family"])
    # The newest of what others make may be one that they have not rolled out yet.
    for name in filter(None, (current, family if job.others is None else "")):
        try:
            row, tags = read(job.session, name, job.address)
        except (Invalid, NotFound):
            continue  # ECS says of a family without revisions that the request is wrong
        if job.others is None and not naming.is_of(tags, job.address):
            said = "there are task definitions of that name which others made"
            raise Conflict("use task definition", family, said, "Give the environment or the layer another name.")
        if row.get("status", "ACTIVE") == "ACTIVE" and recipe.made(row, tags):
            return str(row["taskDefinitionArn"])
    job.say(f"register task definition {family}")
    made = job.settled(
        lambda: job.call(
            "ecs",
            "register_task_definition",
            tried="register task definition",
            target=family,
            tags=naming.tag_list(recipe.tags, "key", "value"),
            **recipe.body,
        ),
        lambda error: "role" in error.said.lower(),
        "a role that was just made is not known everywhere yet",
    )
    return str(made["taskDefinition"]["taskDefinitionArn"])


def revisions_of(job: Job, status: str = "ACTIVE") -> list[str]:
    """The ARNs of the layer's revisions, oldest first."""
    family = naming.name_of(job.address)
    found = job.items(
        "ecs",
        "list_task_definitions",
        "taskDefinitionArns",
        tried="list the task definitions of",
        familyPrefix=family,
        status=status,
    )
    # A prefix also finds the families of other layers whose names begin alike.
    return [arn for arn in map(str, found) if arn.rpartition("/")[2].rpartition(":")[0] == family]


def give_up(job: Job, arns: Sequence[str]) -> None:
    """Take revisions out of use, and then away."""
    for arn in arns:
        job.call(
            "ecs",
            "deregister_task_definition",
            tried="give up task definition",
            target=arn.rpartition("/")[2],
            taskDefinition=arn,
        )


def images_of(job: Job) -> list[str]:
    """What the revisions that can be gone back to run, and the current one."""
    rows = [read(job.session, arn, job.address)[0] for arn in revisions_of(job)]
    return [str(container.get("image")) for row in rows for container in row["containerDefinitions"]]


def give_up_old(job: Job, current: str) -> None:
    """Only the newest few can be gone back to."""
    give_up(job, _ours(job, [arn for arn in revisions_of(job)[:-KEPT] if arn != current]))


def _ours(job: Job, arns: Sequence[str]) -> list[str]:
    """Those that were made for the layer: others may call theirs the same."""
    found = []
    for arn in arns:
        with suppress(Invalid, NotFound):
            if naming.is_of(read(job.session, arn, job.address)[1], job.address):
                found.append(arn)
    return found


def delete_all(job: Job) -> None:
    """Leave no revision of the layer, whatever it was used for."""
    active = _ours(job, revisions_of(job))
    if active:
        job.say(f"remove {len(active)} task definitions of {job.address}")
        give_up(job, active)
    inactive = _ours(job, revisions_of(job, "INACTIVE"))
    for start in range(0, len(inactive), DELETABLE):
        batch = inactive[start : start + DELETABLE]
        job.call("ecs", "delete_task_definitions", tried="remove the task definitions of", taskDefinitions=batch)


def configured(job: Job, recipe: Recipe, settings: Mapping[str, str | None], facets: Mapping[str, str]) -> Recipe:
    """The recipe after setting these variables, or unsetting them where the value is None. What was in the vault stays
    there, and so does what is new and looks secret."""
    rows: Mapping[str, Sequence[Row]] = recipe.container
    plain = {str(row["name"]): str(row["value"]) for row in rows.get("environment") or ()}
    hidden = {str(row["name"]): str(row["valueFrom"]) for row in rows.get("secrets") or ()}
    sort = _set_ours if job.others is None else _set_theirs
    named = sort(job, plain, hidden, settings)
    tags = {key: value for key, value in recipe.tags.items() if not key.startswith(naming.FACETS)}
    if facets:
        tags |= naming.facet_tags(facets)
    changed = recipe.with_container(environment=_pairs(plain), secrets=named)
    return replace(changed, tags=tags)


def _set_ours(
    job: Job, plain: dict[str, str], hidden: Mapping[str, str], settings: Mapping[str, str | None]
) -> list[Row]:
    """Set those that are `plain`; what is secret goes into a version of the layer's own secret. Gives its names."""
    secret = secret_values(Asker(job.session), hidden)
    for key, value in settings.items():
        was_hidden = secret.pop(key, None) is not None
        plain.pop(key, None)
        if value is not None:
            chosen = secret if was_hidden or vault.may_be_secret(key, "", value) else plain
            chosen[key] = value
    return _named(secret, vault.keep(job, secret, job.tags(Kind.APP)) if secret else None)


def _set_theirs(
    job: Job, plain: dict[str, str], hidden: Mapping[str, str], settings: Mapping[str, str | None]
) -> list[Row]:
    """The same for a service of others: its secrets stay where they are, and none is added, for its tasks start with a
    role that reads none of ours. Raises `Conflict`."""
    for key, value in settings.items():
        if value is not None and (key in hidden or vault.may_be_secret(key, "", value)):
            secret = (
                f"is kept in {hidden[key]}" if key in hidden else "looks secret, and its tasks read no secret of ours"
            )
            remedy = "Change it where it is kept and restart the layer, or change it with the tool that made that."
            raise Conflict("set a variable of", job.address, f"{key} {secret}", remedy)
        plain.pop(key, None)
        if value is not None:
            plain[key] = value
    return [{"name": key, "valueFrom": where} for key, where in sorted(hidden.items()) if key not in settings]
