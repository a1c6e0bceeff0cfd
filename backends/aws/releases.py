"""What was released of a service: the revisions of its task definition, and what each of them changed.

A revision is called by its number, as AWS does. One that was deregistered cannot be gone back to, and is not told.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from tuienv.backends.aws.looking.atlas import Atlas
from tuienv.backends.aws.looking.parts import Form, Row, stamp, tail_of, word
from tuienv.backends.aws.revisions import revision_of, serving
from tuienv.backends.base import Invalid
from tuienv.model import Address, Difference, Release
from tuienv.text import mask, plain

PAGE = 20
"""Releases that are told: each costs a call when it is read for the first time, and none afterwards."""

TRIED = "list the releases of"

_ROLLOUTS: Mapping[str, str] = {"FAILED": "failed", "IN_PROGRESS": "pending"}


def releases_of(atlas: Atlas, address: Address) -> list[Release]:
    """Newest first. Raises `NotFound`, and `Invalid` for what has no releases."""
    placed = atlas.find(address, TRIED)
    if placed.part.form is not Form.SERVICE:
        raise Invalid(
            TRIED, address, f"a {placed.part.form} has none", "Only what runs as an ECS service has releases."
        )
    service, current = placed.part.row, serving(placed.part.row)
    if not current:
        return []
    read = revision_of(atlas.asker, atlas.notes)
    rows = list(atlas.asker.pool.map(read, _family_of(atlas, current)))
    before = [*rows[1:], None]
    return [_release(row, older, service) for row, older in zip(rows, before, strict=True)][:PAGE]


def family_name(arn: str) -> str:
    """``shop-web`` of ``arn:aws:ecs:eu-west-1:111122223333:task-definition/shop-web:7``."""
    return arn.rpartition("/")[2].partition(":")[0]


def _family_of(atlas: Atlas, current: str) -> list[str]:
    """The newest revisions of a family, one more than is told; and the current one, however old it is."""
    family, found = family_name(current), list[str]()
    for page in atlas.asker.pages(
        "ecs", "list_task_definitions", "taskDefinitionArns", family, familyPrefix=family, status="ACTIVE", sort="DESC"
    ):
        found += [str(arn) for arn in page if family_name(str(arn)) == family]
        if len(found) > PAGE:
            break
    found = sorted(found, key=_number, reverse=True)[: PAGE + 1]
    if current in found:
        return found
    return sorted([*found[: PAGE - 1], current], key=_number, reverse=True)


def _number(arn: str) -> int:
    number = tail_of(arn)
    return int(number) if number.isdecimal() else 0


def _release(row: Row, before: Row | None, service: Row) -> Release:
    arn = str(row["taskDefinitionArn"])
    rollouts = {
        str(one.get("taskDefinition")): str(one.get("rolloutState", "")) for one in service.get("deployments") or ()
    }
    return Release(
        name=str(row.get("revision") or _number(arn)),
        at=stamp(row.get("registeredAt")),
        by=word(tail_of(str(row.get("registeredBy") or ""))),
        description=", ".join(word(one.get("image")) for one in row.get("containerDefinitions") or ()),
        status=_ROLLOUTS.get(rollouts.get(arn, ""), "succeeded"),
        current=arn == serving(service),
        differences=() if before is None else differences(before, row),
    )


def differences(before: Row, after: Row) -> tuple[Difference, ...]:
    """What one revision changed against another; what may be secret is masked."""
    old, new = _facts(before), _facts(after)
    return tuple(
        Difference(key, old.get(key, ""), new.get(key, ""))
        for key in sorted(old.keys() | new.keys())
        if old.get(key, "") != new.get(key, "")
    )


def _facts(row: Row) -> dict[str, str]:
    """What a person may want to know of a revision. With several containers, each fact says of which."""
    containers = row.get("containerDefinitions") or ()
    facts = {key: str(row[key]) for key in ("cpu", "memory") if row.get(key)}
    for container in containers:
        prefix = f"{container.get('name')}." if len(containers) > 1 else ""
        facts |= {prefix + key: value for key, value in _container_facts(container).items()}
    return {plain(key, 200): plain(value) for key, value in facts.items()}


def _container_facts(container: Row) -> dict[str, str]:
    variables = {str(one["name"]): str(one.get("value", "")) for one in container.get("environment") or ()}
    secrets = {str(one["name"]): str(one.get("valueFrom", "")) for one in container.get("secrets") or ()}
    health = (container.get("healthCheck") or {}).get("command") or ()
    ports = [str(one.get("containerPort")) for one in container.get("portMappings") or ()]
    facts = {
        "image": str(container.get("image", "")),
        "command": shlex.join(map(str, container.get("command") or ())),
        "port": ", ".join(ports),
        "health": shlex.join(map(str, health)),
    }
    facts |= {f"environment.{key}": mask(key, value) for key, value in variables.items()}
    return facts | {f"environment.{key}": _kept_in(value) for key, value in secrets.items()}


def _kept_in(reference: str) -> str:
    """Where a secret is, and in which version: that changes when the secret does."""
    parts = reference.split(":")
    if parts[2:3] != ["secretsmanager"]:
        return f"parameter {reference.rpartition(':')[2]}"
    version = parts[9][:8] if len(parts) > 9 and parts[9] else ""
    return f"secret {':'.join(parts[6:7])}" + (f" in version {version}" if version else "")
