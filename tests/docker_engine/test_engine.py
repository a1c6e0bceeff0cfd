"""The ground that other tests stand on: the engine, its images, and that nothing is left of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from docker.models.containers import Container

from tests.docker_engine import bridge, images, leftovers, session
from tests.docker_engine.daemon import Daemon, answers
from tests.docker_engine.images import PAUSE
from tests.docker_engine.machine import Unavailable
from tests.docker_engine.session import Engine


@pytest.fixture
def started(docker_engine: Engine) -> Iterator[list[Container]]:
    """Containers that are removed when the test ends."""
    containers: list[Container] = []
    yield containers
    for container in containers:
        container.remove(force=True, v=True)


def run(engine: Engine, started: list[Container], image: str, **settings: object) -> Container:
    """Start a container."""
    container: Container = engine.client.containers.run(image, detach=True, **settings)  # type: ignore[call-overload]  # one of many overloads
    started.append(container)
    return container


def test_every_image_is_there(docker_engine: Engine) -> None:
    for name in images.STAND_INS:
        assert docker_engine.client.images.get(name).tags


def test_database_takes_the_official_variables(docker_engine: Engine, started: list[Container]) -> None:
    variables = {"POSTGRES_USER": "ann", "POSTGRES_PASSWORD": "s'3\\cret", "POSTGRES_DB": "shop-1"}
    database = run(docker_engine, started, "postgres:15", environment=variables)
    query = ["psql", "-h", "127.0.0.1", "-U", "ann", "-d", "shop-1", "-Atc", "select current_user"]
    assert leftovers.wait(lambda: database.exec_run(query).output == b"ann\n", 30), database.logs().decode()


def test_database_asks_for_a_password(docker_engine: Engine, started: list[Container]) -> None:
    database = run(docker_engine, started, "postgres:15")
    assert database.wait(timeout=30)["StatusCode"] == 1
    assert b"superuser password is not specified" in database.logs()


def test_cache_answers_to_others(docker_engine: Engine, started: list[Container]) -> None:
    cache = run(docker_engine, started, "redis:7")
    ping = ["sh", "-c", "redis-cli -h $(hostname -i) ping"]
    assert leftovers.wait(lambda: cache.exec_run(ping).output == b"PONG\n", 30), cache.logs().decode()


def test_load_balancer_is_told_by_the_official_path(docker_engine: Engine, started: list[Container]) -> None:
    balancer = run(docker_engine, started, "haproxy:2.6")
    assert balancer.wait(timeout=30)["StatusCode"] == 1
    assert b"/usr/local/etc/haproxy/haproxy.cfg" in balancer.logs()


def test_app_brings_what_the_sample_needs(docker_engine: Engine) -> None:
    name = "tuienv-test/app-of-ground:1"
    images.build_app(
        docker_engine.client, name, {"app.py": "import psycopg, redis; print('hello')"}, command=["python", "app.py"]
    )
    try:
        assert docker_engine.client.containers.run(name, remove=True) == b"hello\n"
    finally:
        docker_engine.client.images.remove(name, force=True)


def test_pause_stops_when_told(docker_engine: Engine, started: list[Container]) -> None:
    container = run(docker_engine, started, PAUSE)
    # What it is told before it listens, it does not hear; it listens before it begins to sleep.
    assert leftovers.wait(lambda: "sleep" in str(container.top()["Processes"]), 30)
    container.stop(timeout=30)
    container.reload()
    assert container.attrs["State"]["ExitCode"] == 0


def test_own_engine_is_killed_frozen_and_started_again(own_engine: Daemon) -> None:
    own_engine.kill()
    assert not answers(own_engine.host)
    own_engine.start()
    own_engine.pause()
    assert not answers(own_engine.host)
    own_engine.resume()
    assert leftovers.wait(lambda: answers(own_engine.host), 10)


def test_nothing_is_left_of_a_killed_engine(docker_engine: Engine) -> None:
    with session.own(alone=True) as daemon:
        with session.connected(daemon.host) as client:
            session.share(docker_engine.client, client, PAUSE)
            client.networks.create("left")
            client.containers.run(PAUSE, detach=True, network="left")
        daemon.kill()
        assert leftovers.processes(daemon.folder)
    assert not leftovers.processes(daemon.folder)
    assert not leftovers.mounts(daemon.folder)
    assert not Path(daemon.folder).exists()


@pytest.mark.usefixtures("own_engine")
def test_bridges_and_rules_are_removed(tmp_path: Path) -> None:
    # By hand, because an engine that starts outside a network namespace takes rules from the engine that is there.
    name = bridge.make()
    leftovers.command("iptables", "--wait", "-A", "FORWARD", "-i", name, "-j", "ACCEPT")
    (tmp_path / "bridge").write_text(name)
    assert leftovers.bridges(tmp_path) == [name]
    assert name in rules()
    leftovers.clear(tmp_path)
    assert not (leftovers.INTERFACES / name).exists()
    assert name not in rules()


def rules() -> str:
    """The firewall rules of this machine."""
    return leftovers.command("iptables", "-S") + leftovers.command("iptables", "-t", "nat", "-S")


def test_a_dead_address_is_not_taken_for_an_engine() -> None:
    assert not answers("unix:///nonexistent/docker.sock")


def test_a_run_without_root_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.docker_engine.machine.is_root", lambda: False)
    with pytest.raises(Unavailable, match="root"), session.own():
        pytest.fail("an engine came up without root")
