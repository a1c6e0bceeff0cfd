"""The environment file: found, read, checked, and every mistake in it explained with its line.

`read` and `load` give `tuienv.model.EnvironmentSpec` or raise `SpecError`; nothing is contacted and nothing changed.
The rooms: `shape` says which keys there are, `kinds` which layers take them, `units` what single values mean, `rules`
what must hold between them, `references` and `circles` how layers need each other, `explain` puts it into words.
"""

from tuienv.source import Mistake
from tuienv.spec.built import with_contents
from tuienv.spec.files import find, load
from tuienv.spec.reading import SpecError, read
from tuienv.spec.schema import schema

__all__ = ["Mistake", "SpecError", "find", "load", "read", "schema", "with_contents"]
