"""IAM roles: what ECS may do to start a task, and what the task itself may do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from tuienv.backends.aws import naming
from tuienv.backends.aws.failures import code_of
from tuienv.backends.aws.job import Job
from tuienv.backends.base import Conflict, NotFound, ProviderError

EXECUTION_POLICY = "arn:{partition}:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
"""What AWS wants a role to have that pulls images and writes logs for tasks (Amazon ECS developer guide)."""

_POLICY = "tuienv"
"""The name of the one inline policy that a role of ours has."""

_TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def partition_of(region: str) -> str:
    """``aws``, ``aws-cn`` or ``aws-us-gov``: the second part of every ARN."""
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"


def execution_role_name(job: Job) -> str:
    return naming.start_role_name(job.beside(""), job.session.region)


def task_role_name(job: Job) -> str:
    return naming.with_suffix(job.address, f"task-{job.session.region}", naming.ROLE_LENGTH)


def ensure_execution_role(job: Job) -> str:
    """The ARN of the role that starts the environment's tasks: it reads their secrets and no others."""
    region, account = job.session.region, job.session.account
    partition = partition_of(region)
    secrets = f"arn:{partition}:secretsmanager:{region}:{account}:secret:{naming.secret_name(job.beside('*'))}"
    policy = _allowing(["secretsmanager:GetSecretValue"], secrets)
    tags = naming.tags_of(job.beside(""), account=account)
    return _ensure(job, execution_role_name(job), policy, tags, EXECUTION_POLICY.format(partition=partition))


def ensure_task_role(job: Job, tags: Mapping[str, str]) -> str:
    """The ARN of the role that the layer's tasks have: it may open the channel through which commands are run."""
    actions = ["CreateControlChannel", "CreateDataChannel", "OpenControlChannel", "OpenDataChannel"]
    policy = _allowing([f"ssmmessages:{action}" for action in actions], "*")
    return _ensure(job, task_role_name(job), policy, tags, "")


def _allowing(actions: list[str], what: str) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": what}]}


def _ensure(job: Job, name: str, policy: dict[str, Any], tags: Mapping[str, str], attached: str) -> str:
    role = job.find("iam", "get_role", "Role", tried="look for role", target=name, RoleName=name)
    if role is not None and not _is_ours(job, role):
        said = "there is a role of that name which others made"
        raise Conflict("use role", name, said, "Give the environment or the layer another name.")
    if role is None:
        job.say(f"create role {name}")
        role = _create(job, name, tags)
    if attached and attached not in _attached(job, name):
        job.call(
            "iam", "attach_role_policy", tried="attach a policy to role", target=name, RoleName=name, PolicyArn=attached
        )
    if _inline(job, name) != policy:
        job.call(
            "iam",
            "put_role_policy",
            tried="write the policy of role",
            target=name,
            RoleName=name,
            PolicyName=_POLICY,
            PolicyDocument=json.dumps(policy),
        )
    return str(role["Arn"])


def _is_ours(job: Job, role: Mapping[str, Any]) -> bool:
    return naming.tags_in(role.get("Tags")).get(naming.ENVIRONMENT) == job.environment


def _create(job: Job, name: str, tags: Mapping[str, str]) -> dict[str, Any]:
    try:
        made = job.call(
            "iam",
            "create_role",
            tried="create role",
            target=name,
            RoleName=name,
            AssumeRolePolicyDocument=json.dumps(_TRUST),
            Description=f"tuienv {job.address}",
            Tags=naming.tag_list(tags),
        )
    except ProviderError as error:
        if code_of(error) != "EntityAlreadyExists":
            raise
        made = job.call("iam", "get_role", tried="look for role", target=name, RoleName=name)
    role: dict[str, Any] = made["Role"]
    return role


def _attached(job: Job, name: str) -> set[str]:
    rows = job.items(
        "iam",
        "list_attached_role_policies",
        "AttachedPolicies",
        tried="look at the policies of role",
        target=name,
        RoleName=name,
    )
    return {str(row["PolicyArn"]) for row in rows}


def _inline(job: Job, name: str) -> object:
    try:
        found = job.call(
            "iam", "get_role_policy", tried="read the policy of role", target=name, RoleName=name, PolicyName=_POLICY
        )
    except NotFound:
        return None
    document = found.get("PolicyDocument")
    return json.loads(unquote(document)) if isinstance(document, str) else document


def delete_role(job: Job, name: str) -> None:
    """Remove a role of ours with all that is attached to it; nothing if there is none, or it is not ours."""
    role = job.find("iam", "get_role", "Role", tried="look for role", target=name, RoleName=name)
    if role is None or not _is_ours(job, role):
        return
    job.say(f"remove role {name}")
    for policy in sorted(_attached(job, name)):
        job.drop(
            "iam", "detach_role_policy", tried="detach a policy from role", target=name, RoleName=name, PolicyArn=policy
        )
    job.drop(
        "iam", "delete_role_policy", tried="remove the policy of role", target=name, RoleName=name, PolicyName=_POLICY
    )
    job.drop("iam", "delete_role", tried="remove role", target=name, RoleName=name)
