"""Where everything of ours is kept, and what a person has set in ``settings.yaml``.

Imported by every process at its start, so it imports next to nothing itself: YAML only once a settings file exists.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tuienv.source import Node, Source

KEYS = ["theme", "keymap", "read_only", "allow", "journal"]
_RULES = ["read_only", "allow"]
"""The keys that say what may be changed."""

HOME_VARIABLE = "TUIENV_HOME"
"""Names a folder that takes the place of all the platform's own ones."""


@dataclass(frozen=True, slots=True)
class Paths:
    """The folders of ours. None is made before something is written there; see `private_folder`."""

    config: Path
    data: Path
    cache: Path
    state: Path

    @property
    def settings(self) -> Path:
        return self.config / "settings.yaml"

    @property
    def journal(self) -> Path:
        """The record of every change made from this machine (SQLite)."""
        return self.state / "journal.db"

    @property
    def profiles(self) -> Path:
        """Which profiles are used where, and the names of those that we keep. Holds no secret."""
        return self.state / "profiles.json"


def paths() -> Paths:
    """The folders of this user: below ``TUIENV_HOME`` if that is set, else where the platform keeps such things."""
    home = os.environ.get(HOME_VARIABLE)
    if home:
        root = Path(os.path.expanduser(home)).absolute()
        return Paths(root / "config", root / "data", root / "cache", root / "state")
    from platformdirs import PlatformDirs

    dirs = PlatformDirs("tuienv", appauthor=False)
    return Paths(dirs.user_config_path, dirs.user_data_path, dirs.user_cache_path, dirs.user_state_path)


def private_folder(folder: Path) -> Path:
    """The folder, made if need be so that nobody else can look into it (0700), and those above it alike. Raises
    `OSError`."""
    missing = [each for each in (folder, *folder.parents) if not each.is_dir()]
    for each in reversed(missing):
        each.mkdir(mode=0o700, exist_ok=True)  # a umask takes rights away and gives none
    return folder


def private_file(file: Path) -> Path:
    """The file, made empty if need be, in a private folder and readable for its owner alone (0600). Raises
    `OSError`."""
    private_folder(file.parent)
    os.close(os.open(file, os.O_CREAT | os.O_WRONLY, 0o600))
    if file.stat().st_mode & 0o077:
        file.chmod(0o600)
    return file


@dataclass(frozen=True, slots=True)
class Rules:
    """What may be changed from here, as a person has set it. `environments` and `profiles`: patterns of what is
    read-only (``*-production``; ``aws/acme-*``, ``docker``). `allow`: the operations that may be done at all, by their
    names (`tuienv.model.OPERATIONS`); None where nobody said. `mistakes`: what could not be read; then nothing may be
    done, since nobody knows what was meant."""

    environments: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    allow: frozenset[str] | None = None
    mistakes: tuple[str, ...] = ()

    def read_only(self, environment: str, places: Iterable[tuple[str, str]]) -> str:
        """What makes an environment with layers at these (backend, profile) places read-only, and the rule that says
        so: ``shop-production read-only (read_only: environments: *-production)``. Empty where nothing does."""
        for pattern in self.environments:
            if fnmatchcase(environment, pattern):
                return f"{environment} read-only (read_only: environments: {pattern})"
        for backend, profile in places if self.profiles else ():
            for pattern in self.profiles:
                if _covers(pattern, backend, profile):
                    return f"{f'{backend} {profile}'.strip()} read-only (read_only: profiles: {pattern})"
        return ""


def _covers(pattern: str, backend: str, profile: str) -> bool:
    """``aws`` is every profile of it, ``aws/acme-*`` those, ``docker/`` the default one."""
    return fnmatchcase(f"{backend}/{profile}", pattern if "/" in pattern else f"{pattern}/*")


KEEP_DAYS = 400
"""Days that the journal keeps a record, where nobody says: a year, and some to look back at it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a person has set. `mistakes`: one ``file:line:column: …`` for each thing that was left out because it is
    wrong; the rest of the file counts.

    `theme`: a theme's name, empty for the default one. `keymap`: the keys of an action, by its name, as Textual
    writes them: ``ctrl+l,f5``. Whether that theme and those actions exist is known to the screen alone. `rules`: what
    may be changed from here. `keep_days`: days that the journal keeps a record.
    """

    theme: str = ""
    keymap: Mapping[str, str] = field(default_factory=dict)
    rules: Rules = Rules()
    keep_days: int = KEEP_DAYS
    mistakes: tuple[str, ...] = ()


def read_settings(file: Path | None = None) -> Settings:
    """The settings of this user, or of that file; the defaults if there is none.

    Never raises: a file that cannot be read is a mistake too.
    """
    file = file or paths().settings
    try:
        if not file.exists():
            return Settings()
        from tuienv.source import read_bounded

        text = read_bounded(file)
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeDecodeError) as error:
        why = "is no UTF-8" if isinstance(error, UnicodeDecodeError) else error.strerror
        mistakes = (f"{file}:1:1: the settings cannot be read: {why}",)
        return Settings(rules=Rules(mistakes=mistakes), mistakes=mistakes)
    return parse_settings(text, str(file))


def parse_settings(text: str, source: str) -> Settings:
    """As `read_settings`, from a text; `source` names it in messages."""
    from tuienv.source import Source

    page = Source(source, text)
    documents = page.documents()
    found = _entries(documents[0], page, KEYS) if documents else {}
    unread = () if _keys_of(documents[0] if documents else None) else tuple(map(str, sorted(page.mistakes)))
    theme = _theme(found["theme"], page) if "theme" in found else ""
    keymap = _keymap(found["keymap"], page) if "keymap" in found else {}
    keep_days = _keep_days(found["journal"], page) if "journal" in found else KEEP_DAYS
    rules = _rules(found, documents[0] if documents else None, page)
    rules = replace(rules, mistakes=(*unread, *rules.mistakes))
    return Settings(theme, keymap, rules, keep_days, tuple(map(str, sorted(page.mistakes))))


def _entries(node: Node, page: Source, known: list[str]) -> dict[str, Node]:
    """The values of a mapping whose keys are known; with an empty `known`, any key is."""
    from tuienv.source import Mapping as Entries
    from tuienv.source import suggestion

    if not isinstance(node, Entries):
        page.add(node.place, f"here must be keys and values, such as {(known or ['quit'])[0]}: …")
        return {}
    for key, entry in node.entries.items():
        if known and key not in known:
            page.add(entry.place, f"unknown key {key!r}: {suggestion(key, known)}")
    return {key: entry.node for key, entry in node.entries.items() if not known or key in known}


def _rules(found: Mapping[str, Node], whole: Node | None, page: Source) -> Rules:
    """What may be changed. Its mistakes are those of its own keys, and keys that may have been meant for them."""
    from difflib import get_close_matches

    from tuienv.model import OPERATIONS

    before = set(page.mistakes)
    read_only = _entries(found["read_only"], page, ["environments", "profiles"]) if "read_only" in found else {}
    environments, profiles = (_names(read_only.get(key), page) for key in ("environments", "profiles"))
    allow = frozenset(_names(found["allow"], page, OPERATIONS)) if "allow" in found else None
    wrong = [str(mistake) for mistake in sorted(set(page.mistakes) - before)]
    meant = [key for key in _keys_of(whole) if key not in KEYS and get_close_matches(key, _RULES)]
    wrong += [f"{page.name}: the key {key!r} is unknown, and may be a rule" for key in meant]
    return Rules(environments, profiles, allow, tuple(wrong))


def _keys_of(node: Node | None) -> list[str]:
    from tuienv.source import Mapping as Entries

    return list(node.entries) if isinstance(node, Entries) else []


def _names(node: Node | None, page: Source, known: Sequence[str] = ()) -> tuple[str, ...]:
    """A name or a list of names; of the `known` ones, if there are such."""
    from tuienv.source import data, suggestion

    value = data(node) if node is not None else []
    names = [value] if isinstance(value, str) else value if isinstance(value, list) else [None]
    if node is not None and not all(isinstance(name, str) and name for name in names):
        page.add(node.place, "here must be names, such as [shop-production, staging]")
        return ()
    for name in names:
        if node is not None and known and name not in known:
            page.add(node.place, f"there is no operation {name!r}: {suggestion(str(name), list(known))}")
    return tuple(map(str, names))


def _keep_days(node: Node, page: Source) -> int:
    from tuienv.source import data

    days = _entries(node, page, ["keep_days"]).get("keep_days")
    value = data(days) if days is not None else KEEP_DAYS
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    page.add(node.place, "keep_days: must be a number of days, such as 90")
    return KEEP_DAYS


def _theme(node: Node, page: Source) -> str:
    from tuienv.source import data

    name = data(node)
    if isinstance(name, str):
        return name
    page.add(node.place, "theme: must be a theme's name, such as tuienv-dark")
    return ""


def _keymap(node: Node, page: Source) -> dict[str, str]:
    keys = {action: ",".join(_keys(given, page)) for action, given in _entries(node, page, []).items()}
    return {action: written for action, written in keys.items() if written}


def _keys(node: Node, page: Source) -> list[str]:
    """The keys of one action: ``l``, ``ctrl+l, f5`` or a list of them."""
    from tuienv.source import data

    value = data(node)
    keys = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else []
    names = [str(key).strip() for key in keys if isinstance(key, str | int)]
    if names and all(names) and len(names) == len(keys) and not any(" " in name for name in names):
        return names
    page.add(node.place, "here must be a key or a list of keys, such as ctrl+l or [l, f5]")
    return []
