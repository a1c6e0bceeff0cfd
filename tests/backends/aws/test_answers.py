"""Answers in JSON are read as botocore reads them: the same result for every operation of those that speak it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.parsers import JSONParser

from tuienv.backends.aws.answers import Answers, moment
from tuienv.backends.aws.session import Session

SERVICES = ("ecs", "logs", "secretsmanager", "ssm", "application-autoscaling", "resourcegroupstaggingapi")

_VALUES: dict[str, Any] = {
    "string": "text",
    "character": "c",
    "boolean": False,
    "timestamp": 1.7e9,
    "blob": "AAEC",
    "integer": 0,
    "long": 2**40,
    "float": 0.5,
    "double": 0.25,
}


def example(shape: Any, above: tuple[str, ...] = ()) -> Any:
    """An answer of this shape that has everything, nulls and what no model knows as well; no object within its like."""
    if shape.type_name == "list":
        return [example(shape.member, above), None]
    if shape.type_name == "map":
        return {"key": example(shape.value, above)}
    if shape.type_name != "structure":
        return _VALUES[shape.type_name]
    if shape.name in above:
        return None
    within = (*above, shape.name)
    if shape.is_document_type:
        return {"open": [1]}
    named = {member.serialization.get("name", name): member for name, member in shape.members.items()}
    if shape.is_tagged_union:
        return {name: example(member, within) for name, member in list(named.items())[:1]}
    return {**{name: example(member, within) for name, member in named.items()}, "neverHeardOf": 1, "nextToken": None}


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_is_read_as_botocore_reads_it(service: str) -> None:
    model = ServiceModel(Loader().load_service_model(service, "service-2"), service)
    ours, theirs = Answers().create_parser("json"), JSONParser(timestamp_parser=moment)
    read = 0
    for name in model.operation_names:
        shape = model.operation_model(name).output_shape
        if shape is None or shape.event_stream_name:
            continue
        for body in (example(shape), {}, dict.fromkeys(shape.members)):
            answer = {"status_code": 200, "headers": {}, "body": json.dumps(body).encode()}
            assert ours.parse(answer, shape) == theirs.parse(answer, shape), name
            read += 1
    assert read > 3 * 5, read


def test_an_error_is_read_as_botocore_reads_it() -> None:
    model = ServiceModel(Loader().load_service_model("ecs", "service-2"), "ecs")
    body = json.dumps({"__type": "com.amazonaws.ecs#ClusterNotFoundException", "message": "Cluster not found."})
    answer = {"status_code": 400, "headers": {"x-amzn-requestid": "1"}, "body": body.encode()}
    shape: Any = model.operation_model("DescribeServices").output_shape
    assert Answers().create_parser("json").parse(answer, shape) == JSONParser().parse(answer, shape)


def test_the_other_protocols_are_left_to_botocore() -> None:
    factory = Answers()
    assert factory.create_parser("json") is factory.create_parser("json")
    assert type(factory.create_parser("query")).__module__ == "botocore.parsers"


def test_a_time_is_one_of_utc() -> None:
    assert moment(0) == datetime(1970, 1, 1, tzinfo=UTC)
    assert moment("2026-01-02T03:04:05Z") == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_a_call_says_whose_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_SDK_UA_APP_ID", "nightly")
    agent = Session().client("ecs").meta.config.user_agent
    assert agent.startswith("tuienv app/nightly Boto3/")
    assert " Botocore/" in agent
