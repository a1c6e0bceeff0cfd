"""The small rooms: archives, frames, builds, endpoints, errors, measurements, numbers."""

from __future__ import annotations

import io
import json
import re
import tarfile
from pathlib import Path

import pytest
from docker.context.config import get_meta_dir
from hypothesis import given
from hypothesis import strategies as st

from tuienv.backends.base import Conflict, Forbidden, Invalid, NotFound, Unreachable
from tuienv.backends.docker.archives import packed, rerooted, unpacked
from tuienv.backends.docker.connecting import database_connection
from tuienv.backends.docker.executing import Frames
from tuienv.backends.docker.images import with_tag
from tuienv.backends.docker.metrics import Meter, cpu_of, memory_of
from tuienv.backends.docker.operations import settings_applied
from tuienv.backends.docker.recipes.app import command_check
from tuienv.backends.docker.recipes.data import data_folder, server_check
from tuienv.backends.docker.recipes.recipe import limits_of
from tuienv.backends.docker.reconcile import chosen_numbers
from tuienv.backends.docker.reporting import told_by
from tuienv.backends.docker_engine.building import pack, source_of
from tuienv.backends.docker_engine.endpoint import DEFAULT_SOCKET, Certificates, find_endpoint
from tuienv.backends.docker_engine.failures import refused, unanswered
from tuienv.backends.docker_engine.transport import open_pool, ssh_command
from tuienv.context import contents, context_files
from tuienv.model import SIZES, Health, Kind, LayerSpec, Size


def test_a_file_comes_back_out_of_its_archive() -> None:
    archive = rerooted(packed("haproxy.cfg", b"text"), "usr/local/etc/haproxy/haproxy.cfg")
    with tarfile.open(fileobj=io.BytesIO(archive)) as members:
        assert members.getnames() == ["usr/local/etc/haproxy/haproxy.cfg"]
    assert unpacked(archive) == b"text"


@given(st.lists(st.tuples(st.sampled_from([1, 2]), st.binary(max_size=50))), st.integers(1, 20))
def test_frames_survive_any_cut(frames: list[tuple[int, bytes]], size: int) -> None:
    wire = b"".join(bytes([stream, 0, 0, 0]) + len(data).to_bytes(4, "big") + data for stream, data in frames)
    reader, found = Frames(), []
    for start in range(0, len(wire), size):
        found += reader.feed(wire[start : start + size])
    assert found == frames


def test_the_same_tree_has_the_same_hash_and_what_is_ignored_does_not_matter(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / ".dockerignore").write_text("*.log\n")
    (tmp_path / "app.py").write_text("1")

    def digest() -> str:
        return contents(tmp_path, context_files(tmp_path, "Dockerfile"))

    first = digest()
    (tmp_path / "noise.log").write_text("x")
    assert digest() == first
    (tmp_path / "app.py").write_text("2")
    assert digest() != first


def test_a_build_context_holds_what_is_not_ignored(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / ".dockerignore").write_text("secret\n# a comment\n")
    (tmp_path / "secret").write_text("x")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/app.py").write_text("1")
    packed_context = io.BytesIO()
    pack(tmp_path, context_files(tmp_path, "Dockerfile"), packed_context)
    with tarfile.open(fileobj=packed_context) as members:
        assert {"Dockerfile", "folder/app.py"} <= set(members.getnames())
        assert "secret" not in members.getnames()


def test_a_build_without_dockerfile_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="there is no Dockerfile"):
        source_of(str(tmp_path), LayerSpec("web", Kind.APP, "docker", build="."), {}, "shop/web")


def test_the_engine_is_found_as_the_docker_command_finds_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    assert find_endpoint("", {}).url == DEFAULT_SOCKET
    assert find_endpoint("", {"DOCKER_HOST": "tcp://far:2375"}).url == "tcp://far:2375"
    tls = find_endpoint("", {"DOCKER_HOST": "tcp://far:2376", "DOCKER_CERT_PATH": "/c", "DOCKER_TLS_VERIFY": "1"})
    assert tls.certificates is not None
    assert (tls.certificates.ca, tls.certificates.verify) == ("/c/ca.pem", True)


def test_a_profile_is_a_docker_context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    (tmp_path / "config.json").write_text('{"currentContext": "far"}')
    folder = Path(get_meta_dir("far"))
    folder.mkdir(parents=True)
    endpoints = {"docker": {"Host": "tcp://far:2375", "SkipTLSVerify": True}}
    (folder / "meta.json").write_text(json.dumps({"Name": "far", "Metadata": {}, "Endpoints": endpoints}))
    assert find_endpoint("far").url == "tcp://far:2375"
    assert find_endpoint("", {"DOCKER_CONFIG": str(tmp_path)}).url == "tcp://far:2375"
    with pytest.raises(Invalid, match="none of that name"):
        find_endpoint("near")


def test_ssh_asks_nobody_and_goes_where_the_url_says() -> None:
    command = ssh_command("ssh://me@far:2222", 2)
    assert command[-2:] == ["far", "docker system dial-stdio"]
    assert {"BatchMode=yes", "me", "2222"} <= set(command)


def test_an_unknown_scheme_is_refused() -> None:
    with pytest.raises(Invalid, match="npipe scheme"):
        open_pool(find_endpoint("", {"DOCKER_HOST": "npipe:////./pipe/docker"}))
    with pytest.raises(Invalid, match="it has no scheme"):
        open_pool(find_endpoint("", {"DOCKER_HOST": "nonsense"}))


@pytest.mark.parametrize("host", ["tcp://far:port", "ssh://me@far:port", "tcp://[::1"])
def test_an_address_that_is_none_is_refused_and_no_mistake_of_ours(host: str) -> None:
    with pytest.raises(Invalid, match="DOCKER_HOST"):
        open_pool(find_endpoint("", {"DOCKER_HOST": host}))


def test_certificates_that_are_not_there_are_said_or_done_without(tmp_path: Path) -> None:
    """As the docker command has it: an engine need not ask who we are."""
    variables = {"DOCKER_HOST": "tcp://far:2376", "DOCKER_CERT_PATH": str(tmp_path), "DOCKER_TLS_VERIFY": "1"}
    with pytest.raises(Invalid, match=re.escape(f"there is no {tmp_path}/ca.pem")):
        open_pool(find_endpoint("", variables))
    (tmp_path / "ca.pem").touch()
    endpoint = find_endpoint("", variables)
    assert endpoint.certificates == Certificates(ca=str(tmp_path / "ca.pem"))
    open_pool(endpoint).close()
    (tmp_path / "cert.pem").touch()
    (tmp_path / "key.pem").touch()
    certificates = find_endpoint("", {**variables, "DOCKER_TLS_VERIFY": ""}).certificates
    assert certificates == Certificates(str(tmp_path / "cert.pem"), str(tmp_path / "key.pem"), verify=False)


def test_refusals_are_the_contracts_errors() -> None:
    body = b'{"message": "no such\\u001b[31m thing."}'
    assert isinstance(refused("look", "x", 404, body), NotFound)
    assert refused("look", "x", 404, body).said == "no such thing"
    assert isinstance(refused("start", "x", 500, b"port is already allocated"), Conflict)
    assert isinstance(unanswered("look", "x", "unix:///x", PermissionError(13, "Permission denied")), Forbidden)
    lost = unanswered("look", "x", "unix:///x", ConnectionRefusedError(111, "Connection refused"))
    assert isinstance(lost, Unreachable)
    assert "Connection refused (unix:///x)" in str(lost)


@pytest.mark.parametrize(
    ("image", "whole"),
    [("shop", "shop:latest"), ("shop:1", "shop:1"), ("host:5000/shop", "host:5000/shop:latest"), ("", "")],
)
def test_an_image_is_pulled_by_its_tag(image: str, whole: str) -> None:
    assert with_tag(image) == whole


@pytest.mark.parametrize(
    ("volumes", "variables", "told", "folder"),
    [
        (["/var/lib/postgresql/data"], ["PGDATA=/var/lib/postgresql/data"], "", "/var/lib/postgresql/data"),
        (["/var/lib/postgresql"], ["PGDATA=/var/lib/postgresql/18/docker"], "", "/var/lib/postgresql"),
        (["/home/pg", "/initdb.d"], ["PGDATA=/home/pg/data"], "", "/home/pg"),
        (["/var/lib/postgresql/data"], ["PGDATA=/var/lib/postgresql/data"], "/own/pg", "/own/pg"),
        (["/bitnami/postgresql"], [], "", "/bitnami/postgresql"),
        (["/bitnami/postgresql", "/initdb.d"], [], "/bitnami/postgresql/data", "/bitnami/postgresql"),
        (["/initdb.d", "/var/lib/postgresql/data"], [], "", "/var/lib/postgresql/data"),
        ([], [], "", "/var/lib/postgresql/data"),
    ],
)
def test_the_volume_is_where_the_image_keeps_its_data(
    volumes: list[str], variables: list[str], told: str, folder: str
) -> None:
    image: dict[str, object] = {"Config": {"Volumes": {volume: {} for volume in volumes} or None, "Env": variables}}
    assert data_folder(image, "/var/lib/postgresql/data", told) == folder


def test_an_image_that_does_not_say_where_its_data_is_is_refused() -> None:
    image: dict[str, object] = {"Config": {"Volumes": {"/one": {}, "/two": {}}}}
    with pytest.raises(Invalid, match="/one, /two"):
        data_folder(image, "/var/lib/postgresql/data")


def test_checks_are_seldom_where_the_engine_can_start_them_often() -> None:
    assert server_check(["CMD", "x"], (1, 41))["Interval"] == 3_000_000_000
    later = server_check(["CMD", "x"], (1, 44))
    assert (later["Interval"], later["StartInterval"]) == (10_000_000_000, 1_000_000_000)


def test_an_app_is_checked_as_often_while_it_starts_as_its_file_says() -> None:
    """Left out, engines since API 1.44 check every five seconds only, and a shorter grace ends before the first."""
    health = Health(command=("true",), interval=0.5)
    assert command_check(health, (1, 44))["StartInterval"] == command_check(health, (1, 44))["Interval"] == 500_000_000
    assert "StartInterval" not in command_check(health, (1, 41))


def test_an_url_takes_any_password() -> None:
    found = database_connection("db", {"POSTGRES_USER": "me", "POSTGRES_PASSWORD": "p@ss/w:rd", "POSTGRES_DB": "shop"})
    assert found["url"] == "postgresql://me:p%40ss%2Fw%3Ard@db:5432/shop"


def test_limits_leave_out_what_is_not_limited() -> None:
    assert limits_of(Size()) == {}
    small = SIZES["small"]
    assert limits_of(small) == {"NanoCpus": 500_000_000, "Memory": small.memory, "MemorySwap": small.memory}


def test_the_lowest_numbers_stay_and_gaps_are_filled() -> None:
    assert chosen_numbers({1, 2, 3, 4, 5}, 2) == {1, 2}
    assert chosen_numbers({2, 4}, 3) == {1, 2, 4}
    assert chosen_numbers(set(), 0) == set()


def test_settings_replace_add_and_remove() -> None:
    assert settings_applied(["A=1", "B=2", "C=3"], {"B": "x=y", "C": None, "D": "4"}) == ["A=1", "B=x=y", "D=4"]


def stats(total: int, system: int, received: int, second: int) -> dict[str, object]:
    return {
        "read": f"2026-11-23T08:00:{second:02}.0Z",
        "cpu_stats": {"cpu_usage": {"total_usage": total}, "system_cpu_usage": system, "online_cpus": 2},
        "precpu_stats": {"cpu_usage": {"total_usage": 0}, "system_cpu_usage": 1},
        "memory_stats": {"usage": 100, "limit": 500, "stats": {"inactive_file": 30}},
        "networks": {"eth0": {"rx_bytes": received, "tx_bytes": 0}},
    }


def test_measurements_are_cores_bytes_and_rates() -> None:
    meter = Meter("shop/web/1")
    meter.read(stats(1, 101, 0, 1))
    sample = meter.read(stats(25, 101, 300, 3))
    assert sample is not None
    assert (sample.cpu, sample.memory, sample.memory_limit, sample.received) == (0.5, 70, 500, 150.0)


def test_a_measurement_is_of_now_whatever_time_the_engine_thinks_it_is() -> None:
    meter = Meter("shop/web/1", clock=lambda: 1_800_000_000.0)
    meter.read(stats(1, 101, 0, 1))
    sample = meter.read(stats(25, 101, 300, 3))
    assert sample is not None
    assert sample.time == 1_800_000_000.0


def test_what_does_not_run_has_no_measurements() -> None:
    assert Meter("x").read({"read": "0001-01-01T00:00:00Z"}) is None
    assert cpu_of({"precpu_stats": {}}) is None
    assert memory_of({}) is None


def test_what_happened_to_a_container_is_what_it_tells_of_itself() -> None:
    state = {
        "StartedAt": "2026-11-23T08:00:02.5Z",
        "FinishedAt": "2026-11-23T09:00:00Z",
        "ExitCode": 137,
        "Health": {"Log": [{"End": "2026-11-23T08:30:00Z", "ExitCode": 1, "Output": "503 \x1b[31mnot ready\n"}]},
    }
    told = {"Created": "2026-11-23T08:00:00Z", "Config": {"Image": "shop:1"}, "State": state, "RestartCount": 2}
    texts = [text for _, text in told_by(told)]
    assert texts == [
        "created from shop:1",
        "started by itself, for the 2. time",
        "exited 137",
        "health check failed: 503 not ready",
    ]
    again = [text for _, text in told_by({**told, "State": {**state, "Running": True, "ExitCode": 0}})]
    assert not any("exited" in text for text in again), "it crashed, and the engine has forgotten with what"
    assert "killed: out of memory" in [text for _, text in told_by({**told, "State": {**state, "OOMKilled": True}})]
