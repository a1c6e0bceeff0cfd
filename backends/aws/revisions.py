"""Task definitions: what a service's tasks are made from. A revision never changes, so each is read once."""

from __future__ import annotations

from collections.abc import Callable

from tuienv.backends.aws.asking import Asker
from tuienv.backends.aws.looking.notes import Notes
from tuienv.backends.aws.looking.parts import Row


def serving(service: Row) -> str:
    """The ARN of the task definition that a service runs. Where CodeDeploy or somebody's own tool deploys it, its
    primary task set says so; empty where there is none yet."""
    rows = service.get("taskSets") or ()
    primary: Row = next((row for row in rows if row.get("status") == "PRIMARY"), {})
    return str(service.get("taskDefinition") or primary.get("taskDefinition") or "")


def revision_of(asker: Asker, notes: Notes) -> Callable[[str], Row]:
    """A way to read task definitions by their ARN, with what was read before at hand. Raises the contract's errors."""

    def read(arn: str) -> Row:
        known = notes.revisions.get(arn)
        if known is None:
            told = asker.ask("ecs", "describe_task_definition", arn, taskDefinition=arn, include=["TAGS"])
            known = {**told["taskDefinition"], "tags": told.get("tags") or []}
            notes.revisions.put(arn, known)
        return known

    return read
