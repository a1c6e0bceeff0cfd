"""Waiting until a service has what it should have, and saying why when it never gets so.

ECS itself judges a rollout: by its tasks, their health checks and those of the load balancer; its circuit breaker
gives up after a few failures and goes back to the last version that was steady.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from tuienv.backends.aws import naming
from tuienv.backends.aws.job import Job
from tuienv.backends.aws.session import Row
from tuienv.backends.aws.task_list import task_rows
from tuienv.backends.base import Conflict, NotFound, ProviderError
from tuienv.text import looks_secret, plain

ROLLS_OUT = 1800.0
"""Seconds for a rollout: tasks take a minute or two to start and up to five to drain, and a big service takes turns."""

LAST_LINES = 10

SPEAKERS = 3
"""Tasks whose last lines are told: they have failed alike."""

TELLS = 10
"""Seconds until ECS tells of the tasks that made a rollout fail."""

_PULL = ("CannotPullContainer", "CannotPullImage", "pull image")
_PERMANENT = ("not found", "does not exist", "manifest unknown", "no such", "connection refused", "refused")


@dataclass
class _Watch:
    """What was seen of a rollout so far."""

    job: Job
    revision: str
    wanted: int
    since: float = field(default_factory=time.time)
    told: set[str] = field(default_factory=set)

    def look(self) -> str:
        """Why it is not steady yet; empty once it is. Raises what ended it."""
        service = self._service()
        self._say_events(service)
        # What CodeDeploy or somebody's own tool deploys has task sets in the place of deployments.
        deployments: Sequence[Row] = service.get("deployments") or service.get("taskSets") or ()
        primary: Row = next((one for one in deployments if one.get("status") == "PRIMARY"), {})
        if primary.get("taskDefinition") != self.revision or primary.get("rolloutState") == "FAILED":
            raise self._failed(str(primary.get("rolloutStateReason") or ""), deployments)
        self._check_image(primary)
        running, pending = int(service.get("runningCount") or 0), int(service.get("pendingCount") or 0)
        steady = running == self.wanted and not pending and len(_under_way(deployments)) <= 1
        if steady and primary.get("rolloutState", "COMPLETED") == "COMPLETED":
            return ""
        return f"{self.job.address}: {running} of {self.wanted} tasks run"

    def _service(self) -> Row:
        job = self.job
        found = job.call(
            "ecs",
            "describe_services",
            tried="look at the service of",
            cluster=job.cluster,
            services=[job.service],
        )
        rows = [row for row in found.get("services") or () if row.get("status") == "ACTIVE"]
        if not rows:
            raise Conflict("wait for", job.address, "the service was removed meanwhile", "Apply again.")
        service: Row = rows[0]
        return service

    def _say_events(self, service: Row) -> None:
        """What ECS itself says happened since this began, oldest first, each once."""
        for event in reversed(service.get("events") or ()):
            at, identity = event.get("createdAt"), str(event.get("id"))
            if identity in self.told or at is None or at.timestamp() < self.since - 1:
                continue
            self.told.add(identity)
            self.job.say(plain(str(event.get("message", "")), 200))

    def _check_image(self, primary: Row) -> None:
        """An image that cannot be had does not come by waiting."""
        if not primary.get("failedTasks"):
            return
        reason = next((why for why in map(reason_of, self._ended()) if _is_missing_image(why)), "")
        if reason:
            raise self._image_error(reason)

    def _image_error(self, reason: str) -> NotFound:
        image = _image_of(self.job, self.revision)
        return NotFound("pull image", image, reason, "Is it pushed, and may the task's role pull it?")

    def _failed(self, why: str, deployments: Sequence[Row]) -> ProviderError:
        """ECS knows that a rollout failed a little before it tells of the tasks that ended."""
        ended = self._ended()
        for _ in range(TELLS):
            if ended:
                break
            self.job.steps.pause(1.0)
            ended = self._ended()
        reasons = [reason for row in ended if (reason := reason_of(row))]
        missing = next((reason for reason in reasons if _is_missing_image(reason)), "")
        if missing:
            return self._image_error(missing)
        failed = next((one for one in deployments if one.get("taskDefinition") == self.revision), {})
        said = why if failed.get("status") == "PRIMARY" else str(failed.get("rolloutStateReason") or why)
        lines = last_lines(self.job, ended)
        parts = [plain(said) or "the rollout failed", *dict.fromkeys(reasons)]
        parts[-1] += "; its last lines:" if lines else ""
        text = "\n".join([*parts, *(f"  {line}" for line in lines)])
        return Conflict("start", self.job.address, text, "What served before still does. Mend it, then apply again.")

    def _ended(self) -> list[Row]:
        """The tasks of this revision that ended; none where that cannot be asked: the failure stands without them."""
        try:
            found = task_rows(self.job, serviceName=self.job.service, desiredStatus="STOPPED")
        except ProviderError:
            return []
        return [row for row in found if row.get("taskDefinitionArn") == self.revision]


def wait_steady(job: Job, revision: str, wanted: int, before: str) -> None:
    """Wait until the service has `wanted` tasks of this revision and no others.

    Raises `Conflict` with ECS's reasons and the last log lines when the rollout failed, `NotFound` when its image
    cannot be had; then the revision `before` serves on.
    """
    watch = _Watch(job, revision, wanted)
    try:
        job.wait(watch.look, ROLLS_OUT, tried="wait for")
    except NotFound:
        if before and before != revision:
            _go_back(job, before)
        raise


def _go_back(job: Job, before: str) -> None:
    """What the circuit breaker would do after some more failures."""
    job.call(
        "ecs",
        "update_service",
        tried="go back with the service of",
        cluster=job.cluster,
        service=job.service,
        taskDefinition=before,
    )


def _under_way(deployments: Sequence[Row]) -> list[Row]:
    """Those that have tasks or are to get some; one that failed gets none any more, whatever it wanted."""
    return [
        one
        for one in deployments
        if one.get("runningCount")
        or one.get("pendingCount")
        or (one.get("desiredCount") and one.get("rolloutState") != "FAILED")
    ]


def _is_missing_image(reason: str) -> bool:
    lower = reason.lower()
    return any(word in reason for word in _PULL) and any(word in lower for word in _PERMANENT)


def reason_of(task: Row) -> str:
    """Why a task ended, in ECS's words and the container's."""
    container: Row = next(iter(task.get("containers") or ()), {})
    code = container.get("exitCode")
    parts = [task.get("stoppedReason"), container.get("reason"), f"exit code {code}" if code else ""]
    return "; ".join(plain(str(part), 300) for part in parts if part)


def _image_of(job: Job, revision: str) -> str:
    try:
        found = job.call(
            "ecs", "describe_task_definition", tried="look at the task definition of", taskDefinition=revision
        )
    except ProviderError:
        return revision
    return plain(str(found["taskDefinition"]["containerDefinitions"][0].get("image", "")))


def last_lines(job: Job, ended: Sequence[Row]) -> list[str]:
    """The end of what these tasks said, cleaned, secrets masked. Empty if there is none to be had.

    Streams are called ``PREFIX/CONTAINER/TASK`` (Amazon ECS developer guide, "awslogs log driver").
    """
    group, layer = naming.log_group(job.address), job.address.layer
    events: list[Row] = []
    for task in ended[:SPEAKERS]:
        stream = f"{layer}/{layer}/{str(task['taskArn']).rpartition('/')[2]}"
        try:
            found = job.call(
                "logs",
                "get_log_events",
                tried="read the logs of",
                logGroupName=group,
                logStreamName=stream,
                limit=LAST_LINES,
            )
        except ProviderError:
            continue  # it ended before it said anything; the reason stands without it
        events += found.get("events") or ()
    events.sort(key=lambda event: int(event.get("timestamp", 0)))
    lines = [plain(str(event.get("message", "")), 300) for event in events[-LAST_LINES:]]
    return [_masked(line, job) for line in lines if line.strip()]


def _masked(line: str, job: Job) -> str:
    for key, value in job.inputs.environment.items():
        if len(value) >= 6 and looks_secret(key, value):
            line = line.replace(value, "••••")
    return line
