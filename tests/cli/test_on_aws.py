"""The main job, from file to teardown, by commands alone, on an AWS whose tasks, databases and caches are containers;
and an environment with its app on Docker and its database on AWS."""

from __future__ import annotations

import json
import os
import shutil
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import docker
import psycopg
import pytest
import redis

from tests.aws_emulators.clients import bare
from tests.aws_emulators.emulator import Emulator, free_port, gateway_of, ministack, moto
from tests.aws_emulators.images import REGISTRY, aliased
from tests.cli.conftest import Tuienv
from tests.docker_engine import images
from tests.docker_engine.session import Engine

SAMPLE = Path(__file__).parents[2] / "docs/examples/shop"
NAME = f"shop-on-aws-{os.getpid()}"
MIXED = f"shop-mixed-{os.getpid()}"
IMAGE = f"{REGISTRY}/sample-{os.getpid()}:1"
PATIENCE = 120.0
"""Seconds until an app that was just started answers, on a machine where everything else is tested beside it."""


@pytest.fixture(scope="module")
def sample(docker_engine: Engine) -> Iterator[str]:
    """The sample's image, as if it had been pushed."""
    images.build_folder(docker_engine.client, IMAGE, SAMPLE / "web")
    yield IMAGE
    docker_engine.client.images.remove(IMAGE, force=True)


@pytest.fixture
def cloud(docker_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    gateway = gateway_of(docker_engine.client)
    with aliased(docker_engine.client), ministack(docker_engine.host, gateway) as cloud, moto() as other:
        monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.url)
        monkeypatch.setenv("AWS_ENDPOINT_URL_APPLICATION_AUTO_SCALING", other.url)
        monkeypatch.setenv("AWS_REGION", "us-east-1")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        monkeypatch.setenv("DOCKER_HOST", docker_engine.host)
        yield cloud


def declare(folder: Path, image: str) -> Path:
    """The sample's file for AWS: another backend, and an image in the place of a build, since AWS builds none."""
    shutil.copytree(SAMPLE, folder, dirs_exist_ok=True)
    file = folder / "tuienv.yaml"
    text = file.read_text().replace("environment: shop\n", f"environment: {NAME}\n")
    text = text.replace("backend: docker\n", "backend: aws\n").replace("build: ./web", f"image: {image}")
    assert "backend: aws" in text
    assert image in text
    file.write_text(text)
    return file


def visit(cloud: Emulator) -> dict[str, Any]:
    """What the load balancer answers: it is reached by its name, which nobody else knows here."""
    host = bare("elbv2", cloud.url).describe_load_balancers()["LoadBalancers"][0]["DNSName"]
    request = urllib.request.Request(f"{cloud.url}/", headers={"Host": f"{host}:8080"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        told: dict[str, Any] = json.loads(answer.read())
    return told


def first_answer(port: int) -> dict[str, Any]:
    """An app without a health check is ready when it runs, and answers a little later."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as answer:
                told: dict[str, Any] = json.loads(answer.read())
            return told
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def tasks(client: docker.DockerClient) -> int:
    """How many tasks of the environment ``docker ps`` shows."""
    found = client.api.containers(filters={"label": "com.amazonaws.ecs.cluster"})
    return sum(one["Labels"]["com.amazonaws.ecs.cluster"].endswith(f"/{NAME}") for one in found)


def stores_answer(cloud: Emulator) -> None:
    """The database answers SQL with the password that RDS keeps, and the cache answers PING."""
    row = bare("rds", cloud.url).describe_db_instances()["DBInstances"][0]
    secret = bare("secretsmanager", cloud.url).get_secret_value(SecretId=row["MasterUserSecret"]["SecretArn"])
    known = json.loads(secret["SecretString"])
    host, port = row["Endpoint"]["Address"], row["Endpoint"]["Port"]
    with psycopg.connect(
        host=host, port=port, user=known["username"], password=known["password"], dbname=row["DBName"]
    ) as connection:
        assert connection.execute("SELECT 40 + 2").fetchone() == (42,)
    node = bare("elasticache", cloud.url).describe_replication_groups()["ReplicationGroups"][0]["NodeGroups"][0]
    address = node["PrimaryEndpoint"]
    with closing(redis.Redis(host=address["Address"], port=address["Port"])) as cache:
        assert cache.ping()


def test_the_sample_from_plan_to_destroy(
    docker_engine: Engine, cloud: Emulator, sample: str, folder: Path, tuienv: Tuienv
) -> None:
    file = declare(folder, sample)
    planned = tuienv("plan", NAME)
    assert planned.code == 2, planned.err
    applied = tuienv("apply", NAME, "--yes")
    assert applied.code == 0, applied.err
    assert tasks(docker_engine.client) == 3
    stores_answer(cloud)
    first, second = visit(cloud), visit(cloud)
    assert second["visits"]["database"] == first["visits"]["database"] + 1, "visits are counted"

    status = tuienv("status", NAME, "--output", "json").json
    assert status["status"] == "running"
    assert {layer["name"]: layer["ready"] for layer in status["layers"]} == {"edge": 1, "web": 3, "cache": 1, "db": 1}
    assert tuienv("plan", NAME).code == 0

    scaled = tuienv("scale", f"{NAME}/web=2", "--yes")
    assert scaled.code == 0, scaled.err
    assert tasks(docker_engine.client) == 2
    logs = tuienv("logs", f"{NAME}/web", "--tail", "5")
    assert logs.code == 0, logs.err
    assert logs.out

    file.write_text(
        file.read_text()
        .replace("replicas: 3", "replicas: 2")
        .replace("      CACHE_URL", "      GREETING: hello\n      CACHE_URL")
    )
    assert tuienv("apply", NAME, "--yes").code == 0
    assert visit(cloud)["greeting"] == "hello"
    back = tuienv("rollback", f"{NAME}/web", "--yes")
    assert back.code == 0, back.err
    assert "greeting" not in visit(cloud)

    destroyed = tuienv("destroy", NAME, "--yes", "--delete-data")
    assert destroyed.code == 0, destroyed.err
    assert tasks(docker_engine.client) == 0
    assert bare("rds", cloud.url).describe_db_instances()["DBInstances"] == []
    assert len(bare("rds", cloud.url).describe_db_snapshots()["DBSnapshots"]) == 1, "the last snapshot stays"


ACROSS = """\
environment: {name}
backend: docker
layers:
  web:
    kind: app
    image: {image}
    port: 8000
    ports: [{port}]
    environment:
      DATABASE_URL: ${{layers.db.url}}
      CACHE_URL: ${{layers.cache.url}}
  cache: {{kind: cache, engine: redis, version: "7"}}
  db: {{kind: database, backend: aws, engine: postgres, version: "15"}}
"""


def test_an_app_on_docker_reaches_its_database_on_aws(
    docker_engine: Engine, cloud: Emulator, sample: str, folder: Path, tuienv: Tuienv
) -> None:
    port = free_port()
    (folder / "tuienv.yaml").write_text(ACROSS.format(name=MIXED, image=sample, port=port))
    try:
        applied = tuienv("apply", MIXED, "--yes")
        assert applied.code == 0, applied.err
        assert first_answer(port)["visits"]["database"] == 1
        assert tuienv("plan", MIXED).code == 0
    finally:
        gone = tuienv("destroy", MIXED, "--yes", "--delete-data")
    assert gone.code == 0, gone.err
    assert bare("rds", cloud.url).describe_db_instances()["DBInstances"] == []
    assert docker_engine.client.api.containers(filters={"label": f"com.docker.compose.project={MIXED}"}) == []
