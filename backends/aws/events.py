"""What AWS says happened to a layer: service events, scaling activities, stack events, events of RDS and
ElastiCache."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from tuienv.backends.aws.asking import Asker
from tuienv.backends.aws.looking.atlas import Atlas
from tuienv.backends.aws.looking.grouping import STACK, Placed
from tuienv.backends.aws.looking.parts import Form, Part, Row, stamp, word
from tuienv.backends.base import Forbidden, Invalid, NotAuthenticated, NotFound, ProviderError
from tuienv.model import Address, Event
from tuienv.text import plain

PAGE = 100
"""Events that are told."""

TRIED = "list the events of"

DAYS = 14
"""How far back RDS and ElastiCache tell. Source: "DescribeEvents" in their API references."""


def events_of(atlas: Atlas, address: Address) -> list[Event]:
    """The last of what happened to a layer, newest first. Who cannot tell costs nobody else theirs. Raises `NotFound`,
    and what was said first where nobody tells."""
    placed = atlas.find(address, TRIED)
    source, asker = str(placed.address), atlas.asker
    readers: list[Callable[[], Iterable[Event]]] = [
        lambda: _own(asker, placed.part, source),
        lambda: _scalings(asker, placed.part, source),
        lambda: _of_stack(asker, placed),
    ]
    told = list(asker.pool.map(_told_by, readers))
    found = [event for events in told if not isinstance(events, ProviderError) for event in events]
    failures = [failure for failure in told if isinstance(failure, ProviderError)]
    if failures and not found:
        raise failures[0]
    return sorted(found, key=lambda event: event.time, reverse=True)[:PAGE]


def _told_by(read: Callable[[], Iterable[Event]]) -> list[Event] | ProviderError:
    """What one source tells, or why it does not. Raises `NotAuthenticated`: then none does."""
    try:
        return list(read())
    except NotAuthenticated:
        raise
    except ProviderError as failure:
        return failure


def _own(asker: Asker, part: Part, source: str) -> Iterable[Event]:
    """What the service that runs it says."""
    match part.form:
        case Form.SERVICE:
            return _of_service(part.row, source)
        case Form.DATABASE:
            return _told(asker, "rds", "db-instance", [str(part.row["DBInstanceIdentifier"])], source)
        case Form.DATABASE_CLUSTER:
            return _told(asker, "rds", "db-cluster", [str(part.row["DBClusterIdentifier"])], source)
        case Form.REPLICATION_GROUP:
            return _told(asker, "elasticache", "replication-group", [part.name], source)
        case Form.CACHE_CLUSTER:
            return _told(asker, "elasticache", "cache-cluster", [part.name], source)
        case _:
            return ()


def _of_service(row: Row, source: str) -> Iterable[Event]:
    for event in row.get("events") or ():
        yield _event(event.get("createdAt"), source, event.get("message"))
    for deployment in row.get("deployments") or ():
        if deployment.get("rolloutStateReason"):
            yield _event(deployment.get("updatedAt"), source, deployment["rolloutStateReason"])


def _told(asker: Asker, service: str, kind: str, names: Sequence[str], source: str) -> Iterable[Event]:
    since = datetime.now(UTC) - timedelta(days=DAYS)
    for name in names:
        # They come oldest first, so that the last are on the last page.
        given = {"SourceType": kind, "SourceIdentifier": name, "StartTime": since, "MaxRecords": PAGE}
        for page in asker.pages(service, "describe_events", "Events", name, **given):
            for row in page:
                yield _event(row.get("Date"), source, row.get("Message"))


def _scalings(asker: Asker, part: Part, source: str) -> Iterable[Event]:
    """What scaled it. Who may not ask loses these events alone."""
    rows: Sequence[Row] = ()
    with suppress(Forbidden, NotFound, Invalid):
        if part.form is Form.SCALING_GROUP:
            told = asker.ask(
                "autoscaling", "describe_scaling_activities", part.name, AutoScalingGroupName=part.name, MaxRecords=PAGE
            )
            rows = told.get("Activities") or ()
        elif part.form is Form.SERVICE:
            told = asker.ask(
                "application-autoscaling",
                "describe_scaling_activities",
                part.name,
                ServiceNamespace="ecs",
                ResourceId=f"service/{part.home}/{part.name}",
                MaxResults=50,
            )
            rows = told.get("ScalingActivities") or ()
    for row in rows:
        yield _event(row.get("StartTime"), source, _activity(row))


def _activity(row: Row) -> str:
    status = str(row.get("StatusCode") or "")
    failed = f" ({status}: {row.get('StatusMessage')})" if status == "Failed" else ""
    return f"{row.get('Description', '')}{failed}"


def _of_stack(asker: Asker, placed: Placed) -> Iterable[Event]:
    """What CloudFormation did to it, and to the stack as a whole."""
    stack = placed.part.tags.get(STACK)
    if not stack:
        return
    with suppress(Forbidden, NotFound, Invalid):
        answer = asker.ask("cloudformation", "describe_stack_events", stack, StackName=stack)
        for row in answer.get("StackEvents") or ():
            if _concerns(row, placed.part):
                yield _event(row.get("Timestamp"), f"stack {word(stack)}", _stack_text(row))


def _concerns(row: Row, part: Part) -> bool:
    physical = str(row.get("PhysicalResourceId") or "")
    return physical in (part.arn, part.name) or row.get("StackId") == physical


def _stack_text(row: Mapping[str, object]) -> str:
    reason = f": {row['ResourceStatusReason']}" if row.get("ResourceStatusReason") else ""
    return f"{row.get('LogicalResourceId')} {row.get('ResourceStatus')}{reason}"


def _event(at: object, source: str, text: object) -> Event:
    return Event(stamp(at) or 0.0, source, plain(str(text or "")))
