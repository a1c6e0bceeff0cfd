"""Source code as the tarball that a build takes."""

from __future__ import annotations

import gzip
import io
import json
import shlex
import tarfile
from collections.abc import Sequence
from pathlib import Path

from tuienv.backends.base import Invalid
from tuienv.model import Address

MANIFEST = "heroku.yml"
LEFT_OUT = frozenset({".git", "__pycache__", "node_modules", ".venv"})
"""What no build needs, and what would make every tarball another."""


def folder_archive(folder: Path, process: str, command: Sequence[str], address: Address) -> bytes:
    """A gzipped tarball of a folder: the same for the same files. With a Dockerfile it gets a `heroku.yml` that builds
    it, unless it has one. Raises `Invalid` if it is no folder."""
    if not folder.is_dir():
        raise Invalid("build", address, f"there is no folder {folder}", "Mend build: in the file.")
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder)
            if LEFT_OUT.intersection(name.parts):
                continue
            if path.is_symlink():
                _link(archive, str(name), str(path.readlink()))
            elif path.is_file():
                _add(archive, str(name), path.read_bytes(), 0o755 if path.stat().st_mode & 0o100 else 0o644)
        if has_dockerfile(folder) and not (folder / MANIFEST).exists():
            _add(archive, MANIFEST, _manifest(process, command), 0o644)
    return gzip.compress(raw.getvalue(), mtime=0)


def has_dockerfile(folder: Path) -> bool:
    return (folder / "Dockerfile").is_file()


def _manifest(process: str, command: Sequence[str]) -> bytes:
    """JSON is YAML."""
    run = {"run": {process: shlex.join(command)}} if command else {}
    return json.dumps({"build": {"docker": {process: "Dockerfile"}}, **run}).encode()


def _link(archive: tarfile.TarFile, name: str, leads_to: str) -> None:
    """A link stays a link: what it leads to on this machine may be nobody else's business."""
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = tarfile.SYMTYPE, leads_to
    archive.addfile(entry)


def _add(archive: tarfile.TarFile, name: str, data: bytes, mode: int) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(data), mode
    archive.addfile(entry, io.BytesIO(data))
