"""Paths that an environment file names, kept inside of the project that the file belongs to.

An environment file may come from somebody else. What it names is read on this machine and sent to a provider, so it
must not lead to what has nothing to do with it: by ``..``, by an absolute path, or by a symbolic link.
"""

from __future__ import annotations

from pathlib import Path

FOLDER = "environments"
"""Files in a folder of this name belong to the project around it."""


def project_of(directory: Path) -> Path:
    """The folder of the project that an environment file in `directory` belongs to, links resolved."""
    found = directory.resolve()
    return found.parent if found.name == FOLDER else found


def leads_out(directory: Path, written: str | Path) -> bool:
    """Whether a path that a file in `directory` names leads out of its project."""
    try:
        return not (directory / written).resolve().is_relative_to(project_of(directory))
    except (OSError, RuntimeError, ValueError):  # a circle of links, or nothing that is a path
        return True
