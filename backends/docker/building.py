"""Images built from a folder: sent to the engine as an archive, and only when something in it changed."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import IO

from tuienv.backends.base import Invalid
from tuienv.backends.docker.following import SILENCE, follow
from tuienv.backends.docker.job import Job
from tuienv.backends.docker.options import text_option
from tuienv.context import contents, context_files
from tuienv.inside import leads_out
from tuienv.model import LayerSpec

_DOCKERFILE = "Dockerfile"


def build_image(job: Job, spec: LayerSpec) -> str:
    """Build the image of a layer and return its name, ``shop-web:3f2a…``: the tag says what it was built from, so
    that a folder in which nothing changed builds nothing.

    Raises `Invalid` if there is no such folder or the build fails, with the failing step's own words.
    """
    if leads_out(Path(job.inputs.directory), spec.build):
        said = f"{spec.build} leads out of the project"
        raise Invalid("build", str(job.address), said, "Write a folder inside of it as `build:`.")
    folder = Path(job.inputs.directory, spec.build)
    dockerfile, target = text_option(spec, "dockerfile", _DOCKERFILE), text_option(spec, "target")
    files = _context(folder, dockerfile, str(job.address))
    name = f"{job.address.environment}-{spec.name}:{contents(folder, files, dockerfile, target)}"
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


def _context(folder: Path, dockerfile: str, target: str) -> list[str]:
    """What is sent; see `tuienv.context.context_files`. Raises `Invalid` where there is nothing to build."""
    if not (folder / dockerfile).is_file():
        raise Invalid("build", target, f"there is no {dockerfile} in {folder}", "Mend `build:` in the file.")
    return context_files(folder, dockerfile)


def pack(folder: Path, files: list[str], into: IO[bytes]) -> None:
    """Write the files as a tar archive."""
    from docker.utils.build import create_archive

    create_archive(str(folder), files=files, fileobj=into)
