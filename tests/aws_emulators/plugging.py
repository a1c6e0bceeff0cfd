"""The plugin that stands in for AWS's, on the search path."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.aws_emulators import plugin
from tuienv.backends.aws.plugin import PROGRAM


def install(folder: Path, version: str = plugin.VERSION) -> None:
    """Into this folder, as that version."""
    source = Path(plugin.__file__).read_text().replace(plugin.VERSION, version)
    path = folder / PROGRAM
    path.write_text(f"#!{sys.executable} -IS\n{source}")
    path.chmod(0o755)


@contextmanager
def installed() -> Iterator[None]:
    """Ahead of a real one, should there be one."""
    before = os.environ["PATH"]
    with TemporaryDirectory(prefix="tuienv-test-plugin-") as folder:
        install(Path(folder))
        os.environ["PATH"] = f"{folder}{os.pathsep}{before}"
        try:
            yield
        finally:
            os.environ["PATH"] = before
