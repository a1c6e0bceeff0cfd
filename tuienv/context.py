"""What an image is built from: the files of a folder that its ``.dockerignore`` lets through, and what they come to.

The rules are those of Docker's reference ("Dockerfile reference", ".dockerignore file"): patterns of Go's
``filepath.Match`` with ``**`` for any number of folders, relative to the folder, the last one that matches decides,
and ``!`` lets through again.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

IGNORE = ".dockerignore"

_MANY = 50_000
"""Files whose digests are remembered as long as they are not written to again."""


@dataclass(frozen=True, slots=True)
class _Rule:
    """One line: which paths it is about, and whether it leaves them out or lets them through."""

    pattern: re.Pattern[str]
    text: str
    leaves_out: bool


def context_files(folder: Path, dockerfile: str) -> list[str]:
    """What a build is given: relative to the folder, sorted; files, links and folders. The Dockerfile and the
    ``.dockerignore`` are always among them. Raises `OSError` for a folder that cannot be read."""
    rules = [*_rules(folder / IGNORE), _rule(f"!{dockerfile}"), _rule(f"!{IGNORE}")]
    return sorted(_walk(folder, "", rules))


def contents(folder: Path, files: list[str], *more: str) -> str:
    """Twelve digits that follow from the names, modes and contents of the files (and from `more`), and from nothing
    else: times and owners differ from one checkout to the next. Raises `OSError`."""
    digest = hashlib.sha256("".join(f"{word}\0" for word in more).encode())
    for name in files:
        path = folder / name
        found = path.lstat()
        digest.update(f"{name}\0{found.st_mode & 0o170111:o}\0".encode(errors="surrogateescape"))
        if path.is_symlink():
            digest.update(str(path.readlink()).encode(errors="surrogateescape"))
        elif path.is_file():
            digest.update(_digest(str(path), found.st_mtime_ns, found.st_size, found.st_ino))
    return digest.hexdigest()[:12]


@lru_cache(_MANY)
def _digest(path: str, modified: int, size: int, inode: int) -> bytes:
    """Of one file, as long as it is the same."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _walk(folder: Path, below: str, rules: list[_Rule]) -> Iterator[str]:
    with os.scandir(folder / below) as found:
        for entry in found:
            path = f"{below}{entry.name}"
            left_out = _is_left_out(path, rules)
            if not left_out:
                yield path
            if entry.is_dir(follow_symlinks=False) and not (left_out and _all_below(path, rules)):
                yield from _walk(folder, f"{path}/", rules)


def _is_left_out(path: str, rules: list[_Rule]) -> bool:
    """A path is what the last rule says that matches it, or a folder that it is in."""
    parts = path.split("/")
    paths = ["/".join(parts[:end]) for end in range(len(parts), 0, -1)]
    for rule in reversed(rules):
        if any(rule.pattern.fullmatch(each) for each in paths):
            return rule.leaves_out
    return False


def _all_below(path: str, rules: list[_Rule]) -> bool:
    """Whether nothing below a folder that is left out can be let through again."""
    through = (rule.text for rule in rules if not rule.leaves_out)
    return not any(text.startswith(f"{path}/") or "*" in text.split("/")[0] or "?" in text for text in through)


def _rules(file: Path) -> list[_Rule]:
    try:
        lines = file.read_text("utf-8", errors="surrogateescape").removeprefix("\ufeff").splitlines()
    except FileNotFoundError:
        return []
    words = (line.strip() for line in lines if not line.startswith("#"))
    return [rule for word in words if word and (rule := _rule(word)).text]


def _rule(word: str) -> _Rule:
    leaves_out = not word.startswith("!")
    path = os.path.normpath("/" + word.removeprefix("!").strip()).lstrip("/")
    return _Rule(re.compile(_translate(path), re.DOTALL), path, leaves_out)


def _translate(path: str) -> str:
    """A pattern as a regular expression."""
    found, at = "", 0
    while at < len(path):
        for token, meaning in _TOKENS:
            if match := token.match(path, at):
                found += meaning if isinstance(meaning, str) else meaning(match)
                at = match.end()
                break
    return found


def _class(match: re.Match[str]) -> str:
    """Some characters and ranges. None of them has a meaning of Python's; a range from high to low matches nothing."""
    members = re.sub(r"\\(.)|([^-])", lambda one: re.escape(one[1] or one[2]), match["members"], flags=re.DOTALL)
    written = f"[{'^' if match['not'] else ''}{members}]"
    try:
        re.compile(written)
    except re.error:
        return r"(?!)"
    return written


_TOKENS = (
    (re.compile(r"\*\*/?$"), ".*"),
    (re.compile(r"\*\*/"), "(?:.*/)?"),
    (re.compile(r"\*\*"), ".*"),
    (re.compile(r"\*"), "[^/]*"),
    (re.compile(r"\?"), "[^/]"),
    (re.compile(r"\[(?P<not>\^?)(?P<members>(?:\\.|[^\]\\])+)\]"), _class),
    (re.compile(r"\\(?P<one>.)", re.DOTALL), lambda match: re.escape(match["one"])),
    (re.compile(r".", re.DOTALL), lambda match: re.escape(match[0])),
)
