"""On a real engine: what others made is never removed, doubled or given empty volumes; and what is taken for whose."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from docker.types import Mount

from tests.backends.docker.conftest import World
from tests.docker_engine.images import PAUSE
from tests.docker_engine.session import Engine
from tuienv.backends.base import Conflict, Inputs
from tuienv.backends.docker import naming
from tuienv.model import Action, Address, Change, Kind, LayerSpec, Status

LOOSE = "tuienv-test-loose"


@pytest.fixture
def loose(world: World) -> Iterator[str]:
    """The name of a container of no project."""
    yield f"{LOOSE}-{world.name}"
    for one in world.client.api.containers(all=True, filters={"name": f"{LOOSE}-{world.name}"}):
        world.client.api.remove_container(one["Id"], force=True, v=True)


def service(world: World, name: str = "web", number: int = 1, *, start: bool = True, **more: Any) -> str:
    """A container as Compose makes it; gives its ID."""
    labels = {
        naming.PROJECT: world.name,
        naming.SERVICE: name,
        naming.NUMBER: str(number),
        naming.ONE_OFF: "False",
        **more.pop("labels", {}),
    }
    called = more.pop("called", f"{world.name}-{name}-{number}")
    made = world.client.containers.create(PAUSE, name=called, labels=labels, **more)
    if start:
        made.start()
    return str(made.id)


def volume_at(world: World, container: str, folder: str) -> str:
    mounts = world.client.api.inspect_container(container)["Mounts"]
    return next(str(mount["Name"]) for mount in mounts if mount["Destination"] == folder)


@pytest.mark.parametrize("action", [Action.START, Action.RESTART])
def test_what_others_made_and_did_not_start_is_started_and_not_removed(world: World, action: Action) -> None:
    made = {"1": service(world), "2": service(world, number=2, start=False)}
    world.change(action, "web")
    assert world.ids("web") == made
    assert world.backend.observe(world.name).layers[0].status is Status.RUNNING


@pytest.mark.parametrize("action", [Action.START, Action.RESTART])
def test_what_ends_by_itself_and_well_was_started(world: World, action: Action) -> None:
    """A migration, a backup: what Compose starts, and nobody expects to run on."""
    labels = {naming.PROJECT: world.name, naming.SERVICE: "web", naming.NUMBER: "1"}
    made = world.client.containers.run(
        "python:3.11-slim", ["true"], name=f"{world.name}-web-1", labels=labels, detach=True
    )
    made.wait()
    world.change(action, "web")


def test_a_container_of_no_project_that_was_not_started_is_not_removed(world: World, loose: str) -> None:
    made = world.client.api.create_container(PAUSE, name=loose)
    start = Change(Action.START, Address(naming.LOOSE, loose), "docker", "", "the test asks for it")
    world.backend.apply(start, Inputs({}, "."), world.steps)
    assert world.client.api.inspect_container(made)["State"]["Running"]


@pytest.mark.parametrize("outside", ["volume", "folder", "host network"])
def test_what_there_can_be_one_of_is_stopped_before_its_copy_starts(world: World, tmp_path: Path, outside: str) -> None:
    kinds: dict[str, dict[str, Any]] = {
        "volume": {"mounts": [Mount("/data", f"{world.name}_data")]},
        "folder": {"volumes": [f"{tmp_path}:/data"]},
        "host network": {"network_mode": "host"},
    }
    service(world, **kinds[outside])
    world.change(Action.UPDATE, "web", settings={"LEVEL": "debug"})
    name, said = f"{world.name}-web-1", world.steps.said
    assert said.index(f"stop {name}") < said.index(f"start {name}-next")
    world.client.api.remove_container(world.ids("web")["1"], force=True)
    with suppress(Exception):
        world.client.api.remove_volume(f"{world.name}_data")


def test_what_has_the_hosts_network_is_not_copied(world: World) -> None:
    service(world, network_mode="host")
    with pytest.raises(Conflict, match="only one instance"):
        world.change(Action.SCALE, "web", replicas=2)


def test_the_last_one_that_others_made_is_not_removed(world: World) -> None:
    made = service(world)
    (layer,) = world.backend.observe(world.name).layers
    assert (world.backend.capabilities(layer).replicas or (0,))[0] == 1
    with pytest.raises(Conflict, match="tuienv stop"):
        world.change(Action.SCALE, "web", replicas=0)
    assert world.ids("web") == {"1": made}


def test_a_volume_without_a_name_stays_with_what_takes_the_place_and_is_not_shared(world: World) -> None:
    before = volume_at(world, service(world, mounts=[Mount("/data", None)]), "/data")
    for level in ("debug", "info"):
        world.change(Action.UPDATE, "web", settings={"LEVEL": level})
        assert volume_at(world, world.ids("web")["1"], "/data") == before
    world.change(Action.SCALE, "web", replicas=2)
    assert volume_at(world, world.ids("web")["2"], "/data") != before


def test_a_host_name_that_was_chosen_stays(world: World) -> None:
    service(world, hostname="rabbit")
    service(world, "job")
    for layer in ("web", "job"):
        world.change(Action.UPDATE, layer, settings={"LEVEL": "debug"})
    seen = {layer: world.client.api.inspect_container(world.ids(layer)["1"]) for layer in ("web", "job")}
    assert seen["web"]["Config"]["Hostname"] == "rabbit"
    assert seen["job"]["Config"]["Hostname"] == seen["job"]["Id"][:12]


def test_a_name_that_was_chosen_is_not_taken_for_a_number(world: World) -> None:
    made = service(world, called=f"{world.name}-mine-7")
    with pytest.raises(Conflict, match="for one container alone"):
        world.change(Action.UPDATE, "web", settings={"LEVEL": "debug"})
    assert list(world.ids("web").values()) == [made]


class Killed(Exception):
    """Instead of a call."""


@pytest.mark.parametrize("deed", ["configure", "scale"])
def test_a_change_of_what_others_made_that_is_killed_anywhere_is_finished_by_the_next(
    world: World, docker_engine: Engine, deed: str
) -> None:
    def do(step: int = -1) -> bool:
        """Die before the call of that number; whether it came so far."""
        calls = 0

        def count(method: str, path: str) -> None:
            nonlocal calls
            calls += method in ("POST", "PUT", "DELETE") and "/exec" not in path
            if calls == step:
                raise Killed

        world.backend.client.before_call = count
        try:
            if deed == "scale":
                world.change(Action.SCALE, "web", replicas=3)
            else:
                world.change(Action.UPDATE, "web", settings={"STEP": "new"})
        except Killed:
            return True
        finally:
            world.backend.client.before_call = None
        return False

    for step in range(1, 30):
        service(world, mounts=[Mount("/data", f"{world.name}_data")])
        killed = do(step)
        assert not do()
        there = world.client.api.containers(all=True, filters={"label": f"{naming.PROJECT}={world.name}"})
        names = sorted(one["Names"][0].lstrip("/") for one in there)
        assert names == [f"{world.name}-web-{number + 1}" for number in range(3 if deed == "scale" else 1)], step
        assert {one["State"] for one in there} == {"running"}
        if deed == "configure":
            made = world.client.api.inspect_container(there[0]["Id"])
            assert "STEP=new" in made["Config"]["Env"], (step, killed, world.steps.said)
        for one in there:
            world.client.api.remove_container(one["Id"], force=True)
        if not killed:
            break
    world.client.api.remove_volume(f"{world.name}_data")
    assert step > 4


def test_what_compose_runs_once_is_no_instance_of_the_service(world: World) -> None:
    web = service(world)
    once = {naming.ONE_OFF: "True"}
    job = service(world, called=f"{world.name}-web-run-1a2b", labels=once)
    service(world, called=f"{world.name}-web-run-3c4d", labels=once, start=False)
    assert world.ids("web") == {"1": web}
    assert world.ids(f"{world.name}-web-run-1a2b") == {"1": job}
    assert [layer.name for layer in world.backend.observe(world.name).layers] == [f"{world.name}-web-run-1a2b", "web"]
    world.change(Action.STOP, "web")
    assert world.client.api.inspect_container(job)["State"]["Running"]


def test_what_runs_from_an_image_that_compose_built_is_no_instance_of_the_service(world: World) -> None:
    """Compose puts the labels of project and service on the image."""
    web = service(world)
    labels = {naming.PROJECT: world.name, naming.SERVICE: "web"}
    other = world.client.containers.run(PAUSE, name=f"{world.name}-mine", labels=labels, detach=True)
    world.change(Action.STOP, "web")
    assert world.ids("web") == {"1": web}
    other.reload()
    assert other.status == "running"


def test_what_others_made_under_the_name_of_a_layer_of_ours_outlasts_it(world: World) -> None:
    world.create(LayerSpec("web", Kind.APP, "docker", image=PAUSE, replicas=2))
    other = service(world, number=1, called=f"{world.name}-web-0")
    assert sorted(world.ids("web")) == ["1", "2"]
    world.change(Action.SCALE, "web", replicas=1)
    world.change(Action.DELETE, "web")
    assert world.client.api.inspect_container(other)["State"]["Running"]


def test_a_container_of_an_image_made_from_one_of_ours_is_not_ours(world: World, loose: str) -> None:
    world.create(LayerSpec("web", Kind.APP, "docker", image=PAUSE, replicas=2))
    image = f"{LOOSE}:{world.name}"
    world.client.containers.get(world.ids("web")["1"]).commit(LOOSE, world.name)
    try:
        other = world.client.containers.run(image, name=loose, detach=True)
        assert sorted(world.ids("web")) == ["1", "2"]
        listed = {layer.name: layer for seen in world.backend.discover() for layer in seen.layers}
        assert not listed[loose].ours
        world.change(Action.DELETE, "web")
        other.reload()
        assert other.status == "running"
        assert world.name not in [seen.environment for seen in world.backend.discover() if seen.layers]
        other.remove(force=True)
    finally:
        world.client.images.remove(image, force=True)


def test_what_is_made_from_such_an_image_by_a_file_is_ours(world: World) -> None:
    world.create(LayerSpec("web", Kind.APP, "docker", image=PAUSE))
    name = f"{LOOSE}:{world.name}"
    world.client.containers.get(world.ids("web")["1"]).commit(LOOSE, world.name)
    try:
        world.create(LayerSpec("web", Kind.APP, "docker", image=name))
        (made,) = world.ids("web").values()
        world.client.api.rename(made, f"{world.name}-kept")
        assert list(world.ids("web").values()) == [made], "renamed, and ours all the same"
        world.change(Action.DELETE, "web")
        assert not world.ids("web")
    finally:
        world.client.images.remove(name, force=True)


@pytest.mark.parametrize("kind", [Kind.CACHE, Kind.DATABASE])
def test_no_second_server_is_started_on_the_volume_of_another(world: World, kind: Kind) -> None:
    spec = LayerSpec("data", kind, "docker", image="" if kind is Kind.CACHE else "postgres:15")
    image = "redis:7" if kind is Kind.CACHE else "postgres:15"
    volume = naming.volume_name(Address(world.name, "data"))
    labels = {naming.PROJECT: world.name, naming.SERVICE: "store", naming.NUMBER: "1"}
    world.client.api.create_volume(volume, labels={naming.PROJECT: world.name})
    mounts = [Mount("/somewhere", volume)]
    command = ["sleep", "1000"]
    theirs = world.client.containers.run(
        image, command, entrypoint=[], name=f"{world.name}-store-1", labels=labels, mounts=mounts, detach=True
    )
    with pytest.raises(Conflict, match=f"{world.name}-store-1 has the volume"):
        world.change(Action.CREATE, "data", spec, environment={"POSTGRES_PASSWORD": "given"})
    theirs.remove(force=True)
