"""The engine's own file of a log gives what the engine would have sent, and nothing but a log."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile
from unittest.mock import patch

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.backends.docker.test_logs_parser import frame
from tuienv.backends.base import Unreachable
from tuienv.backends.docker.logs import kept
from tuienv.backends.docker.logs.containers import READ
from tuienv.backends.docker.logs.frames import LONGEST, Copier
from tuienv.backends.docker.logs.kept import KeptLog, open_kept
from tuienv.backends.docker.starting import Container
from tuienv.model import Address

ADDRESS = Address("shop", "web", "1")
CONTAINER = Container("ab" * 32, ADDRESS)
NAMES = {1: "stdout", 2: "stderr"}
UNIX = "unix:///run/docker.sock"

texts = st.one_of(st.sampled_from(["\x1b[2J", "<&>", '"\\', "\u2028", "\x00", "é", "]},{["]), st.text(max_size=30))
entries = st.lists(
    st.tuples(
        st.sampled_from([1, 2]), texts.map(lambda text: text.replace("\n", " ")), st.sampled_from(["\n", "\n", ""])
    ),
    max_size=30,
)


def line_of(stream: int, text: str) -> bytes:
    entry = {"log": text, "stream": NAMES[stream], "attrs": {"tag": "{}"}, "time": "2026-12-01T04:00:00.123456789Z"}
    return json.dumps(entry, ensure_ascii=len(text) % 2 == 0).encode(errors="replace") + b"\n"


def read(data: bytes, at_once: int = READ) -> bytes:
    with TemporaryFile("w+b", buffering=0) as file, patch.object(kept, "READ", at_once):
        file.write(data)
        file.seek(0)
        parts = list(KeptLog(file, ADDRESS))
    assert all(part.endswith(b"\n") for part in parts)
    return b"".join(parts)


@given(entries, st.integers(1, 3000))
@example([(1, "a", ""), (2, "b", "\n"), (1, "", "\n")], 40)
@example([(1, "a", ""), (1, "b", "")], 10)
def test_a_file_gives_what_the_engine_sends(entries: list[tuple[int, str, str]], at_once: int) -> None:
    written = b"".join(line_of(stream, text + end) for stream, text, end in entries)
    copier = Copier("shop/web/1")
    sent = copier.feed(b"".join(frame(stream, (text + end).encode(errors="replace")) for stream, text, end in entries))
    assert read(written, at_once) == sent + copier.finish()


@given(st.one_of(st.binary(max_size=300), st.text(alphabet='[]{}",:log\n 1', max_size=80).map(str.encode)))
def test_what_is_no_log_is_told_with_its_place(data: bytes) -> None:
    try:
        read(data)
    except Unreachable as error:
        assert "before byte" in str(error)  # noqa: PT017 - most of them are refused, an empty one is not


def test_a_damaged_file_is_read_up_to_the_damage_and_told() -> None:
    log = b"".join(line_of(1, f"line {at}\n") for at in range(5000))
    with TemporaryFile("w+b", buffering=0) as file:
        file.write(log + b"\0" * 10 + b"\n" + log)
        file.seek(0)
        copy = KeptLog(file, ADDRESS)
        assert next(copy).startswith(b"line 0\nline 1\n")
        with pytest.raises(Unreachable, match=r"before byte [\d,]+ of [\d,]+: it is damaged"):
            list(copy)


def test_a_file_without_an_end_of_line_is_not_read_into_memory() -> None:
    with pytest.raises(Unreachable, match="it is damaged"):
        read(b"\0" * (4 * LONGEST))


def test_an_entry_that_is_being_written_is_left_out() -> None:
    whole = line_of(1, "one\n")
    assert read(whole + line_of(1, "two\n")[:20]) == b"one\n"


def test_what_is_written_while_it_is_read_is_left_out() -> None:
    with TemporaryFile("w+b", buffering=0) as file:
        file.write(line_of(1, "one\n"))
        file.seek(0)
        copy = KeptLog(file, ADDRESS)
        os.pwrite(file.fileno(), line_of(1, "two\n"), file.seek(0, os.SEEK_END))
        file.seek(0)
        assert b"".join(copy) == b"one\n"


def test_a_disk_that_fails_is_told() -> None:
    class Failing(BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(5, "Input/output error")

        def fileno(self) -> int:
            return real.fileno()

    with TemporaryFile("w+b", buffering=0) as real:
        real.write(b"12345\n")
        with pytest.raises(Unreachable, match=r"before byte 0 of 6: .*Input/output error"):
            list(KeptLog(Failing(), ADDRESS))


def inspected(path: Path, driver: str = "json-file", **options: str) -> dict[str, object]:
    return {"HostConfig": {"LogConfig": {"Type": driver, "Config": options}}, "LogPath": str(path)}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / f"{CONTAINER.id}-json.log"


def test_a_file_of_an_engine_here_is_read(path: Path) -> None:
    path.write_bytes(line_of(2, "one\n"))
    copy = open_kept(UNIX, CONTAINER, inspected(path))
    assert copy is not None
    assert b"".join(copy) == b"one\n"


@pytest.mark.parametrize(
    ("engine", "driver", "options"),
    [
        ("tcp://10.0.0.1:2376", "json-file", {}),
        ("ssh://ops@far", "json-file", {}),
        (UNIX, "local", {}),
        (UNIX, "json-file", {"max-size": "10m"}),
    ],
)
def test_the_engine_is_asked_where_its_file_is_not_the_whole_log(
    path: Path, engine: str, driver: str, options: dict[str, str]
) -> None:
    path.write_bytes(line_of(2, "one\n"))
    assert open_kept(engine, CONTAINER, inspected(path, driver, **options)) is None


@pytest.mark.parametrize(
    "make",
    [
        lambda path: None,
        lambda path: os.mkfifo(path),
        lambda path: path.mkdir(),
        lambda path: path.symlink_to("/etc/hostname"),
    ],
    ids=["nothing", "pipe", "folder", "link"],
)
def test_the_engine_is_asked_where_there_is_no_such_file(path: Path, make: Callable[[Path], None]) -> None:
    make(path)
    assert open_kept(UNIX, CONTAINER, inspected(path)) is None


def test_a_file_of_another_name_is_not_opened(tmp_path: Path) -> None:
    other = tmp_path / "other.log"
    other.write_bytes(line_of(1, "secret\n"))
    assert open_kept(UNIX, CONTAINER, inspected(other)) is None
