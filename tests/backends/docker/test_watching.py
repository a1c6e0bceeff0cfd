"""Events as hints."""

from __future__ import annotations

from tuienv.backends.base import Hint
from tuienv.backends.docker import naming
from tuienv.backends.docker.uptime import Lifetimes
from tuienv.backends.docker.watching import EventReader
from tuienv.model import Instance, Status

COMPOSE = {naming.PROJECT: "shop", naming.SERVICE: "web", naming.NUMBER: "1", "name": "shop-web-1"}
OURS = {**COMPOSE, naming.ENVIRONMENT: "shop", naming.LAYER: "web"}


def hint(action: str, attributes: dict[str, str], kind: str = "container", actor: str = "abc") -> Hint | None:
    event = {"Type": kind, "Action": action, "timeNano": 5 * 10**9, "Actor": {"ID": actor, "Attributes": attributes}}
    return EventReader(Lifetimes()).read(event)


def state(action: str, attributes: dict[str, str]) -> Instance:
    found = hint(action, attributes)
    assert found is not None
    assert found.instance is not None
    return found.instance


def test_a_start_tells_the_state_and_the_time() -> None:
    assert state("start", COMPOSE) == Instance("1", "abc", Status.RUNNING, started_at=5.0)


def test_a_start_with_a_health_check_is_not_health_yet() -> None:
    assert state("start", {**OURS, naming.CHECKED: "yes"}).status is Status.STARTING
    assert state("health_status: healthy", OURS).status is Status.RUNNING
    assert state("health_status: unhealthy", OURS).status is Status.DEGRADED


def test_an_end_tells_how() -> None:
    assert state("die", {**COMPOSE, "exitCode": "1"}).status is Status.FAILED
    assert state("die", {**COMPOSE, "exitCode": "143"}).status is Status.STOPPED


def test_an_end_for_lack_of_memory_is_a_failure_and_no_stop() -> None:
    reader = EventReader(Lifetimes())

    def told(action: str, code: str = "") -> Hint | None:
        attributes = {**COMPOSE, **({"exitCode": code} if code else {})}
        return reader.read({"Type": "container", "Action": action, "Actor": {"ID": "abc", "Attributes": attributes}})

    def ended(code: str) -> tuple[Status, str]:
        found = told("die", code)
        assert found is not None
        assert found.instance is not None
        return found.instance.status, found.instance.detail

    assert told("oom") == Hint("shop"), "it may be told after the end"
    assert told("oom") is None, "a process that is started and killed again and again is no news"
    assert ended("137") == (Status.FAILED, "out of memory")
    assert ended("143") == (Status.STOPPED, "exited 143"), "it went on without what was killed"
    told("start")
    assert ended("137") == (Status.STOPPED, "exited 137")


def test_what_is_destroyed_is_gone() -> None:
    assert hint("destroy", COMPOSE) == Hint("shop", "web", gone="shop/web/1")


def test_what_an_event_does_not_tell_is_looked_at() -> None:
    for action in ("rename", "update", "unpause"):
        assert hint(action, COMPOSE) == Hint("shop")


def test_what_is_on_its_way_in_is_no_instance_yet() -> None:
    assert hint("create", OURS) is None
    assert hint("start", {**OURS, "name": "shop-web-1-next"}) is None
    assert hint("create", COMPOSE) is not None


def test_networks_and_volumes_name_their_environment_if_they_can() -> None:
    assert hint("create", {"name": "shop_default"}, "network") == Hint("shop")
    assert hint("create", {"name": "bridge"}, "network") == Hint()
    assert hint("create", {}, "volume", "shop_db-data") == Hint("shop")
    assert hint("create", {}, "volume", "my_project_data") == Hint()
    assert hint("create", {}, "volume", "0" * 64) is None


def test_nonsense_is_no_hint() -> None:
    assert EventReader(Lifetimes()).read({}) is None
