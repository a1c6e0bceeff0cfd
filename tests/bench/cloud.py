"""Stands in for AWS where only its speed matters: an account with very many ECS services, each answer 50 ms away.

``python -m tests.bench.cloud PORT-FILE CALLS-FILE``: serves until it is ended, writes its port, and a line with the
time of each call.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

SERVICES, CLUSTERS = 5_000, 50
LATENCY = 0.05
_ARN = "arn:aws:ecs:us-east-1:111122223333"
_EACH = SERVICES // CLUSTERS

Answer = Mapping[str, Any]


def _clusters(given: Answer) -> Answer:
    return {"clusterArns": [f"{_ARN}:cluster/env-{number:02}" for number in range(CLUSTERS)]}


def _described_clusters(given: Answer) -> Answer:
    names = [name.rpartition("/")[2] for name in given["clusters"]]
    rows = [
        {"clusterArn": f"{_ARN}:cluster/{name}", "clusterName": name, "status": "ACTIVE", "tags": []}
        for name in names
        if name.startswith("env-")
    ]
    return {"clusters": rows, "failures": []}


def _services(given: Answer) -> Answer:
    cluster = given["cluster"].rpartition("/")[2]
    return {"serviceArns": [f"{_ARN}:service/{cluster}/web-{number:03}" for number in range(_EACH)]}


def _tasks(given: Answer) -> Answer:
    cluster = given["cluster"].rpartition("/")[2]
    return {"taskArns": [f"{_ARN}:task/{cluster}/{number:032x}" for number in range(_EACH)]}


def _described_services(given: Answer) -> Answer:
    return {"services": [_service(arn) for arn in given["services"]], "failures": []}


def _service(arn: str) -> Answer:
    cluster, name = arn.split("/")[1:]
    definition = f"{_ARN}:task-definition/{name}:3"
    deployment = {
        "id": "ecs-svc/1",
        "status": "PRIMARY",
        "taskDefinition": definition,
        "desiredCount": 1,
        "runningCount": 1,
        "createdAt": 1.7e9,
        "updatedAt": 1.7e9,
        "rolloutState": "COMPLETED",
    }
    message = f"(service {name}) has reached a steady state."
    return {
        "serviceArn": arn,
        "serviceName": name,
        "clusterArn": f"{_ARN}:cluster/{cluster}",
        "status": "ACTIVE",
        "desiredCount": 1,
        "runningCount": 1,
        "pendingCount": 0,
        "launchType": "FARGATE",
        "taskDefinition": definition,
        "deployments": [deployment],
        "events": [{"id": str(number), "createdAt": 1.7e9, "message": message} for number in range(5)],
        "tags": [],
    }


def _described_tasks(given: Answer) -> Answer:
    return {"tasks": [_task(arn) for arn in given["tasks"]], "failures": []}


def _task(arn: str) -> Answer:
    cluster, identity = arn.split("/")[1:]
    name = f"web-{int(identity, 16):03}"
    return {
        "taskArn": arn,
        "clusterArn": f"{_ARN}:cluster/{cluster}",
        "taskDefinitionArn": f"{_ARN}:task-definition/{name}:3",
        "group": f"service:{name}",
        "lastStatus": "RUNNING",
        "desiredStatus": "RUNNING",
        "cpu": "256",
        "memory": "512",
        "createdAt": 1.7e9,
        "startedAt": 1.7e9,
        "availabilityZone": "us-east-1a",
        "containers": [{"name": "app", "image": "shop:1", "lastStatus": "RUNNING"}],
    }


def _nothing(given: Answer) -> Answer:
    return {}


_ANSWERS: Mapping[str, Callable[[Answer], Answer]] = {
    "ListClusters": _clusters,
    "DescribeClusters": _described_clusters,
    "ListServices": _services,
    "ListTasks": _tasks,
    "DescribeServices": _described_services,
    "DescribeTasks": _described_tasks,
}


def _body(headers: Mapping[str, str], asked: bytes) -> bytes:
    """The answer to one request; whatever is not ECS is there and has nothing."""
    if target := headers.get("x-amz-target"):
        answer = _ANSWERS.get(target.rpartition(".")[2], _nothing)(json.loads(asked or b"{}"))
        return json.dumps(answer).encode()
    if "smithy-protocol" in headers:
        return b"\xa0"  # an empty map in CBOR
    action = asked.partition(b"Action=")[2].partition(b"&")[0].decode()
    inside = f"<{action}Result><Account>111122223333</Account><Arn>arn:aws:iam::1:user/ann</Arn></{action}Result>"
    return f"<{action}Response>{inside}</{action}Response>".encode()


class Server:
    """Answers, each in its time, and notes when it was asked."""

    def __init__(self, calls: Path) -> None:
        self._calls = calls.open("w", buffering=1)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until its other end lets go of it."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                lines = head.decode("latin-1").split("\r\n")[1:]
                headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
                asked = await reader.readexactly(int(headers.get("content-length", 0)))
                self._calls.write(f"{time.time():.3f}\n")
                body = _body(headers, asked)
                await asyncio.sleep(LATENCY)
                protocol = f"smithy-protocol: {headers['smithy-protocol']}\r\n" if "smithy-protocol" in headers else ""
                writer.write(f"HTTP/1.1 200 OK\r\n{protocol}Content-Length: {len(body)}\r\n\r\n".encode() + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


async def main(port: Path, calls: Path) -> None:
    """Serve on a free port until ended."""
    server = await asyncio.start_server(Server(calls).serve, "127.0.0.1", 0, limit=2**20)
    port.write_text(str(server.sockets[0].getsockname()[1]))
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2])))
