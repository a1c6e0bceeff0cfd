"""What an environment file, an archive, a theme or a keymap names leads nowhere but where it may."""

from __future__ import annotations

import io
import os
import stat
import tarfile
from pathlib import Path

import pytest

from tuienv.backends.docker.archives import unpacked
from tuienv.backends.docker_engine.building import pack
from tuienv.backends.heroku.sources import folder_archive
from tuienv.cli import run
from tuienv.context import context_files
from tuienv.inside import leads_out
from tuienv.model import Address
from tuienv.screens import themes
from tuienv.settings import paths, read_settings
from tuienv.source import MOST_BYTES
from tuienv.spec import SpecError, load

OUTSIDE = "what is kept outside of the project"
FILE = """\
environment: shop
backend: sandbox
layers:
  web: {{kind: app, build: {build}, port: 8000}}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with ways out of it, and something outside that must not get in."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_text(OUTSIDE)
    (tmp_path / "outside" / "Dockerfile").write_text("FROM scratch")
    folder = tmp_path / "project"
    (folder / "web").mkdir(parents=True)
    (folder / "web" / "Dockerfile").write_text("FROM scratch")
    (folder / "web" / "secret").symlink_to(tmp_path / "outside" / "secret")
    (folder / "web" / "more").symlink_to(tmp_path / "outside", target_is_directory=True)
    (folder / "way-out").symlink_to(tmp_path / "outside", target_is_directory=True)
    (folder / "circle").symlink_to(folder / "circle")
    (folder / "environments").mkdir()
    return folder


@pytest.mark.parametrize("written", ["../outside", "../../etc", "web/../../outside", "way-out", "web/more", "circle"])
def test_a_build_that_leads_out_of_the_project_is_refused_with_its_place(project: Path, written: str) -> None:
    assert leads_out(project, written)
    file = project / "tuienv.yaml"
    file.write_text(FILE.format(build=written))
    with pytest.raises(SpecError) as refused:
        load(file)
    assert f"{file}:4:" in str(refused.value)
    assert "leads out of the project" in str(refused.value)


@pytest.mark.parametrize("written", ["web", "./web", "web/../web", "."])
def test_a_build_inside_is_fine(project: Path, written: str) -> None:
    assert not leads_out(project, written)


def test_files_in_the_folder_for_them_belong_to_the_project_around_it(project: Path) -> None:
    file = project / "environments" / "prod.yaml"
    file.write_text(FILE.format(build="../web"))
    assert load(file)
    file.write_text(FILE.format(build="../../outside"))
    with pytest.raises(SpecError):
        load(file)


def test_a_link_in_a_build_context_stays_a_link(project: Path) -> None:
    folder = project / "web"
    packed = io.BytesIO()
    pack(folder, context_files(folder, "Dockerfile"), packed)
    assert_only_links(packed.getvalue())
    assert_only_links(folder_archive(folder, "web", (), Address("shop", "web")))


def assert_only_links(archive: bytes) -> None:
    with tarfile.open(fileobj=io.BytesIO(archive)) as members:
        found = {member.name: member for member in members}
        assert found["secret"].issym()
        assert found["more"].issym()
        contents = [members.extractfile(member) for member in found.values() if member.isfile()]
        assert not any(OUTSIDE.encode() in content.read() for content in contents if content is not None)


@pytest.mark.parametrize("name", ["/etc/passwd", "../../etc/passwd"])
def test_an_archive_from_a_provider_is_never_written_to_disk(tmp_path: Path, name: str) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = 4
        archive.addfile(entry, io.BytesIO(b"evil"))
    before = sorted(tmp_path.rglob("*"))
    assert unpacked(buffer.getvalue()) == b"evil"
    assert sorted(tmp_path.rglob("*")) == before


BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{one}: &{one} [{', '.join([f'*{before}'] * 10)}]\n" for before, one in zip("abcdefgh", "bcdefghi", strict=True)
)
DEEP = "[" * 100_000


@pytest.mark.parametrize(
    "content",
    [BOMB, DEEP, "x" * (MOST_BYTES + 1), "!!python/object/apply:os.system [id]", "name: !!python/name:os.system"],
    ids=["aliases", "depth", "size", "a call", "a name"],
)
def test_no_yaml_file_makes_us_do_more_than_read_it(tmp_path: Path, content: str) -> None:
    folder = tmp_path / "themes"
    folder.mkdir()
    (folder / "evil.yaml").write_text(content)
    found = themes.load((folder,))
    assert found.themes == ()
    assert len(found.mistakes) == 1
    paths().config.mkdir(parents=True)
    paths().settings.write_text(content)
    assert read_settings().mistakes
    (tmp_path / "tuienv.yaml").write_text(content)
    with pytest.raises(SpecError):
        load(tmp_path / "tuienv.yaml")


@pytest.mark.parametrize("to", ["/dev/zero", "/dev/stdin", "/proc/self/mem"])
def test_a_link_to_a_device_is_not_read(tmp_path: Path, to: str) -> None:
    folder = tmp_path / "themes"
    folder.mkdir()
    (folder / "evil.yaml").symlink_to(to)
    paths().config.mkdir(parents=True)
    paths().settings.symlink_to(to)
    found = themes.load((folder,))
    assert (found.themes, len(found.mistakes)) == ((), 1)
    assert read_settings().mistakes


def test_a_pipe_in_place_of_a_file_holds_nobody_up(tmp_path: Path) -> None:
    folder = tmp_path / "themes"
    folder.mkdir()
    os.mkfifo(folder / "evil.yaml")
    paths().config.mkdir(parents=True)
    os.mkfifo(paths().settings)
    assert len(themes.load((folder,)).mistakes) == 1
    assert read_settings().mistakes


def test_whatever_we_write_is_for_its_owner_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUIENV_SANDBOX", "empty:latency=0,speed=50")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tuienv.yaml").write_text(FILE.format(build=".").replace("build: .", "image: shop:1"))
    before = os.umask(0)
    try:
        assert run(["apply", "shop", "--yes"]) == 0
        assert run(["credentials", "use", "sandbox", "visitor", "--yes"]) == 0
    finally:
        os.umask(before)
    written = list(paths().state.parent.rglob("*"))
    assert {path.name for path in written} >= {"journal.db", "profiles.json", "state"}
    for path in written:
        allowed = stat.S_IRWXU if path.is_dir() else stat.S_IRUSR | stat.S_IWUSR
        assert stat.S_IMODE(path.stat().st_mode) & ~allowed == 0, path
