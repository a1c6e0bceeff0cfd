"""A session whose calls fail as they are told to, between botocore and the wire: what comes back is read and told as
any other answer of AWS.

Which call fails is not left to chance: each operation has every kind of fault before it, one a run, and what was met
is told.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError
from botocore.httpsession import URLLib3Session
from microburst.protocols import render_error  # type: ignore[import-untyped]  # it brings no types

from tests.aws_emulators.clients import LocalSession

CALLER = "arn:aws:iam::000000000000:user/ann"
RESOURCE = "arn:aws:any:us-east-1:000000000000:thing/shop"

_PREFIXES = {"elbv2": "elasticloadbalancing", "resourcegroupstaggingapi": "tag"}


class Fault(StrEnum):
    """What may become of a call. `LOST`: it is done, and its answer does not arrive."""

    THROTTLED = "throttled"
    EXPIRED = "expired"
    DENIED = "denied"
    BROKEN = "a 500"
    RESET = "reset"
    LOST = "answer lost"


@dataclass(frozen=True, order=True)
class Operation:
    """``ecs`` and ``CreateService``, as boto3 names the service."""

    service: str
    name: str

    @property
    def action(self) -> str:
        """As a policy names it."""
        return f"{_PREFIXES.get(self.service, self.service)}:{self.name}"

    def __str__(self) -> str:
        return f"{self.service} {self.name}"


@dataclass(frozen=True, order=True)
class Met:
    """A fault that was met."""

    operation: Operation
    fault: Fault


class FaultySession(LocalSession):
    """Every operation meets every fault once: `arm`, do something, and `met` is what was met, if anything was."""

    def __init__(self, url: str, other: str) -> None:
        super().__init__(url, other)
        self.met: Met | None = None
        self.left: dict[Operation, list[Fault]] = {}
        self.armed = False
        self._wire = URLLib3Session()

    def arm(self) -> None:
        """The next call whose operation has not met every fault yet meets the next of them."""
        self.met, self.armed = None, True

    def disarm(self) -> Met | None:
        """Let everything pass; gives what was met since."""
        self.armed = False
        return self.met

    def _config(self) -> Config:
        """Each call is tried once: trying again is botocore's, and would slow down after each throttling."""
        once = Config(retries={"mode": "standard", "total_max_attempts": 1})
        return super()._config().merge(once)

    def _open(self, service: str) -> Any:
        client = super()._open(service)

        def strike(request: AWSPreparedRequest, event_name: str, **_: Any) -> AWSResponse | None:
            return self._strike(request, Operation(service, event_name.rpartition(".")[2]))

        client.meta.events.register("before-send", strike)
        return client

    def _strike(self, request: AWSPreparedRequest, operation: Operation) -> AWSResponse | None:
        with self._lock:
            faults = self.left.setdefault(operation, list(Fault))
            if not self.armed or self.met is not None or not faults:
                return None
            self.met = Met(operation, faults.pop(0))
        return _ANSWERS[self.met.fault](self, request, operation)

    def _lose(self, request: AWSPreparedRequest, operation: Operation) -> AWSResponse:
        self._wire.send(request)
        return _reset(self, request, operation)

    def close(self) -> None:
        super().close()
        self._wire.close()


_Answer = Callable[[FaultySession, AWSPreparedRequest, Operation], AWSResponse]


def _refused(status: int, message: str, code: str, ec2: str) -> _Answer:
    """EC2 has codes of its own for what the others agree on."""

    def refused(session: FaultySession, request: AWSPreparedRequest, operation: Operation) -> AWSResponse:
        said = message.format(action=operation.action)
        _, headers, body = render_error(
            operation.service, ec2 if operation.service == "ec2" else code, said, status, _protocol(session, operation)
        )
        return AWSResponse(request.url, status, _headers(headers), _Body(body))

    return refused


def _reset(session: FaultySession, request: AWSPreparedRequest, operation: Operation) -> AWSResponse:
    raise ConnectionClosedError(endpoint_url=request.url)


def _protocol(session: FaultySession, operation: Operation) -> str:
    return str(session.client(operation.service).meta.service_model.resolved_protocol)


def _headers(told: dict[str, str]) -> HTTPHeaders:
    headers = HTTPHeaders()
    for name, value in told.items():
        headers[name] = value
    return headers


class _Body(io.BytesIO):
    """As much of urllib3's answer as botocore reads."""

    def stream(self, *_: Any, **__: Any) -> list[bytes]:
        return [self.getvalue()]


_ANSWERS: dict[Fault, _Answer] = {
    Fault.THROTTLED: _refused(400, "Rate exceeded", "ThrottlingException", "RequestLimitExceeded"),
    Fault.EXPIRED: _refused(400, "The security token has expired", "ExpiredTokenException", "RequestExpired"),
    Fault.DENIED: _refused(
        403,
        f"User: {CALLER} is not authorized to perform: {{action}} on resource: {RESOURCE} because no identity-based "
        "policy allows it",
        "AccessDeniedException",
        "UnauthorizedOperation",
    ),
    Fault.BROKEN: _refused(500, "it went wrong", "InternalFailure", "InternalError"),
    Fault.RESET: _reset,
    Fault.LOST: FaultySession._lose,
}
