"""On a real engine: rows that are in a database before a change are there after it, whatever its image is."""

from __future__ import annotations

from collections.abc import Iterator

import docker
import pytest

from tests.backends.docker.conftest import World
from tests.docker_engine.images import build_app
from tests.docker_engine.session import Engine
from tuienv.backends.base import Conflict, Invalid
from tuienv.model import Action, Address, Kind, LayerSpec

DATED = "tuienv-test/own-postgres:2026-11"
"""Somebody's own image: what its tag begins with is no version of Postgres."""

HOARDER = "tuienv-test/hoarder:1"
"""An app that writes into a volume that its image declares, and that nobody names."""


@pytest.fixture
def dated(docker_engine: Engine) -> Iterator[str]:
    docker_engine.client.images.get("postgres:15").tag(DATED)
    yield DATED
    docker_engine.client.images.remove(DATED, force=True)


@pytest.fixture
def hoarder(docker_engine: Engine) -> Iterator[str]:
    yield build_app(
        docker_engine.client, HOARDER, {}, command=["sleep", "1000"], instructions=["VOLUME /hoard", "STOPSIGNAL KILL"]
    )
    docker_engine.client.images.remove(HOARDER, force=True)


def said(world: World, layer: str, *command: str) -> bytes:
    execution = world.backend.run(Address(world.name, layer), command)
    printed = b""
    while (piece := execution.read())[0]:
        printed += piece[1]
    execution.close()
    return printed


def sql(world: World, statement: str) -> bytes:
    return said(world, "db", "psql", "-h", "127.0.0.1", "-U", "app", "-d", "app", "-tAc", statement)


def test_a_database_of_an_own_image_keeps_its_rows(world: World, dated: str) -> None:
    spec = LayerSpec("db", Kind.DATABASE, "docker", image=dated)
    world.create(spec)
    sql(world, "create table kept as select 42 as number")
    world.create(spec, LOG_LEVEL="debug")
    assert b"42" in sql(world, "select number from kept")
    world.change(Action.UPDATE, "db", settings={"LOG_LEVEL": "info"})
    assert b"42" in sql(world, "select number from kept")


def test_a_database_does_not_begin_anew_beside_its_data(world: World) -> None:
    """In another folder of its volume, where it finds nothing."""
    spec = LayerSpec("db", Kind.DATABASE, "docker", version="15")
    world.create(spec)
    sql(world, "create table kept as select 42 as number")
    before = world.ids("db")
    with pytest.raises(Invalid, match="another folder of its volume"):
        world.create(spec, PGDATA="/var/lib/postgresql/data/pgdata")
    with pytest.raises(Invalid, match="another folder of its volume"):
        world.change(Action.UPDATE, "db", settings={"PGDATA": "/var/lib/postgresql/data/pgdata"})
    assert world.ids("db") == before
    assert b"42" in sql(world, "select number from kept")


@pytest.mark.parametrize(
    ("variable", "said"),
    [("POSTGRES_PASSWORD", "authentication failed"), ("POSTGRES_USER", "failed"), ("POSTGRES_DB", "does not exist")],
)
def test_a_database_that_would_refuse_its_new_variables_is_not_updated(world: World, variable: str, said: str) -> None:
    spec = LayerSpec("db", Kind.DATABASE, "docker", version="15")
    world.create(spec)
    before, connection = world.ids("db"), world.backend.connection(Address(world.name, "db"))
    with pytest.raises(Invalid, match=said) as caught:
        world.create(spec, **{variable: "another"})
    assert "ALTER ROLE" in caught.value.remedy
    with pytest.raises(Invalid, match=said):
        world.change(Action.UPDATE, "db", settings={variable: "another"})
    assert world.ids("db") == before
    assert world.backend.connection(Address(world.name, "db")) == connection


def test_a_password_that_was_changed_in_the_database_is_taken(world: World) -> None:
    spec = LayerSpec("db", Kind.DATABASE, "docker", version="15")
    world.create(spec)
    sql(world, "alter role app password 'another-one'")
    world.create(spec, POSTGRES_PASSWORD="another-one")
    assert world.backend.connection(Address(world.name, "db"))["password"] == "another-one"


def test_a_database_is_never_started_twice_on_its_data(world: World) -> None:
    spec = LayerSpec("db", Kind.DATABASE, "docker", version="15")
    with pytest.raises(Invalid, match="same files"):
        world.change(Action.CREATE, "db", spec, replicas=2)
    world.create(spec)
    with pytest.raises(Conflict, match="same files"):
        world.change(Action.SCALE, "db", replicas=2)
    assert list(world.ids("db")) == ["1"]


def test_what_an_app_wrote_into_a_volume_of_its_image_outlasts_its_container(world: World, hoarder: str) -> None:
    spec = LayerSpec("web", Kind.APP, "docker", image=hoarder)
    world.create(spec)
    said(world, "web", "sh", "-c", "echo treasure > /hoard/it")
    for change in range(2):
        before = world.ids("web")
        world.create(spec, ROUND=str(change))
        assert world.ids("web") != before
        assert said(world, "web", "cat", "/hoard/it") == b"treasure\n"
    world.change(Action.UPDATE, "web", settings={"ROUND": "3"})
    assert said(world, "web", "cat", "/hoard/it") == b"treasure\n"


def test_only_what_may_lose_data_removes_volumes_without_a_name(
    world: World, hoarder: str, docker_engine: Engine
) -> None:
    world.create(LayerSpec("web", Kind.APP, "docker", image=hoarder))
    volume = volume_of(docker_engine.client, world.ids("web")["1"])
    (layer,) = world.backend.observe(world.name).layers
    assert [one.name for one in layer.resources if one.holds_data] == [volume], "a plan tells that it stays, or goes"
    world.change(Action.DELETE, "web")
    docker_engine.client.volumes.get(volume).remove()
    world.create(LayerSpec("web", Kind.APP, "docker", image=hoarder))
    volume = volume_of(docker_engine.client, world.ids("web")["1"])
    world.create(LayerSpec("web", Kind.APP, "docker", image=hoarder), ROUND="2")
    assert volume_of(docker_engine.client, world.ids("web")["1"]) == volume
    world.change(Action.DELETE, "web", delete_data=True)
    with pytest.raises(docker.errors.NotFound):
        docker_engine.client.volumes.get(volume)


def volume_of(client: docker.DockerClient, container: str) -> str:
    (mount,) = client.api.inspect_container(container)["Mounts"]
    return str(mount["Name"])
