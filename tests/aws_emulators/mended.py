"""Runs ministack with what it lacks of AWS and the backend stands on. ``python -m tests.aws_emulators.mended``.

- RDS manages the password of an instance in Secrets Manager (``ManageMasterUserPassword``): ministack does so for
  clusters alone.
- Without an engine, a rollout goes on step by step, each time that somebody looks at it: ministack's stands still after
  the first step where the file leaves room for one more task alone.
- ECS gives the tags of a task definition to the tasks of a service (``propagateTags``).
- ECR's images are in a registry, where there is one (`tests.aws_emulators.mended_ecr`).
- With an engine, ECS Exec leads into the containers, and CloudWatch has measured them
  (`tests.aws_emulators.mended_exec`, `tests.aws_emulators.mended_cloudwatch`).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from ministack import app  # type: ignore[import-untyped]  # it brings no types
from ministack.services import ecs, rds, secretsmanager  # type: ignore[import-untyped]  # nor here

from tests.aws_emulators import mended_cloudwatch, mended_ecr, mended_exec

Answer = Any


def main() -> None:
    """Until it is told to end."""
    rds._create_db_instance_impl = with_password(rds._create_db_instance_impl)
    rds._delete_db_instance_impl = without_password(rds._delete_db_instance_impl)
    rds._instance_xml = telling_of_password(rds._instance_xml)
    ecs._run_task = with_tags(ecs._run_task)
    mended_ecr.mend()
    if ecs._get_docker():
        mended_exec.mend()
        mended_cloudwatch.mend()
    handlers = ecs._ACTION_MAP
    handlers["DescribeServices"] = going_on(handlers["DescribeServices"])
    app.main()


def with_password(create: Callable[[Any], Answer]) -> Callable[[Any], Answer]:
    """An instance gets a password that is kept as a secret, if that was asked for."""

    def created(p: Any) -> Answer:
        name = rds._p(p, "DBInstanceIdentifier")
        if rds._p(p, "ManageMasterUserPassword") != "true" or name in rds._instances:
            return create(p)
        password, user = secrets.token_urlsafe(24), rds._p(p, "MasterUsername")
        text = rds.json.dumps({"username": user, "password": password})
        arn = secretsmanager.create_secret_in_process(f"rds!db-{secrets.token_hex(16)}", text)
        answer = create({**p, "MasterUserPassword": [password]})
        if name in rds._instances:
            rds._instances[name]["MasterUserSecret"] = {"SecretArn": arn, "SecretStatus": "active"}
        return answer

    return created


def without_password(delete: Callable[[Any], Answer]) -> Callable[[Any], Answer]:
    """The secret goes with its instance."""

    def deleted(p: Any) -> Answer:
        name = rds._p(p, "DBInstanceIdentifier")
        secret = (rds._instances.get(name) or {}).get("MasterUserSecret")
        answer = delete(p)
        if secret and name not in rds._instances:
            secretsmanager.delete_secret_in_process(secret["SecretArn"])
        return answer

    return deleted


def telling_of_password(render: Callable[[Any], str]) -> Callable[[Any], str]:
    def rendered(instance: Any) -> str:
        secret = instance.get("MasterUserSecret")
        if not secret:
            return render(instance)
        told = f"<SecretArn>{secret['SecretArn']}</SecretArn><SecretStatus>{secret['SecretStatus']}</SecretStatus>"
        return f"{render(instance)}<MasterUserSecret>{told}</MasterUserSecret>"

    return rendered


def with_tags(run: Callable[[Any], Answer]) -> Callable[[Any], Answer]:
    """A service's tasks get the tags that it says they shall have."""

    def ran(data: Any) -> Answer:
        cluster, group = ecs._resolve_cluster_name(data.get("cluster", "default")), str(data.get("group", ""))
        service = ecs._services.get(f"{cluster}/{group.removeprefix('service:')}") or {}
        if group.startswith("service:") and service.get("propagateTags") == "TASK_DEFINITION":
            definition = ecs._task_defs.get(ecs._resolve_td_key(data.get("taskDefinition", ""))) or {}
            tags = ecs._tags.get(definition.get("taskDefinitionArn"), [])
            data = {**data, "tags": [*data.get("tags", []), *tags]}
        return run(data)

    return ran


def going_on(describe: Callable[[Any], Answer]) -> Callable[[Any], Answer]:
    def described(data: Any) -> Answer:
        if not ecs._get_docker():
            cluster = ecs._resolve_cluster_name(data.get("cluster", "default"))
            for key, service in list(ecs._services.items()):
                primary = ecs._primary_deployment(service) or {}
                if key.startswith(f"{cluster}/") and primary.get("rolloutState") == "IN_PROGRESS":
                    ecs._reconcile_service_tasks(cluster, key)
        return describe(data)

    return described


if __name__ == "__main__":
    main()
