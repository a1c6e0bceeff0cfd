"""What is shipped is what is in the tree: built, held against the folders, installed and imported."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

TREE = Path(__file__).resolve().parents[1]
LINKS = ("backends", "screens", "themes")


def files_in(folder: str) -> Iterator[str]:
    """The files of a folder of the tree, but for what Python and the editors leave there."""
    for path in sorted((TREE / folder).rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts and not path.is_symlink():
            yield path.relative_to(TREE).as_posix()


def packaged() -> set[str]:
    """The files that the package must have, by their names in it."""
    own = {name for name in files_in("tuienv") if name.split("/")[1] not in LINKS}
    return own | {f"tuienv/{name}" for folder in LINKS for name in files_in(folder)}


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the sdist. The build backend that is installed here makes them: no download."""
    folder = tmp_path_factory.mktemp("built")
    hooks = "build_wheel", "build_sdist"
    program = "import sys; from hatchling import build as b; " + "; ".join(f"b.{hook}(sys.argv[1])" for hook in hooks)
    subprocess.run([sys.executable, "-c", program, str(folder)], cwd=TREE, check=True, capture_output=True)
    return folder


def test_the_links_are_there() -> None:
    for name in LINKS:
        link = TREE / "tuienv" / name
        assert link.is_symlink()
        assert os.readlink(link) == f"../{name}"


def test_the_wheel_has_every_file_once_and_nothing_else(built: Path) -> None:
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        names = [name for name in wheel.namelist() if ".dist-info/" not in name]
    assert len(names) == len(set(names)), "a file is there twice"
    assert set(names) == packaged()


def test_the_wheel_says_that_it_is_typed(built: Path) -> None:
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        assert "tuienv/py.typed" in wheel.namelist()


def test_the_sdist_can_build_the_same(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    assert {name for folder in LINKS for name in files_in(folder)} <= names
    assert {"pyproject.toml", "README.md", "LICENSE"} <= names


def test_the_installed_wheel_runs_from_its_own_files(built: Path, tmp_path: Path) -> None:
    """In an environment of its own, with the libraries of this one; the checkout itself is not on its path."""
    venv.create(tmp_path / "venv", with_pip=False)
    site = next((tmp_path / "venv/lib").glob("python*/site-packages"))
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        wheel.extractall(site)
    libraries = sysconfig.get_path("purelib")
    program = (
        "import sys; sys.path.append(sys.argv[1]); import tuienv.backends.base as base, tuienv.screens; "
        "assert base.load_backend('sandbox'); print(base.__file__)"
    )
    done = subprocess.run(
        [tmp_path / "venv/bin/python", "-c", program, libraries],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(site / "tuienv/backends/base/__init__.py")
