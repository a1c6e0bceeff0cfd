"""The environment file: found, read, checked, and every mistake in it explained with its line.

`read` and `load` give `tuienv.model.EnvironmentSpec` or raise `SpecError`; nothing is contacted and nothing changed.
The rooms: `shape` says which keys there are, `kinds` which layers take them, `units` what single values mean, `rules`
what must hold between them, `references` and `circles` how layers need each other, `explain` puts it into words.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tuienv.source import Mistake
    from tuienv.spec.built import with_contents
    from tuienv.spec.files import find, load
    from tuienv.spec.reading import SpecError, read
    from tuienv.spec.schema import schema

else:
    _HOMES = {
        "Mistake": "tuienv.source",
        "SpecError": "tuienv.spec.reading",
        "find": "tuienv.spec.files",
        "load": "tuienv.spec.files",
        "read": "tuienv.spec.reading",
        "schema": "tuienv.spec.schema",
        "with_contents": "tuienv.spec.built",
    }

    def __getattr__(name: str) -> object:
        """Import the readers when a file is read: pydantic and YAML take longer than most commands on what no file
        declares."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = globals()[name] = getattr(import_module(_HOMES[name]), name)
        return found


__all__ = ["Mistake", "SpecError", "find", "load", "read", "schema", "with_contents"]
