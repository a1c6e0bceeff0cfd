"""Images built from a folder: sent to the engine as an archive, and only when something in it changed."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import IO

from tuienv.backends.base import Invalid
from tuienv.backends.docker.following import SILENCE, follow
from tuienv.backends.docker.job import Job
from tuienv.backends.docker.options import text_option
from tuienv.model import LayerSpec

_DOCKERFILE = "Dockerfile"


def build_image(job: Job, spec: LayerSpec) -> str:
    """Build the image of a layer and return its name, ``shop-web:3f2a…``: the tag says what it was built from, so
    that a folder in which nothing changed builds nothing.

    Raises `Invalid` if there is no such folder or the build fails, with the failing step's own words.
    """
    folder = Path(job.inputs.directory, spec.build)
    dockerfile, target = text_option(spec, "dockerfile", _DOCKERFILE), text_option(spec, "target")
    files = context_files(folder, dockerfile, str(job.address))
    name = f"{job.address.environment}-{spec.name}:{content_hash(folder, files, dockerfile, target)}"
    if not job.has_image(name):
        job.say(f"build {name} from {spec.build}")
        with tempfile.TemporaryFile() as packed:
            pack(folder, files, packed)
            _build(job, name, packed, dockerfile, target)
        job.check_image("build", name)
    return name


def _build(job: Job, name: str, packed: IO[bytes], dockerfile: str, target: str) -> None:
    params: dict[str, object] = {"t": name, "dockerfile": dockerfile, "rm": True, "forcerm": True}
    if target:
        params["target"] = target
    stream = job.client.stream(
        "/build",
        params,
        tried="build",
        target=name,
        method="POST",
        body=packed,
        headers={"Content-Type": "application/x-tar"},
        timeout=SILENCE,
    )
    follow(job, stream, f"build {name}", name)


def context_files(folder: Path, dockerfile: str, target: str) -> list[str]:
    """What is sent: everything in the folder but what its ``.dockerignore`` names, relative and sorted."""
    from docker.utils.build import exclude_paths

    if not (folder / dockerfile).is_file():
        raise Invalid("build", target, f"there is no {dockerfile} in {folder}", "Mend `build:` in the file.")
    try:
        ignored = (folder / ".dockerignore").read_text("utf-8").splitlines()
    except FileNotFoundError:
        ignored = []
    patterns = [line.strip() for line in ignored if line.strip() and not line.startswith("#")]
    return sorted(exclude_paths(str(folder), patterns, dockerfile=dockerfile))


def content_hash(folder: Path, files: list[str], dockerfile: str, target: str) -> str:
    """Twelve digits that follow from the names, modes and contents of the files, and from nothing else: times and
    owners differ from one checkout to the next."""
    digest = hashlib.sha256(f"{dockerfile}\0{target}\0".encode())
    for name in files:
        path = folder / name
        digest.update(f"{name}\0{path.lstat().st_mode & 0o170111:o}\0".encode(errors="surrogateescape"))
        if path.is_symlink():
            digest.update(str(path.readlink()).encode(errors="surrogateescape"))
        elif path.is_file():
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]


def pack(folder: Path, files: list[str], into: IO[bytes]) -> None:
    """Write the files as a tar archive."""
    from docker.utils.build import create_archive

    create_archive(str(folder), files=files, fileobj=into)
