"""The bounds that Application Auto Scaling keeps a service within, where somebody has set some."""

from __future__ import annotations

from tuienv.backends.aws.job import Job
from tuienv.backends.aws.session import Row, Session
from tuienv.backends.base import Conflict, Forbidden, Invalid, NotFound

DIMENSION = "ecs:service:DesiredCount"


def bounds_of(session: Session, cluster: str, service: str) -> Row | None:
    """``MinCapacity`` and ``MaxCapacity`` of a service; None where nobody set any, or they may not be read."""
    resource = f"service/{cluster}/{service}"
    try:
        found = session.call(
            "application-autoscaling",
            "describe_scalable_targets",
            tried="read the scaling bounds of",
            target=service,
            ServiceNamespace="ecs",
            ResourceIds=[resource],
            ScalableDimension=DIMENSION,
        )
    except (Forbidden, NotFound, Invalid):
        return None  # scaling is AWS's to refuse then
    rows = [row for row in found.get("ScalableTargets") or () if row.get("ResourceId") == resource]
    return rows[0] if rows else None


def check_bounds(job: Job, wanted: int) -> None:
    """Raises `Conflict` where so many tasks would not stay: auto scaling puts back what is outside of its bounds. None
    at all is a stop, which it leaves alone."""
    bounds = bounds_of(job.session, job.cluster, job.service) if wanted else None
    if bounds is None:
        return
    low, high = int(bounds.get("MinCapacity", 0)), int(bounds.get("MaxCapacity", wanted))
    if not low <= wanted <= high:
        said = f"Application Auto Scaling keeps it between {low} and {high}"
        remedy = "Choose a number within, or move the bounds: `aws application-autoscaling register-scalable-target`."
        raise Conflict("scale", job.address, said, remedy)
