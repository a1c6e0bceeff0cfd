"""Where environment files are found, and how one is read from disk."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING

from tuienv.model import EnvironmentSpec

if TYPE_CHECKING:
    from tuienv.source import Mistake

FILE = "tuienv.yaml"
FOLDER = "environments"


def find(directory: Path, config: Path) -> list[Path]:
    """The environment files: ``tuienv.yaml`` in the directory, ``environments/*.yaml`` in it, and the same two in
    the user's config folder. In this order, each sorted by name, each once."""
    found = [path for folder in (directory, config) for path in _files(folder)]
    return list({path.resolve(): path for path in reversed(found)}.values())[::-1]


def _files(folder: Path) -> list[Path]:
    own: list[Path] = []
    try:
        own += [folder / FILE] if (folder / FILE).is_file() else []
        return own + sorted(path for path in (folder / FOLDER).glob("*.yaml") if path.is_file())
    except OSError:  # a folder that may not be read has no files for us
        return own


def load(
    path: Path,
    *,
    has_secret: Callable[[str], bool] | None = None,
    known_backends: Collection[str] | None = None,
) -> list[EnvironmentSpec]:
    """The environments of a file; see `read`. A file that cannot be read at all is a `SpecError` too."""
    # Here, since finding no file must not cost what reading one does.
    from tuienv.source import MOST_BYTES, Mistake
    from tuienv.spec.reading import SpecError, read

    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
        text = raw.decode("utf-8", "strict" if len(raw) <= MOST_BYTES else "ignore")
    except OSError as error:
        raise SpecError([Mistake(str(path), 1, 1, f"the file cannot be read: {error.strerror}")]) from None
    except UnicodeDecodeError as error:
        raise SpecError([_not_utf8(str(path), raw, error.start)]) from None
    if len(raw) > MOST_BYTES:
        raise SpecError([Mistake(str(path), 1, 1, f"the file is too big: at most {MOST_BYTES // 1024} KiB are read")])
    return read(text, str(path), has_secret=has_secret, known_backends=known_backends, folder=path.parent)


def _not_utf8(source: str, raw: bytes, start: int) -> Mistake:
    from tuienv.source import Mistake

    before = raw[:start].decode("utf-8")
    line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
    return Mistake(source, line, column, f"the byte 0x{raw[start]:02x} is no UTF-8: save the file as UTF-8")
