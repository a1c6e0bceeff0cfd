"""Where everything of ours is kept, and what a person has set in ``settings.yaml``.

Imported by every process at its start, so it imports next to nothing itself: YAML only once a settings file exists.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tuienv.source import Node, Source

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
    def frame(self) -> Path:
        """What the screen showed last, for its first frame."""
        return self.cache / "frame.json"


def paths() -> Paths:
    """The folders of this user: below ``TUIENV_HOME`` if that is set, else where the platform keeps such things."""
    home = os.environ.get(HOME_VARIABLE)
    if home:
        root = Path(home).expanduser().absolute()
        return Paths(root / "config", root / "data", root / "cache", root / "state")
    from platformdirs import PlatformDirs

    dirs = PlatformDirs("tuienv", appauthor=False)
    return Paths(dirs.user_config_path, dirs.user_data_path, dirs.user_cache_path, dirs.user_state_path)


def private_folder(folder: Path) -> Path:
    """The folder, made if need be so that nobody else can look into it (0700). Raises `OSError`."""
    if not folder.is_dir():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)  # mkdir's mode goes through the umask
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
class Settings:
    """What a person has set. `mistakes`: one ``file:line:column: …`` for each thing that was left out because it is
    wrong; the rest of the file counts.

    `theme`: a theme's name, empty for the default one. `keymap`: the keys of an action, by its name, as Textual
    writes them: ``ctrl+l,f5``. `log_tail`: lines of each instance that an opened log begins with.
    """

    theme: str = ""
    keymap: Mapping[str, str] = field(default_factory=dict)
    log_tail: int = 1000
    mistakes: tuple[str, ...] = ()


def read_settings(file: Path | None = None, *, themes: Collection[str] = (), actions: Collection[str] = ()) -> Settings:
    """The settings of this user, or of that file; the defaults if there is none.

    `themes` and `actions` are the names that exist; without them any name is taken. Never raises: a file that cannot
    be read is a mistake too.
    """
    file = file or paths().settings
    try:
        text = file.read_text("utf-8")
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeDecodeError) as error:
        why = "is no UTF-8" if isinstance(error, UnicodeDecodeError) else error.strerror
        return Settings(mistakes=(f"{file}:1:1: the settings cannot be read: {why}",))
    return parse_settings(text, str(file), themes=themes, actions=actions)


def parse_settings(text: str, source: str, *, themes: Collection[str] = (), actions: Collection[str] = ()) -> Settings:
    """As `read_settings`, from a text; `source` names it in messages."""
    from tuienv.source import Source

    return _Reader(Source(source, text), themes, actions).settings()


class _Reader:
    """Takes what is right from a settings file and notes what is not."""

    def __init__(self, source: Source, themes: Collection[str], actions: Collection[str]) -> None:
        self._source, self._themes, self._actions = source, sorted(themes), sorted(actions)

    def settings(self) -> Settings:
        documents = self._source.documents()
        found = self._entries(documents[0], ["theme", "keymap", "logs"]) if documents else {}
        theme = self._theme(found["theme"]) if "theme" in found else ""
        keymap = self._keymap(found["keymap"]) if "keymap" in found else {}
        tail = self._logs(found["logs"]) if "logs" in found else Settings().log_tail
        return Settings(theme, keymap, tail, tuple(map(str, sorted(self._source.mistakes))))

    def _entries(self, node: Node, known: list[str]) -> dict[str, Node]:
        """The values of a mapping whose keys are known; with an empty `known`, any key is."""
        from tuienv.source import Mapping as Entries
        from tuienv.source import suggestion

        if not isinstance(node, Entries):
            self._source.add(node.place, f"here must be keys and values, such as {(known or ['logs'])[0]}: …")
            return {}
        for key, entry in node.entries.items():
            if known and key not in known:
                self._source.add(entry.place, f"unknown key {key!r}: {suggestion(key, known)}")
        return {key: entry.node for key, entry in node.entries.items() if not known or key in known}

    def _theme(self, node: Node) -> str:
        from tuienv.source import data, suggestion

        name = data(node)
        if isinstance(name, str) and (not self._themes or name in self._themes):
            return name
        hint = suggestion(name, self._themes) if isinstance(name, str) else "write a theme's name"
        self._source.add(node.place, f"there is no such theme: {hint}")
        return ""

    def _logs(self, node: Node) -> int:
        from tuienv.source import data

        tail = self._entries(node, ["tail"]).get("tail")
        lines = Settings().log_tail if tail is None else data(tail)
        if isinstance(lines, int) and not isinstance(lines, bool) and 0 <= lines <= 1_000_000:
            return lines
        self._source.add((tail or node).place, "tail is a number of lines between 0 and 1000000, such as 1000")
        return Settings().log_tail

    def _keymap(self, node: Node) -> dict[str, str]:
        keymap: dict[str, str] = {}
        taken: dict[str, str] = {}
        for action, keys_node in self._entries(node, self._actions).items():
            keys = [key for key in self._keys(keys_node) if self._is_free(key, action, taken, keys_node)]
            taken.update(dict.fromkeys(keys, action))
            if keys:
                keymap[action] = ",".join(keys)
        return keymap

    def _keys(self, node: Node) -> list[str]:
        """The keys of one action: ``l``, ``ctrl+l, f5`` or a list of them."""
        from tuienv.source import data

        value = data(node)
        keys = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else []
        names = [str(key).strip() for key in keys if isinstance(key, str | int)]
        if names and all(names) and len(names) == len(keys) and not any(" " in name for name in names):
            return names
        self._source.add(node.place, "here must be a key or a list of keys, such as ctrl+l or [l, f5]")
        return []

    def _is_free(self, key: str, action: str, taken: Mapping[str, str], node: Node) -> bool:
        if key in taken:
            self._source.add(node.place, f"the key {key!r} is taken by {taken[key]!r}: choose another for {action!r}")
        return key not in taken
