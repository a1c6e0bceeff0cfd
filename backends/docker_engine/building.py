"""Images built from a folder: sent to the engine as an archive, and only when something in it changed."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tuienv.backends.base import Invalid, Steps
from tuienv.backends.docker_engine.client import Client
from tuienv.backends.docker_engine.following import BUILD_SILENCE, SILENCE, follow
from tuienv.backends.docker_engine.images import check_image, find_image, short
from tuienv.context import contents, context_files
from tuienv.inside import leads_out
from tuienv.model import LayerSpec

_DOCKERFILE = "Dockerfile"


@dataclass(frozen=True, slots=True)
class Source:
    """What an image is built from: a folder, the files of it that are sent, and how. `written`: the folder as the file
    has it. `platform`: ``linux/amd64``; empty, the engine's own."""

    written: str
    folder: Path
    files: list[str]
    dockerfile: str = _DOCKERFILE
    target: str = ""
    platform: str = ""

    def tag(self, *more: str) -> str:
        """Twelve digits that say what it was built from (and `more`), the same wherever it is built."""
        return contents(self.folder, self.files, self.dockerfile, self.target, *more)


def source_of(directory: str, spec: LayerSpec, options: Mapping[str, object], about: object) -> Source:
    """What the image of a layer is built from. `directory`: where the file stands that names the folder; `options`: the
    layer's ``dockerfile`` and ``target``. Raises `Invalid` where there is nothing to build."""
    if leads_out(Path(directory), spec.build):
        said = f"{spec.build} leads out of the project"
        raise Invalid("build", about, said, "Write a folder inside of it as `build:`.")
    folder, dockerfile = Path(directory, spec.build), str(options.get("dockerfile", _DOCKERFILE))
    if not (folder / dockerfile).is_file():
        raise Invalid("build", about, f"there is no {dockerfile} in {folder}", "Mend `build:` in the file.")
    try:
        files = context_files(folder, dockerfile)
    except OSError as error:
        said = f"{folder} cannot be read ({type(error).__name__})"
        raise Invalid("build", about, said, "May you read all that is in it?") from error
    return Source(spec.build, folder, files, dockerfile, str(options.get("target", "")))


def build_image(client: Client, name: str, source: Source, steps: Steps) -> None:
    """Have the engine have the image `name`. It is built unless it is there: its tag says what it was built from.

    Raises `Invalid` if the build fails, with the failing step's own words and the last lines before them.
    """
    found = find_image(client, name)
    if found is None:
        steps.say(f"build {name} from {source.written}")
        with tempfile.TemporaryFile() as packed:
            pack(source.folder, source.files, packed)
            _build(client, name, packed, source, steps)
        found = check_image(client, "build", name)
    made = f"{found.get('Os')}/{found.get('Architecture')}"
    if source.platform and made != source.platform:
        said = f"it came out for {made}, and {source.platform} was wanted"
        raise Invalid("build", name, said, "Does its base image exist for that platform?")


def _build(client: Client, name: str, packed: IO[bytes], source: Source, steps: Steps) -> None:
    params: dict[str, object] = {"t": name, "dockerfile": source.dockerfile, "rm": True, "forcerm": True}
    if source.target:
        params["target"] = source.target
    if source.platform:
        params["platform"] = source.platform
    stream = client.stream(
        "/build",
        params,
        tried="build",
        target=name,
        method="POST",
        body=packed,
        headers={"Content-Type": "application/x-tar"},
        timeout=SILENCE,
    )
    follow(stream, f"build {short(name)}", name, steps, "Mend what the lines say, then apply again.", BUILD_SILENCE)


def pack(folder: Path, files: list[str], into: IO[bytes]) -> None:
    """Write the files as a tar archive."""
    from docker.utils.build import create_archive

    create_archive(str(folder), files=files, fileobj=into)
