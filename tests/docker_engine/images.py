"""The images that the tests run, put on an engine.

No registry is asked: what an engine does not have is made from Debian packages, under the official image's name, with
its variables, user, paths and signals. An official image that is already there is used as it is.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import docker
from docker.errors import BuildError, ImageNotFound

from tests.docker_engine.machine import Unavailable
from tests.docker_engine.rootfs import recipe, tarball

BASE = "tuienv-test/debian:12"
PAUSE = "tuienv-test/pause:1"
STAND_INS = {
    "haproxy:2.6": "haproxy",
    "postgres:15": "postgres",
    "python:3.11-slim": "python",
    "redis:7": "redis",
    PAUSE: "pause",
}
FOLDER = Path(__file__).resolve().parent / "stand_ins"
# On every image that was made here: the digest of what it was made from.
LABEL = "tuienv-test.stand-in"


def put(client: docker.DockerClient, names: Iterable[str] = STAND_INS) -> list[str]:
    """Put the named images on the engine, and return those that had to be made. Raises `Unavailable`."""
    wanted = [name for name in names if not is_there(client, name, digest(name))]
    if wanted and not is_there(client, BASE, recipe()):
        import_base(client)
    for name in wanted:
        build(client, name, packed(FOLDER / STAND_INS[name]), {LABEL: digest(name)})
    return wanted


def digest(name: str) -> str:
    """What a stand-in is made from, as a short digest: the packages below it and the files of its own."""
    made_from = hashlib.sha256(recipe().encode())
    for path in sorted((FOLDER / STAND_INS[name]).iterdir()):
        made_from.update(path.name.encode() + b"\0" + path.read_bytes())
    return made_from.hexdigest()[:12]


def is_there(client: docker.DockerClient, name: str, wanted: str) -> bool:
    """Whether the engine has this image: the official one, or a stand-in made from what we have today."""
    try:
        image = client.images.get(name)
    except ImageNotFound:
        return False
    return bool(image.labels.get(LABEL, wanted) == wanted)


def import_base(client: docker.DockerClient) -> None:
    """Import the root file system that all stand-ins share."""
    repository, tag = BASE.split(":")
    changes = [f"LABEL {LABEL}={recipe()}"]
    client.api.import_image_from_file(str(tarball()), repository=repository, tag=tag, changes=changes)


def build_app(
    client: docker.DockerClient,
    name: str,
    files: Mapping[str, str],
    *,
    base: str = "python:3.11-slim",
    command: list[str] | None = None,
    instructions: Iterable[str] = (),
) -> str:
    """Build the image `name`: `files` (path → text) in /app over `base`, started by `command`. Returns its id.

    `instructions` are further lines of the Dockerfile, put before the command.
    """
    lines = [f"FROM {base}", "WORKDIR /app", "COPY . /app", *instructions]
    if command is not None:
        lines.append(f"CMD {quoted(command)}")
    return build(client, name, archive({**files, "Dockerfile": "\n".join(lines) + "\n"}))


def build_folder(client: docker.DockerClient, name: str, folder: Path) -> str:
    """Build the image `name` from a folder with a Dockerfile, such as the sample's `web/`. Returns its id."""
    return build(client, name, packed(folder))


def build(client: docker.DockerClient, name: str, context: io.BytesIO, labels: dict[str, str] | None = None) -> str:
    """Build an image from a tar archive with a Dockerfile. Raises `Unavailable` with what the build said."""
    try:
        image, _ = client.images.build(
            fileobj=context, custom_context=True, tag=name, labels=labels or {}, rm=True, forcerm=True
        )
    except BuildError as error:
        said = "".join(str(line.get("stream", "")) for line in error.build_log if isinstance(line, dict))
        raise Unavailable(f"building {name} failed: {error}\n{said}") from error
    return str(image.id)


def quoted(command: Iterable[str]) -> str:
    """A command in the JSON form that a Dockerfile takes."""
    return json.dumps(list(command))


def packed(folder: Path) -> io.BytesIO:
    """A folder as a tar archive. Times are left out, so that the engine's build cache knows equal files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                add(tar, str(path.relative_to(folder)), path.read_bytes(), path.stat().st_mode & 0o777)
    buffer.seek(0)
    return buffer


def archive(files: Mapping[str, str]) -> io.BytesIO:
    """Texts by path as a tar archive."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path, text in sorted(files.items()):
            add(tar, path, text.encode(), 0o644)
    buffer.seek(0)
    return buffer


def add(tar: tarfile.TarFile, path: str, content: bytes, mode: int) -> None:
    """Add one file to an archive."""
    entry = tarfile.TarInfo(path)
    entry.size, entry.mode = len(content), mode
    tar.addfile(entry, io.BytesIO(content))
