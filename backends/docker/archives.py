"""Tar archives: the way in which files get into a container and out of it, however far away the engine is."""

from __future__ import annotations

import io
import tarfile


def packed(path: str, content: bytes) -> bytes:
    """One file as an archive for the root folder, readable by whoever the container runs as."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        entry = tarfile.TarInfo(path)
        entry.size, entry.mode = len(content), 0o644
        archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def unpacked(archive: bytes) -> bytes:
    """The content of the only file in an archive; nothing if there is none."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as members:
        for entry in members:
            if (file := members.extractfile(entry)) is not None:
                return file.read()
    return b""


def rerooted(archive: bytes, path: str) -> bytes:
    """The engine's archive of one file, in which it stands without its folder, as one for the root folder."""
    return packed(path, unpacked(archive))
