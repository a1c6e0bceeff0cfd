"""The environment files: read at the start and again when one of them changes, comes or goes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tuienv.model import EnvironmentSpec

Signature = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class Declaration:
    """What all files together say. `mistakes`: one ``file:line:column: …`` each; the good files still count."""

    specs: tuple[EnvironmentSpec, ...] = ()
    mistakes: tuple[str, ...] = ()


class Files:
    """Where environment files are: those named, or else those that are found."""

    def __init__(self, directory: Path, config: Path, named: Sequence[str] = ()) -> None:
        self._directory, self._config = directory, config
        self._named = tuple(directory / name for name in named)

    def paths(self) -> list[Path]:
        from tuienv.spec import find

        return list(self._named) or find(self._directory, self._config)

    def signature(self) -> Signature:
        """Differs when a file changed, came or went. Costs a few `stat` calls."""
        return tuple(_stamp(path) for path in self.paths())

    def read(self) -> Declaration:
        """Read them all. A name that two files declare is a mistake of the second."""
        specs: dict[str, EnvironmentSpec] = {}
        mistakes: list[str] = []
        for path in self.paths():
            found, wrong = _load(path)
            mistakes += wrong
            for spec in found:
                first = specs.setdefault(spec.name, spec)
                if first is not spec:
                    mistakes.append(f"{spec.source}:1:1: environment {spec.name!r} is declared in {first.source} too")
        return Declaration(tuple(specs.values()), tuple(mistakes))


def _stamp(path: Path) -> tuple[str, int, int]:
    try:
        found = path.stat()
    except OSError:
        return str(path), 0, -1
    return str(path), found.st_mtime_ns, found.st_size


def _load(path: Path) -> tuple[list[EnvironmentSpec], list[str]]:
    from tuienv.backends.base import backend_names
    from tuienv.credentials import has_secret
    from tuienv.spec import SpecError, load

    try:
        return load(path, has_secret=has_secret, known_backends=backend_names()), []
    except SpecError as error:
        return [], [str(mistake) for mistake in error.mistakes]
    except OSError as error:
        return [], [f"{path}:1:1: it cannot be read: {error.strerror}"]


class FileWatcher:
    """Reads the files in a thread of its own, and again when they change."""

    def __init__(self, files: Files, take: Callable[[Declaration], None], every: float) -> None:
        self._files, self._take, self._every = files, take, every
        self._closed = threading.Event()
        self._seen: Signature | None = None

    def start(self, after: threading.Event | None = None, at_most: float = 0.5) -> None:
        """Begin once `after` is set, at the latest `at_most` seconds from now: reading the first file imports much,
        and a provider's first answer is worth more."""
        threading.Thread(target=self._run, args=(after, at_most), name="files", daemon=True).start()

    def again(self) -> None:
        """Read them soon, even if none has changed: what one was refused for may be there now (a secret, a folder)."""
        self._seen = None

    def close(self) -> None:
        self._closed.set()

    def _run(self, after: threading.Event | None, at_most: float) -> None:
        if after is not None:
            after.wait(at_most)
        while True:
            now = self._files.signature()
            if now != self._seen:
                self._seen = now
                self._take(self._files.read())
            if self._closed.wait(self._every):
                return
