"""AWS as far as a test says what it answers: real clients of botocore, of which no call goes out.

What is asked is checked by botocore itself, what is answered against the shapes that botocore has of each answer, so
that no test can be written against an AWS that does not exist.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.validate import ParamValidator

from tuienv.backends.aws.session import Session

REGION = "us-east-1"
ACCOUNT = "111122223333"

Answer = Mapping[str, Any]
Answerer = Callable[[Mapping[str, Any]], Answer]


class Refusal(Exception):
    """An answer that says no, with AWS's code for it."""

    def __init__(self, code: str, message: str = "no", status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


class Stub:
    """What AWS answers, by service and operation (``ecs``, ``ListClusters``); `calls` has what was asked, in order.

    What no answer was given for answers as an empty account does. `beyond`: operations that do go out, to a server.
    """

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, Mapping[str, Any]]] = []
        self.beyond: set[str] = set()
        self._answers: dict[tuple[str, str], Answerer] = {}
        self._lock = threading.Lock()

    def on(self, service: str, operation: str, answer: Answer | Answerer | Refusal) -> None:
        """From now on, this is answered."""
        self._answers[service, operation] = _answerer(answer)

    def pages(
        self,
        service: str,
        operation: str,
        key: str,
        rows: Callable[[Mapping[str, Any]], Sequence[Any]],
        size: int,
        tokens: tuple[str, str],
    ) -> None:
        """Whatever `rows` gives for what is asked, `size` of it a page; `tokens`: what the next page is asked with, and
        where the answer has it."""

        def answer(given: Mapping[str, Any]) -> Answer:
            found, start = rows(given), int(given.get(tokens[0]) or 0)
            following = {tokens[1]: str(start + size)} if start + size < len(found) else {}
            return {key: list(found[start : start + size]), **following}

        self.on(service, operation, answer)

    def session(self, profile: str = "") -> Session:
        """A session that this answers."""
        return _StubbedSession(self, profile)

    def counted(self) -> Counter[str]:
        """How often each operation was asked."""
        with self._lock:
            return Counter(operation for _, operation, _ in self.calls)

    def asked(self, operation: str) -> list[Mapping[str, Any]]:
        """What was asked of one operation."""
        with self._lock:
            return [given for _, name, given in self.calls if name == operation]

    def answer(self, model: Any, given: Mapping[str, Any]) -> tuple[AWSResponse, dict[str, Any]]:
        """As botocore wants it: the bare response, and the parsed answer."""
        service, operation = model.service_model.service_name, model.name
        with self._lock:
            self.calls.append((service, operation, given))
        try:
            answer = dict(self._answers.get((service, operation), _nothing)(given))
        except Refusal as refusal:
            error = {"Code": refusal.code, "Message": refusal.message}
            metadata = {"HTTPStatusCode": refusal.status, "HTTPHeaders": {}}
            return _response(refusal.status), {"Error": error, "ResponseMetadata": metadata}
        if model.output_shape is not None and not model.has_event_stream_output:
            report = ParamValidator().validate(answer, model.output_shape)
            assert not report.has_errors(), f"{operation} never answers so: {report.generate_report()}"
        return _response(200), {**answer, "ResponseMetadata": {"HTTPStatusCode": 200, "HTTPHeaders": {}}}


class _StubbedSession(Session):
    def __init__(self, stub: Stub, profile: str) -> None:
        super().__init__(profile)
        self._stub = stub

    def _open(self, service: str) -> Any:
        client = super()._open(service)
        client.meta.events.register("before-parameter-build", self._note)
        client.meta.events.register("before-call", self._answer)
        return client

    def _note(self, params: Mapping[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["given"] = dict(params)

    def _answer(self, model: Any, context: Mapping[str, Any], **_: Any) -> tuple[AWSResponse, dict[str, Any]] | None:
        if model.name in self._stub.beyond:
            return None
        return self._stub.answer(model, context["given"])


def _answerer(answer: Answer | Answerer | Refusal) -> Answerer:
    if isinstance(answer, Refusal):
        refusal = answer

        def refuse(given: Mapping[str, Any]) -> Answer:
            raise refusal

        return refuse
    if callable(answer):
        return answer
    fixed = answer
    return lambda given: fixed


def _nothing(given: Mapping[str, Any]) -> Answer:
    return {}


def _response(status: int) -> AWSResponse:
    return AWSResponse("https://aws.invalid", status, HTTPHeaders(), None)


def tags(given: Mapping[str, str], *, lower: bool = False) -> list[dict[str, str]]:
    """Tags as most services write them; ECS writes both words small."""
    key, value = ("key", "value") if lower else ("Key", "Value")
    return [{key: name, value: text} for name, text in given.items()]


def arn(service: str, rest: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{rest}"
