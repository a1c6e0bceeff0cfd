"""What an environment has at AWS beside what runs and what holds its data, asked for by bare clients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.aws_emulators.clients import bare

ENVIRONMENT = "tuienv:environment"


def belongings(url: str, environment: str) -> list[str]:
    """Everything of the environment beside clusters, tasks, load balancers and stores, wherever it may lie."""
    tagged = [{"Name": f"tag:{ENVIRONMENT}", "Values": [environment]}]
    groups = bare("ec2", url).describe_security_groups(Filters=tagged)["SecurityGroups"]
    logs = bare("logs", url).describe_log_groups(logGroupNamePrefix=f"/tuienv/{environment}/")["logGroups"]
    secrets = bare("secretsmanager", url).list_secrets()["SecretList"]
    roles = bare("iam", url).list_roles()["Roles"]
    definitions = bare("ecs", url).list_task_definitions(familyPrefix=f"{environment}-")["taskDefinitionArns"]
    targets = bare("elbv2", url).describe_target_groups()["TargetGroups"]
    subnets = bare("rds", url).describe_db_subnet_groups()["DBSubnetGroups"]
    caches = bare("elasticache", url).describe_cache_subnet_groups()["CacheSubnetGroups"]
    repositories = bare("ecr", url).describe_repositories()["repositories"]
    parameters = bare("ssm", url).get_parameters_by_path(Path=f"/tuienv/{environment}/")["Parameters"]
    return [
        *(str(row["GroupName"]) for row in groups),
        *(str(row["logGroupName"]) for row in logs),
        *(str(row["Name"]) for row in secrets if row["Name"].startswith(f"tuienv/{environment}/")),
        *(str(row["RoleName"]) for row in roles if row["RoleName"].startswith(f"{environment}-")),
        *map(str, definitions),
        *(str(row["TargetGroupName"]) for row in targets if row["TargetGroupName"].startswith(environment[:20])),
        *(str(row["DBSubnetGroupName"]) for row in subnets if row["DBSubnetGroupName"].startswith(environment)),
        *(str(row["CacheSubnetGroupName"]) for row in caches if environment in str(row)),
        *(str(row["Name"]) for row in parameters),
        *(str(row["repositoryName"]) for row in repositories if _is_of(url, row, environment)),
    ]


def _is_of(url: str, repository: Any, environment: str) -> bool:
    """By its name or by its tags."""
    told = bare("ecr", url).list_tags_for_resource(resourceArn=repository["repositoryArn"])["tags"]
    named = str(repository["repositoryName"]).startswith(f"tuienv/{environment}/")
    return named or tags_in(told).get(ENVIRONMENT) == environment


def tags_in(rows: Sequence[Mapping[str, str]]) -> dict[str, str]:
    return {row["Key"]: row["Value"] for row in rows}
