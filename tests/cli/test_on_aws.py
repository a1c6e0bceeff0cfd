"""The main job, from file to teardown, by commands alone, on an AWS whose tasks, databases and caches are containers;
and an environment with its app on Docker and its database on AWS."""

from __future__ import annotations

import json
import os
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import docker
import psycopg
import pytest
import redis

from tests.aws_emulators.belongings import belongings
from tests.aws_emulators.clients import bare
from tests.aws_emulators.emulator import Emulator, free_port, gateway_of, ministack, moto
from tests.aws_emulators.images import REGISTRY, aliased
from tests.aws_emulators.registry import Registry, registry
from tests.cli.conftest import Tuienv
from tests.cli.shopping import SAMPLE, declare, follow, greet
from tests.docker_engine import images
from tests.docker_engine.leftovers import wait
from tests.docker_engine.session import Engine

NAME = f"shop-on-aws-{os.getpid()}"
MIXED = f"shop-mixed-{os.getpid()}"
REPOSITORY = f"tuienv/{NAME}/web"
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
def images_at() -> Iterator[Registry]:
    """Where ECR's images are."""
    with registry() as one:
        yield one


@pytest.fixture
def cloud(docker_engine: Engine, images_at: Registry, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    client = docker_engine.client
    emulator = ministack(docker_engine.host, gateway_of(client), images_at.host)
    with aliased(client), emulator as cloud, moto() as other:
        monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.url)
        monkeypatch.setenv("AWS_ENDPOINT_URL_APPLICATION_AUTO_SCALING", other.url)
        monkeypatch.setenv("AWS_REGION", "us-east-1")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        monkeypatch.setenv("DOCKER_HOST", docker_engine.host)
        yield cloud
    images_at.forgotten_by(client)


def declared(folder: Path) -> Path:
    """The sample's file for AWS: another backend, and nothing else."""
    return declare(folder, NAME, {"backend: docker\n": "backend: aws\n"})


def visit(cloud: Emulator, path: str = "/") -> dict[str, Any]:
    """What the load balancer answers: it is reached by its name, which nobody else knows here."""
    host = bare("elbv2", cloud.url).describe_load_balancers()["LoadBalancers"][0]["DNSName"]
    request = urllib.request.Request(f"{cloud.url}{path}", headers={"Host": f"{host}:8080"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        told: dict[str, Any] = json.loads(answer.read())
    return told


def first_answer(ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """An app without a health check is ready when it runs, and answers a little later; and behind a load balancer the
    emulator takes every target for healthy."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return ask()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def published(port: int) -> dict[str, Any]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as answer:
        told: dict[str, Any] = json.loads(answer.read())
    return told


def tasks(client: docker.DockerClient) -> int:
    """How many tasks of the environment ``docker ps`` shows."""
    found = client.api.containers(filters={"label": "com.amazonaws.ecs.cluster"})
    return sum(one["Labels"]["com.amazonaws.ecs.cluster"].endswith(f"/{NAME}") for one in found)


def task_ids(client: docker.DockerClient) -> set[str]:
    found = client.api.containers(filters={"label": "com.amazonaws.ecs.cluster"})
    mine = [one["Labels"] for one in found if one["Labels"]["com.amazonaws.ecs.cluster"].endswith(f"/{NAME}")]
    return {labels["com.amazonaws.ecs.task-arn"].rpartition("/")[2] for labels in mine}


def running(client: docker.DockerClient, images_at: Registry) -> set[str]:
    """The tags of what the containers of the tasks were made from. ``docker ps`` has them by tag or by digest."""
    tags = {digest: tag for tag, digest in images_at.tags(REPOSITORY).items()}
    found = client.api.containers(filters={"label": "com.amazonaws.ecs.cluster"})
    mine = [one["Image"] for one in found if one["Labels"]["com.amazonaws.ecs.cluster"].endswith(f"/{NAME}")]
    assert all(image.startswith(f"{images_at.host}/{REPOSITORY}") for image in mine)
    ends = {image.removeprefix(f"{images_at.host}/{REPOSITORY}")[1:] for image in mine}
    return {tags.get(end, end) for end in ends}


def only(client: docker.DockerClient, images_at: Registry, tag: str) -> bool:
    """Whether nothing but this runs, once the emulator has ended the tasks that drain."""
    deadline = time.monotonic() + PATIENCE
    while running(client, images_at) != {tag} and time.monotonic() < deadline:
        time.sleep(0.2)
    return running(client, images_at) == {tag}


def repositories(cloud: Emulator) -> list[str]:
    return [row["repositoryName"] for row in bare("ecr", cloud.url).describe_repositories()["repositories"]]


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


def stores(cloud: Emulator) -> list[Any]:
    """What holds data, and what answers for it."""
    return [
        *bare("rds", cloud.url).describe_db_instances()["DBInstances"],
        *bare("elasticache", cloud.url).describe_replication_groups()["ReplicationGroups"],
        *bare("elbv2", cloud.url).describe_load_balancers()["LoadBalancers"],
        *bare("ecs", cloud.url).list_clusters()["clusterArns"],
    ]


def greets(cloud: Emulator, wanted: str) -> bool:
    """Whether every instance says this from now on: as many visits in a row as two for each."""
    return all(first_answer(lambda: visit(cloud)).get("greeting", "") == wanted for _ in range(6))


def test_the_sample_from_plan_to_destroy(
    docker_engine: Engine, cloud: Emulator, images_at: Registry, folder: Path, tuienv: Tuienv
) -> None:
    file, client, web = declared(folder), docker_engine.client, f"{NAME}/web"
    planned = tuienv("plan", NAME)
    assert planned.code == 2, planned.err
    assert repositories(cloud) == [], "a plan builds nothing"
    applied = tuienv("apply", NAME, "--yes")
    assert applied.code == 0, applied.err
    assert tasks(client) == 3
    stores_answer(cloud)
    first = first_answer(lambda: visit(cloud))
    second = first_answer(lambda: visit(cloud))
    assert second["visits"]["database"] == first["visits"]["database"] + 1, "visits are counted"
    (tag,) = images_at.tags(REPOSITORY)
    image = f"{images_at.host}/{REPOSITORY}:{tag}"
    assert running(client, images_at) == {tag}
    for said in (f"build {image} from ./web", f"push {image}"):
        assert said in applied.err

    status = tuienv("status", NAME, "--output", "json").json
    assert status["status"] == "running"
    assert {layer["name"]: layer["ready"] for layer in status["layers"]} == {"edge": 1, "web": 3, "cache": 1, "db": 1}
    (shown,) = [layer for layer in status["layers"] if layer["name"] == "web"]
    assert {one["id"] for one in shown["instances"]} == task_ids(client), "as docker ps has them"
    assert tuienv("plan", NAME).code == 0

    for wanted in (5, 3):
        scaled = tuienv("scale", f"{web}={wanted}", "--yes")
        assert scaled.code == 0, scaled.err
        assert wait(lambda: tasks(client) == wanted, PATIENCE), "a container stays a moment longer than its task"  # noqa: B023 - it is called at once
    logs = tuienv("logs", web, "--tail", "5")
    assert logs.code == 0, logs.err
    assert logs.out
    follow(web, lambda path: visit(cloud, path))

    before = tuienv("releases", web, "--output", "json").json
    greet(file, "hello")
    assert tuienv("plan", NAME).code == 2
    changed = tuienv("apply", NAME, "--yes")
    assert changed.code == 0, changed.err
    assert "build" not in changed.err, "the code is what it was"
    assert wait(lambda: greets(cloud, "hello"), PATIENCE)
    after = tuienv("releases", web, "--output", "json").json
    assert [one["current"] for one in after] == [True, *(False for _ in before)]
    assert "GREETING" in str(after[0]["differences"])
    back = tuienv("rollback", web, "--yes")
    assert back.code == 0, back.err
    assert wait(lambda: greets(cloud, ""), PATIENCE)
    assert tuienv("plan", NAME).code == 2, "the file still says hello"

    destroyed = tuienv("destroy", NAME, "--yes", "--delete-data")
    assert destroyed.code == 0, destroyed.err
    assert wait(lambda: tasks(client) == 0, PATIENCE), "a container stays a moment longer than its task"
    assert stores(cloud) == []
    assert belongings(cloud.url, NAME) == [], "log groups and task definitions are among them"
    assert images_at.tags(REPOSITORY) == {}
    (snapshot,) = bare("rds", cloud.url).describe_db_snapshots()["DBSnapshots"]
    assert snapshot["DBSnapshotIdentifier"] in destroyed.out + destroyed.err, "the last one stays, and that is said"


def test_changed_code_is_a_release_that_can_be_gone_back_from(
    docker_engine: Engine, cloud: Emulator, images_at: Registry, folder: Path, tuienv: Tuienv
) -> None:
    file, client = declared(folder), docker_engine.client
    file.write_text(file.read_text().replace("replicas: 3", "replicas: 1"))
    assert tuienv("apply", NAME, "--yes").code == 0
    (before,), code = images_at.tags(REPOSITORY), folder / "web/shop/server.py"
    code.write_text(code.read_text() + "# changed\n")
    planned = tuienv("plan", NAME)
    assert planned.code == 2, planned.err
    assert f"update   {NAME}/web  build.contents: " in planned.out
    applied = tuienv("apply", NAME, "--yes")
    assert applied.code == 0, applied.err
    (after,) = images_at.tags(REPOSITORY).keys() - {before}
    assert only(client, images_at, after)
    assert tuienv("plan", NAME).code == 0

    # As on a machine where it was not built: it can come from the registry alone.
    client.images.remove(f"{images_at.host}/{REPOSITORY}:{before}", force=True)
    back = tuienv("rollback", f"{NAME}/web", "--yes")
    assert back.code == 0, back.err
    assert only(client, images_at, before)
    assert first_answer(lambda: visit(cloud))["visits"]
    again = tuienv("apply", NAME, "--yes")
    assert again.code == 0, again.err
    assert "push" not in again.err, "it is there already"
    assert only(client, images_at, after)
    destroyed = tuienv("destroy", NAME, "--yes", "--delete-data")
    assert destroyed.code == 0, destroyed.err
    assert repositories(cloud) == []


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
        assert first_answer(lambda: published(port))["visits"]["database"] == 1
        assert tuienv("plan", MIXED).code == 0
    finally:
        gone = tuienv("destroy", MIXED, "--yes", "--delete-data")
    assert gone.code == 0, gone.err
    assert bare("rds", cloud.url).describe_db_instances()["DBInstances"] == []
    assert docker_engine.client.api.containers(filters={"label": f"com.docker.compose.project={MIXED}"}) == []
