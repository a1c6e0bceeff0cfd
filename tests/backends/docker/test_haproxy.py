"""HAProxy: the configuration that is written, and the answers that are read."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tuienv.backends.docker.balancing import read_slots
from tuienv.backends.docker.haproxy import Routing, configuration, health_of, health_to_label, routing_of
from tuienv.model import Health, Port, Route

STAT = """\
# pxname,svname,qcur,qmax,scur,smax,status,type,check_status,check_code,last_chk,addr,
web_8000,s1,1,0,2,3,UP,2,L7OK,200,OK,172.18.0.5:8000,
web_8000,s2,0,0,0,3,DOWN,2,* L7STS,503,Service Unavailable,172.18.0.6:8000,
web_8000,s3,0,0,0,0,MAINT (resolution),2,,,,,
web_8000,BACKEND,0,0,2,3,UP,1,,,,,
"""


def test_the_longest_path_is_asked_first() -> None:
    text = configuration((Route("web", 80), Route("api", 90, "/api")), (Port(8080),), {})
    assert text.index("use_backend api_90") < text.index("use_backend web_80")
    assert "bind :8080" in text


def test_a_path_means_itself_and_what_is_below_it() -> None:
    text = configuration((Route("api", 90, "/api"),), (), {})
    assert "use_backend api_90 if { path /api } || { path_beg /api/ }" in text


def test_health_by_path_is_asked_with_the_apps_own_times() -> None:
    health = Health("/healthz", interval=0.5, timeout=1.5)
    text = configuration((Route("web", 8000),), (), {"web": health}, 7)
    assert "uri /healthz" in text
    assert "hdr Host web:8000 " in text, "a name that a host may have"
    assert "server-template s 1-7 web:8000 inter 500ms" in text
    assert "timeout check 1500ms" in text


def test_without_a_path_a_connection_is_health() -> None:
    assert "httpchk" not in configuration((Route("web", 8000),), (), {})


def test_servers_are_read_and_the_rest_is_not() -> None:
    first, second, third = read_slots(STAT)
    assert (first.address, first.sessions, first.healthy, first.serving) == ("172.18.0.5", 3, True, True)
    assert (second.healthy, second.serving, second.detail) == (False, False, "503 Service Unavailable")
    assert third.address == ""


def test_labels_come_back() -> None:
    routing = Routing((Route("web", 8000, "/"), Route("api", 90, "/api")), (Port(8080),), 12)
    assert routing_of(routing.to_label()) == routing
    assert routing.backends_of("api") == ("api_90",)
    health = Health("/x", (), 0.5, 1.0, 9.0)
    assert health_of(health_to_label(health)) == health


@given(st.text() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(repr))
def test_labels_of_strangers_say_nothing(label: str) -> None:
    assert isinstance(routing_of(label), Routing)
    assert isinstance(health_of(label), Health)
