"""Logs of real containers: any bytes, any order, with and without a terminal, followed while instances come."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator

import pytest
from docker.models.containers import Container
from docker.types import LogConfig

from tests.docker_engine.session import Engine
from tuienv.backends.base import NotFound, Stream, Unreachable
from tuienv.backends.docker import open_backend
from tuienv.backends.docker.backend import DockerBackend
from tuienv.backends.docker.logs.copying import LogCopy
from tuienv.backends.docker.logs.kept import KeptLog
from tuienv.model import Address, LogLine

IMAGE = "python:3.11-slim"


class Project:
    """Containers of one Compose project, which is what an environment is to the backend."""

    def __init__(self, engine: Engine) -> None:
        self.name = f"logs{uuid.uuid4().hex[:8]}"
        self._engine = engine
        self._made: list[Container] = []

    def start(
        self, layer: str, number: int, script: str, *, tty: bool = False, local: bool = False, ending: str = ""
    ) -> Container:
        """`local`: by the engine's other log driver; json-file replaces what is no UTF-8 before anyone can read it."""
        labels = {
            "com.docker.compose.project": self.name,
            "com.docker.compose.service": layer,
            "com.docker.compose.container-number": str(number),
        }
        driver = "local" if local else "json-file"
        container = self._engine.client.containers.create(
            IMAGE,
            ["sh", "-c", script],
            name=f"{self.name}-{layer}-{number}{ending}",
            labels=labels,
            tty=tty,
            network_mode="none",
            log_config=LogConfig(type=driver),
        )
        container.start()
        self._made.append(container)
        return container

    def run(self, layer: str, number: int, script: str, *, tty: bool = False, local: bool = False) -> None:
        """Start it and wait for its end."""
        self.start(layer, number, script, tty=tty, local=local).wait()

    def wipe(self) -> None:
        for container in self._made:
            container.remove(force=True)


@pytest.fixture
def project(docker_engine: Engine) -> Iterator[Project]:
    project = Project(docker_engine)
    yield project
    project.wipe()


def read(stream: Stream[list[LogLine]]) -> list[LogLine]:
    return [line for batch in stream for line in batch]


def until(stream: Stream[list[LogLine]], last: bytes) -> list[LogLine]:
    """The lines up to the one that is waited for."""
    lines: list[LogLine] = []
    for batch in stream:
        lines += batch
        if any(line.raw == last for line in batch):
            return lines
    raise AssertionError(f"the log ended before {last!r}: {lines}")


@pytest.mark.parametrize("tty", [False, True])
def test_bytes_come_as_they_were_written(backend: DockerBackend, project: Project, tty: bool) -> None:
    project.run("web", 1, r"printf '\033[31mred\033[0m\n\377\376 no UTF-8\n\nlast without an end'", tty=tty, local=True)
    lines = read(backend.logs(Address(project.name, "web", "1")))
    assert [line.raw for line in lines] == [b"\x1b[31mred\x1b[0m", b"\xff\xfe no UTF-8", b"", b"last without an end"]
    assert {line.source for line in lines} == {f"{project.name}/web/1"}
    assert [line.time for line in lines] == sorted(line.time for line in lines)


@pytest.mark.parametrize("tty", [False, True])
def test_a_line_that_the_engine_splits_is_whole_again(backend: DockerBackend, project: Project, tty: bool) -> None:
    project.run("web", 1, "head -c 100000 /dev/zero | tr '\\0' x; echo; echo end", tty=tty)
    raws = [line.raw for line in read(backend.logs(Address(project.name)))]
    assert [len(raw) for raw in raws] == [100_000, 3]


def test_an_environment_is_merged_by_time_and_cut_to_its_tail(backend: DockerBackend, project: Project) -> None:
    for number in range(3):
        project.run("web", number + 1, f"seq {number * 100} {number * 100 + 49}")
    lines = read(backend.logs(Address(project.name), tail=20))
    assert len(lines) == 60
    assert [line.time for line in lines] == sorted(line.time for line in lines)
    newer = read(backend.logs(Address(project.name), since=lines[40].time))
    assert newer[-1] == lines[-1]
    assert min(line.time for line in newer) >= lines[40].time - 0.001


@pytest.mark.parametrize("local", [True, False])
@pytest.mark.parametrize("tail", [None, 2])
def test_a_copy_is_what_the_lines_are(backend: DockerBackend, project: Project, tail: int | None, local: bool) -> None:
    script = r"printf 'first\n\033[31mred\377\n'; head -c 100000 /dev/zero | tr '\0' x; printf '\n\nno end'"
    project.run("web", 1, script, local=local)
    target = Address(project.name, "web")
    lines = read(backend.logs(target, tail=tail))
    copy = backend.copy(target, tail=tail)
    assert copy is not None
    assert b"".join(copy) == b"".join(line.raw + b"\n" for line in lines)
    newer = backend.copy(target, since=lines[-1].time)
    assert newer is not None
    assert b"".join(newer) == b"".join(line.raw + b"\n" for line in read(backend.logs(target, since=lines[-1].time)))


def test_the_engines_own_file_gives_what_the_engine_sends(backend: DockerBackend, project: Project) -> None:
    script = (
        r"""printf '<&>"\\ \033[31mred\377\302\205\n'; head -c 100000 /dev/zero | tr '\0' x; echo; echo e >&2; """
        r"""head -c 2000000 /dev/zero | tr '\0' y; seq 9999; printf '\n\nno end'"""
    )
    project.run("web", 1, script)
    target = Address(project.name, "web")
    copy = backend.copy(target)
    assert isinstance(copy, KeptLog)
    sent = backend.copy(target, since=0.0)
    assert isinstance(sent, LogCopy)
    assert b"".join(copy) == b"".join(sent)


def test_what_needs_its_lines_is_not_copied(backend: DockerBackend, project: Project) -> None:
    project.run("web", 1, "echo one", tty=True)
    assert backend.copy(Address(project.name)) is None
    project.run("db", 1, "echo two")
    assert backend.copy(Address(project.name)) is None
    copy = backend.copy(Address(project.name, "db"))
    assert copy is not None
    copy.close()
    with pytest.raises(NotFound, match="there is no such instance"):
        backend.copy(Address(project.name, "nothere"))


def test_a_copy_is_closed_before_its_end(backend: DockerBackend, project: Project) -> None:
    project.run("web", 1, "seq 200000")
    copy = backend.copy(Address(project.name))
    assert copy is not None
    assert next(copy).startswith(b"1\n")
    copy.close()
    assert sum(1 for _ in copy) <= 1


def test_following_takes_in_what_starts_later_and_what_starts_again(backend: DockerBackend, project: Project) -> None:
    first = project.start("web", 1, "echo one; exec sleep 1000")
    stream = backend.logs(Address(project.name, "web"), follow=True)
    assert [line.raw for line in until(stream, b"one")] == [b"one"]
    project.start("web", 2, "echo two; exec sleep 1000")
    assert [line.source for line in until(stream, b"two")] == [f"{project.name}/web/2"]
    first.restart(timeout=0)
    assert [line.source for line in until(stream, b"one")] == [f"{project.name}/web/1"]
    stream.close()
    assert read(stream) == []


def test_following_one_instance_goes_on_with_what_takes_its_place(backend: DockerBackend, project: Project) -> None:
    """An update: the new instance has the number once it serves."""
    first = project.start("web", 1, "echo one; exec sleep 1000")
    stream = backend.logs(Address(project.name, "web", "1"), follow=True)
    assert [line.raw for line in until(stream, b"one")] == [b"one"]
    first.rename(f"{project.name}-web-1-old")
    second = project.start("web", 1, "echo two; exec sleep 1000", ending="-next")
    second.rename(f"{project.name}-web-1")
    assert [line.source for line in until(stream, b"two")] == [f"{project.name}/web/1"]
    stream.close()


def test_closing_from_another_thread_ends_it(backend: DockerBackend, project: Project) -> None:
    project.start("web", 1, "exec sleep 1000")
    stream = backend.logs(Address(project.name), follow=True)
    reader = threading.Thread(target=read, args=(stream,))
    reader.start()
    stream.close()
    reader.join(10)
    assert not reader.is_alive()


def test_closing_the_backend_ends_it_without_an_error(backend: DockerBackend, project: Project) -> None:
    project.start("web", 1, "echo up; exec sleep 1000")
    stream = backend.logs(Address(project.name), follow=True)
    until(stream, b"up")
    backend.close()
    assert read(stream) == []


@pytest.mark.parametrize("follow", [False, True])
def test_what_is_not_there_is_said(backend: DockerBackend, follow: bool) -> None:
    with pytest.raises(NotFound, match="there is no such instance"):
        backend.logs(Address("nowhere", "web", "1"), follow=follow)


def test_an_engine_that_is_gone_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no.sock")
    with pytest.raises(Unreachable):
        open_backend().logs(Address("shop"))
