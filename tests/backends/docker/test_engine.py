"""On a real engine: builds, images that cannot be had, commands, measurements, and what other tools made."""

from __future__ import annotations

import threading
import time
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import pytest

from tests.backends.docker.conftest import World
from tests.docker_engine.daemon import Daemon
from tests.docker_engine.images import PAUSE
from tests.docker_engine.leftovers import wait
from tests.docker_engine.session import Engine
from tuienv.backends.base import Cancelled, Conflict, Hint, Invalid, NotFound, Unreachable
from tuienv.backends.docker import job, naming, open_backend
from tuienv.backends.docker_engine import following
from tuienv.model import SIZES, Action, Address, Health, Kind, LayerSpec, Port, Status


def pause_layer(name: str = "web", replicas: int = 1) -> LayerSpec:
    return LayerSpec(name, Kind.APP, "docker", image=PAUSE, replicas=replicas)


def test_an_unchanged_folder_builds_nothing(world: World) -> None:
    folder = world.directory / "web"
    folder.mkdir()
    (folder / "Dockerfile").write_text(f"FROM {PAUSE}\nLABEL made=here\n")
    spec = LayerSpec("web", Kind.APP, "docker", build="web")
    world.create(spec)
    assert any(said.startswith("build ") for said in world.steps.said)
    first, world.steps.said[:] = world.ids("web"), []
    world.create(spec)
    assert world.ids("web") == first
    assert not any(said.startswith("build ") for said in world.steps.said)
    (folder / "Dockerfile").write_text(f"FROM {PAUSE}\nLABEL made=again\n")
    world.create(spec)
    assert world.ids("web") != first


def test_a_build_that_fails_says_why(world: World) -> None:
    (world.directory / "Dockerfile").write_text(f"FROM {PAUSE}\nLABEL last=word\nCOPY missing /\n")
    with pytest.raises(Invalid, match="missing") as caught:
        world.create(LayerSpec("web", Kind.APP, "docker", build="."))
    assert "LABEL last=word" in caught.value.said, "the last lines are told"
    assert " ---> " not in caught.value.said


def test_a_build_may_say_nothing_for_long_and_is_cancelled_meanwhile(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "SILENCE", 0.5)
    (world.directory / "Dockerfile").write_text('FROM python:3.11-slim\nRUN sleep 3\nCMD ["sleep", "1000"]\n')
    spec = LayerSpec("web", Kind.APP, "docker", build=".")
    world.create(spec)
    (world.directory / "Dockerfile").write_text("FROM python:3.11-slim\nRUN sleep 1000\n")

    def pause(seconds: float) -> None:
        if any("RUN sleep 1000" in said for said in world.steps.said):
            raise Cancelled

    monkeypatch.setattr(world.steps, "pause", pause)
    with pytest.raises(Cancelled):
        world.create(spec)


def test_an_image_that_nobody_has_is_said_with_a_remedy(world: World) -> None:
    with pytest.raises(NotFound, match="docker pull localhost:9/nothing:1"):
        world.create(LayerSpec("web", Kind.APP, "docker", image="localhost:9/nothing:1"))


def test_a_command_that_is_not_there_is_a_conflict_and_leaves_nothing(world: World) -> None:
    spec = LayerSpec("web", Kind.APP, "docker", image=PAUSE, command=("/nothing",))
    with pytest.raises(Conflict, match="/nothing"):
        world.create(spec)
    assert not world.ids("web")


@pytest.mark.parametrize("holds", [True, False])
def test_a_size_that_the_engine_cannot_hold_is_said(world: World, monkeypatch: pytest.MonkeyPatch, holds: bool) -> None:
    """A rootless engine without cgroups takes every limit, tells it back, and holds nobody to it."""
    get = world.backend.client.get

    def told(path: str, *given: Any, **more: Any) -> Any:
        found = get(path, *given, **more)
        return {**found, "MemoryLimit": holds} if path == "/info" else found

    monkeypatch.setattr(world.backend.client, "get", told)
    world.create(replace(pause_layer(), size=SIZES["small"]))
    assert any("cannot hold it to the size small" in said for said in world.steps.said) is not holds
    with nullcontext() if holds else pytest.raises(Conflict, match="without cgroups"):
        world.change(Action.RESIZE, "web", size=SIZES["medium"])


def test_a_health_command_that_fails_is_told_with_its_words(world: World, app_image: str) -> None:
    health = Health(command=("sh", "-c", "echo the door is shut; exit 1"), interval=0.2, grace=3.0)
    spec = LayerSpec("web", Kind.APP, "docker", image=app_image, health=health)
    with pytest.raises(Conflict, match="the door is shut"):
        world.create(spec)
    assert not world.ids("web")


def test_what_takes_its_time_to_stop_is_waited_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """``stop_grace_period`` in Compose. The engine does not answer before it is over."""
    monkeypatch.setattr(job, "PATIENCE", 4.0)
    monkeypatch.setattr(job, "STOP_SECONDS", 0)
    labels = {naming.PROJECT: world.name, naming.SERVICE: "web", naming.NUMBER: "1"}
    deaf = ["sh", "-c", "trap '' TERM; while :; do sleep 0.1; done"]
    made = world.client.api.create_container(
        "python:3.11-slim", deaf, name=f"{world.name}-web-1", labels=labels, stop_timeout=7
    )
    world.client.api.start(made)
    world.change(Action.STOP, "web")
    assert world.backend.observe(world.name).layers[0].status is Status.STOPPED


def test_applying_what_is_so_changes_nothing(world: World) -> None:
    world.create(pause_layer(replicas=2))
    before = world.ids("web")
    sent: list[str] = []
    world.backend.client.before_call = lambda method, path: sent.append(method)
    world.create(pause_layer(replicas=2))
    assert world.ids("web") == before
    assert set(sent) == {"GET"}


def test_a_database_made_again_on_its_data_keeps_its_password(world: World) -> None:
    spec = LayerSpec("db", Kind.DATABASE, "docker", version="15")
    world.create(spec)
    address = Address(world.name, "db")
    before = world.backend.connection(address)
    world.change(Action.DELETE, "db")
    (left,) = world.backend.observe(world.name).layers
    assert (left.status, [resource.kind for resource in left.resources]) == (Status.ABSENT, ["volume"])
    world.create(spec)
    assert world.backend.connection(address) == before
    execution = world.backend.run(
        address, ["sh", "-c", "psql $0 -c 'select 6 * 7'", before["url"].replace("@db", "@localhost")]
    )
    printed = b""
    while (piece := execution.read())[0]:
        printed += piece[1]
    execution.close()
    assert b"42" in printed
    world.change(Action.DELETE, "db", delete_data=True)
    assert not world.backend.observe(world.name).layers


def test_an_app_alone_may_publish_a_port(world: World, app_image: str) -> None:
    spec = LayerSpec("web", Kind.APP, "docker", image=app_image, port=8000, ports=(Port(18099),))
    world.create(spec)
    (layer,) = world.backend.observe(world.name).layers
    assert layer.endpoints == ("http://127.0.0.1:18099",)
    assert world.backend.capabilities(layer).replicas is None
    with pytest.raises(Conflict, match="only one instance"):
        world.change(Action.SCALE, "web", replicas=2)
    before = world.ids("web")
    world.create(spec, VERSION="2")
    assert world.ids("web") != before


def test_a_compose_project_is_scaled_by_copies_and_never_ours(world: World) -> None:
    labels = {naming.PROJECT: world.name, naming.SERVICE: "web", naming.NUMBER: "1", naming.ONE_OFF: "False"}
    world.client.containers.run(PAUSE, name=f"{world.name}-web-1", labels=labels, detach=True)
    world.change(Action.SCALE, "web", replicas=3)
    (layer,) = world.backend.observe(world.name).layers
    assert [instance.name for instance in layer.instances] == ["1", "2", "3"]
    assert not layer.ours
    world.change(Action.STOP, "web")
    assert world.backend.observe(world.name).layers[0].status is Status.STOPPED
    world.change(Action.START, "web")
    world.change(Action.SCALE, "web", replicas=1)
    assert list(world.ids("web")) == ["1"]


def test_the_requests_of_a_refresh_do_not_grow_with_the_containers(world: World) -> None:
    def requests() -> tuple[int, int]:
        counted: list[str] = []
        world.backend.client.before_call = lambda method, path: counted.append(path)
        world.backend.observe(world.name)
        middle = len(counted)
        world.backend.discover()
        world.backend.client.before_call = None
        return middle, len(counted) - middle

    def add(numbers: range) -> None:
        for number in numbers:
            labels = {naming.PROJECT: world.name, naming.SERVICE: "web", naming.NUMBER: str(number)}
            world.client.api.create_container(PAUSE, name=f"{world.name}-web-{number}", labels=labels)

    add(range(1, 6))
    world.backend.identity()  # once for each client, the version of the API is agreed upon
    few = requests()
    add(range(6, 51))
    assert len(world.ids("web")) == 50
    assert requests() == few == (3, 3)


def test_measurements_of_what_runs(world: World, app_image: str) -> None:
    world.create(LayerSpec("web", Kind.APP, "docker", image=app_image))
    target = Address(world.name, "web", "1")
    stream = world.backend.metrics([target])
    samples = [next(stream)[0], next(stream)[0]]
    stream.close()
    assert {sample.address for sample in samples} == {str(target)}
    assert samples[1].cpu is not None
    assert samples[1].memory
    assert list(stream) == []


def test_what_starts_later_or_takes_a_place_is_measured(world: World) -> None:
    world.create(pause_layer(replicas=2))
    world.change(Action.STOP, "web")
    stream = world.backend.metrics([Address(world.name, "web", number) for number in ("1", "2")])

    def until(number: str, after: float = 0.0) -> None:
        address = f"{world.name}/web/{number}"
        while not any(sample.address == address and sample.time > after for sample in next(stream)):
            pass

    world.change(Action.START, "web")
    until("1")
    until("2")
    before = world.ids("web")
    world.create(pause_layer(replicas=2), VERSION="2")
    assert not set(world.ids("web").values()) & set(before.values())
    now = time.time()
    until("1", now)
    until("2", now)
    stream.close()


def test_what_is_removed_while_measuring_begins_costs_the_others_nothing(world: World) -> None:
    world.create(pause_layer(replicas=2))

    def remove(method: str, path: str) -> None:
        if path.endswith(f"{first}/stats"):
            world.client.api.remove_container(first, force=True)

    first = world.ids("web")["1"]
    world.backend.client.before_call = remove
    stream = world.backend.metrics([Address(world.name, "web", number) for number in ("1", "2")])
    assert {sample.address for sample in next(stream)} == {f"{world.name}/web/2"}
    stream.close()


def test_measuring_that_cannot_begin_leaves_nothing_behind(world: World) -> None:
    world.create(pause_layer(replicas=2))
    second = world.ids("web")["2"]

    def refuse(method: str, path: str) -> None:
        if path.endswith(f"{second}/stats"):
            raise Unreachable("measure", "web", "the test says so")

    world.backend.client.before_call = refuse
    targets = [Address(world.name, "web", number) for number in ("1", "2")]
    with pytest.raises(Unreachable):
        world.backend.metrics(targets)
    for thread in threading.enumerate():
        if thread.name == f"metrics {targets[0]}":
            thread.join(10)
            assert not thread.is_alive()


def test_a_change_is_heard_without_looking(world: World) -> None:
    stream = world.backend.watch()
    assert next(stream) == Hint()
    world.create(pause_layer())
    world.client.api.remove_container(f"{world.name}-web-1", force=True)
    wanted = Hint(world.name, "web", gone=f"{world.name}/web/1")
    heard = []
    for hint in stream:
        heard.append(hint)
        if hint == wanted:
            break
    states = [hint.instance.status for hint in heard if hint.instance and hint.environment == world.name]
    assert states[0] is Status.RUNNING
    stream.close()
    assert list(stream) == []


def test_what_ends_for_lack_of_memory_has_failed(world: World) -> None:
    """Its exit code, 137, is that of a stop that was asked for as well, and no listing tells one from the other."""
    labels = {naming.PROJECT: world.name, naming.SERVICE: "web", naming.NUMBER: "1"}
    # The engine may miss what is killed at the very end, so this is a child, and its parent goes on for a moment.
    greedy = ["sh", "-c", "python -c 'held = [bytearray(1 << 20) for _ in range(1 << 16)]'; sleep 1; exit 137"]
    stream = world.backend.watch()
    world.client.containers.run(
        "python:3.11-slim", greedy, name=f"{world.name}-web-1", labels=labels, mem_limit="16m", detach=True
    )

    ends = (Status.FAILED, "out of memory")
    heard = (hint.instance for hint in stream if hint.environment == world.name and hint.instance is not None)
    assert any((one.status, one.detail) == ends for one in heard)

    def listed() -> bool:
        layers = {layer.name: layer for layer in world.backend.observe(world.name).layers}
        return [(one.status, one.detail) for one in layers["web"].instances] == [ends]

    assert wait(listed, 10), "the listing may say so a moment later"
    stream.close()


@pytest.mark.parametrize("trouble", ["kill", "pause"])
def test_an_engine_that_dies_or_hangs_is_unreachable(
    own_engine: Daemon, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    monkeypatch.setenv("DOCKER_HOST", own_engine.host)
    backend = open_backend()
    stream = backend.watch()
    next(stream)
    getattr(own_engine, trouble)()
    with pytest.raises(Unreachable):
        next(stream)
    with pytest.raises(Unreachable):
        backend.watch()
    own_engine.resume() if trouble == "pause" else own_engine.start()
    again = backend.watch()
    assert next(again) == Hint()
    backend.close()
    assert list(again) == []


def test_nobody_at_the_socket_is_unreachable_and_says_where(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///tmp/tuienv-test-no-engine.sock")
    with pytest.raises(Unreachable, match="tuienv-test-no-engine"):
        open_backend().discover()


def test_the_same_engine_is_the_same_identity(world: World, docker_engine: Engine) -> None:
    identity = world.backend.identity()
    assert identity.account == docker_engine.client.info()["ID"]
    assert (identity.backend, identity.profile) == ("docker", "")
