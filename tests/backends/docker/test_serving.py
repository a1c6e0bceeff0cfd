"""No request fails: while a layer is scaled, rolled, restarted, resized, and while a bad version is tried."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.backends.docker.conftest import Heard, World
from tests.backends.docker.load import Load
from tests.ports import free_port
from tuienv.backends.base import Cancelled, Conflict
from tuienv.backends.docker import naming
from tuienv.model import SIZES, Action, Health, Kind, LayerSpec, Port, Route, Status


def web(image: str) -> LayerSpec:
    health = Health(path="/healthz", grace=8.0)
    return LayerSpec("web", Kind.APP, "docker", image=image, port=8000, replicas=3, size=SIZES["micro"], health=health)


def edge(port: int) -> LayerSpec:
    return LayerSpec(
        "edge", Kind.LOAD_BALANCER, "docker", version="2.6", routes=(Route("web", 8000),), ports=(Port(port),)
    )


@pytest.mark.timeout(600)
def test_no_request_fails_whatever_is_done(world: World, app_image: str) -> None:
    port, spec = free_port(), web(app_image)
    world.create(spec, VERSION="1")
    world.create(edge(port))
    balancer = world.ids("edge")
    with Load(port) as load:
        load.served_by(3)
        world.change(Action.SCALE, "web", replicas=5)
        load.served_by(5)
        world.change(Action.SCALE, "web", replicas=2)
        assert len(load.some()) == 2
        world.create(spec, VERSION="2")
        assert {body.split()[1] for body in load.served_by(3)} == {"2"}
        with pytest.raises(Conflict, match="the flux is missing"):
            world.create(spec, VERSION="3", SICK="yes")
        assert {body.split()[1] for body in load.some()} == {"2"}
        world.change(Action.UPDATE, "web", settings={"VERSION": "4"}, facets={"VERSION": "4"})
        assert {body.split()[1] for body in load.some()} == {"4"}
        world.change(Action.RESTART, "web")
        world.change(Action.RESIZE, "web", size=SIZES["small"])
        load.served_by(3)
    assert not load.failures
    assert world.ids("edge") == balancer, "the load balancer was made anew"
    assert sorted(world.ids("web")) == ["1", "2", "3"]


def test_a_resize_keeps_the_instance_and_changes_its_limits(world: World, app_image: str) -> None:
    world.create(web(app_image))
    before = world.ids("web")
    world.change(Action.RESIZE, "web", size=SIZES["medium"])
    (layer,) = world.backend.observe(world.name, thorough=True).layers
    assert layer.size == SIZES["medium"]
    assert world.ids("web") == before


def test_an_instance_on_a_second_network_is_let_in_all_the_same(world: World, app_image: str) -> None:
    """Somebody connected it, to a network whose name comes first."""
    world.create(replace(web(app_image), replicas=1), VERSION="1")
    world.create(edge(port := free_port()))
    other = world.client.networks.create(f"a-{world.name}", labels={naming.PROJECT: world.name})
    other.connect(world.ids("web")["1"])
    world.change(Action.RESTART, "web")
    world.change(Action.UPDATE, "web", settings={"VERSION": "2"}, facets={"VERSION": "2"})
    with Load(port) as load:
        assert {body.split()[1] for body in load.served_by(1)} == {"2"}


def test_a_new_health_path_that_is_not_asked_for_yet_is_told(world: World, app_image: str) -> None:
    spec = replace(web(app_image), replicas=1, health=Health(path="/healthz", grace=8.0))
    world.create(spec, VERSION="1")
    world.create(edge(free_port()))
    with pytest.raises(Conflict, match=r"check of /healthz says L7STS 503 .*it asks for /new once it was made anew"):
        world.create(replace(spec, health=Health(path="/new", grace=8.0)), VERSION="2", SICK="yes")


def test_a_load_balancer_that_is_full_is_told_and_how_it_gets_room(world: World, app_image: str) -> None:
    world.create(replace(web(app_image), replicas=1, health=Health(path="/healthz", grace=3.0)))
    world.create(replace(edge(free_port()), options={"docker": {"max_replicas": 1}}))
    with pytest.raises(Conflict, match="has room for 1 only: `max_replicas`"):
        world.change(Action.SCALE, "web", replicas=2)


class Impatient(Heard):
    """Cancels at the first wait."""

    def pause(self, seconds: float) -> None:
        raise Cancelled


def test_a_stop_that_is_cancelled_leaves_what_still_runs_with_its_requests(world: World, app_image: str) -> None:
    world.create(web(app_image), VERSION="1")
    world.create(edge(port := free_port()))
    patient, world.steps = world.steps, Impatient()
    with pytest.raises(Cancelled):
        world.change(Action.STOP, "web")
    world.steps = patient
    with Load(port) as load:
        load.served_by(3)
    assert not load.failures


def test_what_could_not_be_started_is_as_it_was(world: World, app_image: str) -> None:
    once = "test -e /tmp/once && exit 7; touch /tmp/once; exec python app.py"
    world.create(replace(web(app_image), replicas=1, command=("sh", "-c", once)))
    world.create(edge(free_port()))
    made = world.ids("web")
    world.change(Action.STOP, "web")
    with pytest.raises(Conflict):
        world.change(Action.START, "web")
    assert world.ids("web") == made
    status = {layer.name: layer.status for layer in world.backend.observe(world.name).layers}["web"]
    assert status in (Status.FAILED, Status.STOPPED), "by when it was stopped between two crashes"
