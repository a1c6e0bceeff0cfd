"""Folders that a measurement begins empty with. They go when the bench ends."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

_ALL = TemporaryDirectory(prefix="tuienv-bench-")


def empty_folder() -> Path:
    """A new one, which nobody else uses."""
    return Path(mkdtemp(dir=_ALL.name))
