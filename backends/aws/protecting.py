"""Protection that AWS itself keeps: what holds data, and the load balancers, then refuse to be deleted by anybody."""

from __future__ import annotations

from tuienv.backends.aws import naming
from tuienv.backends.aws.keeping import note_protection
from tuienv.backends.aws.session import Session

_PROTECTION = "deletion_protection.enabled"


def protect_environment(session: Session, environment: str, protected: bool) -> None:
    """Put deletion protection on every DB instance and load balancer of the environment, or take it off, and note that
    down. ElastiCache has none: its groups are kept by the note alone. That comes last: plans go by it, and what was
    interrupted before is planned again."""
    _databases(session, environment, protected)
    _balancers(session, environment, protected)
    note_protection(session, environment, protected)


def _databases(session: Session, environment: str, protected: bool) -> None:
    rows = session.items(
        "rds", "describe_db_instances", "DBInstances", tried="look for the databases of", target=environment
    )
    for row in rows:
        mine = naming.tags_in(row.get("TagList")).get(naming.ENVIRONMENT) == environment
        if mine and bool(row.get("DeletionProtection")) is not protected:
            session.call(
                "rds",
                "modify_db_instance",
                tried="protect" if protected else "no longer protect",
                target=row["DBInstanceIdentifier"],
                DBInstanceIdentifier=row["DBInstanceIdentifier"],
                DeletionProtection=protected,  # at once in any case; to ask for that would do all that is pending too
            )


def _balancers(session: Session, environment: str, protected: bool) -> None:
    rows = session.items(
        "elbv2", "describe_load_balancers", "LoadBalancers", tried="look for the load balancers of", target=environment
    )
    arns = [str(row["LoadBalancerArn"]) for row in rows]
    for start in range(0, len(arns), 20):
        told = session.call(
            "elbv2",
            "describe_tags",
            tried="read the tags of load balancers for",
            target=environment,
            ResourceArns=arns[start : start + 20],
        )
        for row in told.get("TagDescriptions") or ():
            if naming.tags_in(row.get("Tags")).get(naming.ENVIRONMENT) == environment:
                protect_balancer(session, str(row["ResourceArn"]), protected)


def protect_balancer(session: Session, arn: str, protected: bool) -> None:
    """Have AWS refuse to delete it, or no longer."""
    if is_balancer_protected(session, arn) is not protected:
        session.call(
            "elbv2",
            "modify_load_balancer_attributes",
            tried="protect" if protected else "no longer protect",
            target=arn,
            LoadBalancerArn=arn,
            Attributes=[{"Key": _PROTECTION, "Value": "true" if protected else "false"}],
        )


def is_balancer_protected(session: Session, arn: str) -> bool:
    rows = session.call("elbv2", "describe_load_balancer_attributes", tried="look at", target=arn, LoadBalancerArn=arn)
    has = {str(row["Key"]): row.get("Value") for row in rows.get("Attributes") or ()}
    return bool(has.get(_PROTECTION) == "true")
