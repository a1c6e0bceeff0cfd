"""The values of a layer that may be secret: one secret a layer in Secrets Manager, a JSON object of variable to value.

A task definition names the secret, the variable and the version, so that going back to an older one brings back the
values that it ran with. What is written here is read by the tasks alone (`roles.ensure_execution_role`) and by whoever
asks for the layer's settings.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from tuienv.backends.aws import naming
from tuienv.backends.aws.failures import code_of
from tuienv.backends.aws.job import Job
from tuienv.backends.aws.session import Row, Session
from tuienv.backends.base import NotFound, ProviderError
from tuienv.model import REFERENCE, Address
from tuienv.text import looks_secret


@dataclass(frozen=True, slots=True)
class Kept:
    """A secret as it is kept: what names it, which version, and how to name one value in it."""

    arn: str
    version: str

    def value_from(self, variable: str) -> str:
        """As a task definition names one value (Amazon ECS developer guide, "Pass Secrets Manager secrets")."""
        return f"{self.arn}:{variable}::{self.version}"


def may_be_secret(variable: str, raw: str, value: str) -> bool:
    """Whether a variable goes into the vault: what was a reference (a URL has a password in it), or looks secret."""
    return REFERENCE.search(raw) is not None or looks_secret(variable, value)


def keep(job: Job, values: Mapping[str, str], tags: Mapping[str, str]) -> Kept:
    """Have the layer's secret hold these values; a new version only where they differ."""
    name, text = naming.secret_name(job.address), json.dumps(dict(sorted(values.items())))
    found = _current(job.session, job.address)
    if found is None:
        return _create(job, name, text, tags)
    if found.get("SecretString") != text:
        job.say(f"write secret {name}")
        made = job.call(
            "secretsmanager", "put_secret_value", tried="write secret", target=name, SecretId=name, SecretString=text
        )
        return Kept(str(found["ARN"]), str(made["VersionId"]))
    return Kept(str(found["ARN"]), str(found["VersionId"]))


def forget(job: Job) -> None:
    """Remove the layer's secret at once: what is in it can be made again from the file and the layers it came from."""
    name = naming.secret_name(job.address)
    found = job.find("secretsmanager", "describe_secret", "ARN", tried="look for secret", target=name, SecretId=name)
    if found is None:
        return
    job.say(f"remove secret {name}")
    job.drop(
        "secretsmanager",
        "delete_secret",
        tried="remove secret",
        target=name,
        SecretId=name,
        ForceDeleteWithoutRecovery=True,
    )


def _current(session: Session, address: Address) -> Row | None:
    """What the layer's secret holds now, if it has one."""
    try:
        return session.call(
            "secretsmanager",
            "get_secret_value",
            tried="read the secret values of",
            target=address,
            SecretId=naming.secret_name(address),
        )
    except NotFound:
        return None
    except ProviderError as error:
        if code_of(error) == "InvalidRequestException":  # it is marked for deletion
            return None
        raise


def _create(job: Job, name: str, text: str, tags: Mapping[str, str]) -> Kept:
    job.say(f"create secret {name}")
    try:
        made = job.settled(
            lambda: job.call(
                "secretsmanager",
                "create_secret",
                tried="create secret",
                target=name,
                Name=name,
                Description=f"tuienv {job.address}",
                SecretString=text,
                Tags=naming.tag_list(tags),
            ),
            lambda error: code_of(error) == "InvalidRequestException" and "scheduled" not in error.said,
            f"secret {name} is still being removed",
        )
    except ProviderError as error:
        if code_of(error) != "InvalidRequestException":
            raise
        # Somebody marked it for deletion: it comes back with what it shall hold.
        job.call("secretsmanager", "restore_secret", tried="bring back secret", target=name, SecretId=name)
        made = job.call(
            "secretsmanager", "put_secret_value", tried="write secret", target=name, SecretId=name, SecretString=text
        )
    return Kept(str(made["ARN"]), str(made["VersionId"]))
