"""No request fails: while a layer is scaled, rolled, restarted, resized, and while a bad version is tried."""

from __future__ import annotations

import pytest

from tests.backends.docker.conftest import World
from tests.backends.docker.load import Load
from tests.ports import free_port
from tuienv.backends.base import Conflict
from tuienv.model import SIZES, Action, Health, Kind, LayerSpec, Port, Route


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
