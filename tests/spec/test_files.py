"""Where environment files are found, and files that cannot be read."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from tests.spec.good import GOOD
from tuienv.spec import SpecError, find, load


def put(path: Path, text: str = "x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_files_are_found_in_order_and_once(tmp_path: Path) -> None:
    here, config = tmp_path / "here", tmp_path / "config"
    own = put(here / "tuienv.yaml")
    second, first = put(here / "environments" / "b.yaml"), put(here / "environments" / "a.yaml")
    put(here / "environments" / "notes.txt")
    put(here / "other.yaml")
    users = put(config / "environments" / "c.yaml")
    assert find(here, config) == [own, first, second, users]
    assert find(here, here) == [own, first, second]
    assert find(tmp_path / "none", tmp_path / "none") == []


def test_a_folder_that_may_not_be_entered_has_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = put(tmp_path / "tuienv.yaml")
    put(tmp_path / "config" / "tuienv.yaml")
    looked = Path.stat

    def refused(path: Path, **more: bool) -> os.stat_result:
        if path.parent.name == "config":  # as the kernel answers everybody but root, as whom tests may run
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return looked(path, **more)

    monkeypatch.setattr(Path, "stat", refused)
    assert find(tmp_path, tmp_path / "config") == [own]


def test_a_file_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "api").mkdir()
    [spec] = load(put(tmp_path / "tuienv.yaml", GOOD))
    assert spec.source == str(tmp_path / "tuienv.yaml")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"environment: shop\nname: \xc3\xa9\xff", "2:8: the byte 0xff is no UTF-8: save the file as UTF-8"),
        (b"x" * (2**20 + 1), "1:1: the file is too big: at most 1024 KiB are read"),
        ("é".encode() * 2**19 + b"x", "1:1: the file is too big: at most 1024 KiB are read"),
        (b"x" * 2**20 + "é".encode(), "1:1: the file is too big: at most 1024 KiB are read"),
        (b"", "1:1: there is no environment in this file: begin with environment: NAME"),
    ],
)
def test_a_file_that_cannot_be_read(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "tuienv.yaml"
    path.write_bytes(content)
    with pytest.raises(SpecError) as caught:
        load(path)
    assert str(caught.value) == f"{path}:{said}"


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=f"1:1: the file cannot be read: {os.strerror(2)}"):
        load(tmp_path / "tuienv.yaml")


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    path = tmp_path / "tuienv.yaml"
    path.write_bytes(b"\xef\xbb\xbfenvironment: a\nbackend: docker\nlayers: {c: {kind: cache}}\n")
    assert [spec.name for spec in load(path)] == ["a"]
