"""A YAML file as a tree that remembers where everything stands, so that every mistake can name its place.

It reads what YAML 1.2's core schema and JSON have in common, plus anchors, aliases and merge keys (``<<``): editors
that check the file by its JSON Schema see the same values. It is built from parser events in a loop, so that no
input, however deep, ends in a `RecursionError`; size, depth and what aliases expand to are bounded. Duplicate keys
and tags are mistakes.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import yaml

from tuienv.text import plain

MOST_BYTES = 2**20
"""A file may have one MiB: far more than an environment needs, little enough to be read at once."""
MOST_VALUES = 50_000
_MOST_OF_A_MESSAGE = 500
MOST_DEPTH = 32


class Place(NamedTuple):
    """Where something stands in a file, both counted from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """One thing that is wrong in a file, with what would be right in its message."""

    source: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.source}:{self.line}:{self.column}: {self.message}"


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value: what it means (`str`, `int`, `float`, `bool` or None), and its text as the file spells it."""

    value: str | int | float | bool | None
    text: str
    place: Place
    size: int = 1
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list. `size` counts the values inside, aliases expanded; `depth` the levels below."""

    items: tuple[Node, ...]
    place: Place
    size: int = 1
    depth: int = 0


class Entry(NamedTuple):
    """One key of a mapping: where the key stands, and its value."""

    place: Place
    node: Node


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys, as the file spells them, and their values."""

    entries: dict[str, Entry]
    place: Place
    size: int = 1
    depth: int = 0


Node = Scalar | Sequence | Mapping


def data(node: Node) -> Any:
    """The values alone, as `json` would give them."""
    if isinstance(node, Mapping):
        return {key: data(entry.node) for key, entry in node.entries.items()}
    return [data(item) for item in node.items] if isinstance(node, Sequence) else node.value


def suggestion(word: str, known: list[str]) -> str:
    """`` did you mean 'x'?`` for a word that is nearly a known one, else which ones are known."""
    near = get_close_matches(word.lower()[:80], known[:500], n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"known are: {', '.join(known)}" if known else "there are none"


def read_bounded(path: Path) -> str:
    """The text of a file. Raises `OSError`, also for one that is too big, and for what is no file (a device, a pipe):
    that is not opened; raises `UnicodeDecodeError`."""
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is no file", str(path))
    with path.open("rb") as file:
        raw = file.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise OSError(errno.EFBIG, f"it is too big: at most {MOST_BYTES // 1024} KiB are read", str(path))
    return raw.decode("utf-8")


class Source:
    """The text of one file, and the mistakes found in it so far."""

    def __init__(self, name: str, text: str) -> None:
        self.name, self.text = name, text.removeprefix("\ufeff")
        self.mistakes: list[Mistake] = []
        self._lines = _LINE_BREAK.split(self.text)

    def add(self, place: Place, message: str) -> None:
        """Note a mistake. A place behind the end of the file becomes its end."""
        line = min(place.line, len(self._lines))
        end = len(self._lines[line - 1]) + 1
        column = min(place.column, end) if line == place.line else end
        self.mistakes.append(
            Mistake(self.name, line, column, plain(_NO_TEXT.sub(_escaped, message), _MOST_OF_A_MESSAGE))
        )

    def documents(self) -> list[Node]:
        """The YAML documents, empty ones left out. What cannot be read is noted as a mistake and ends the list."""
        if self._has_bad_characters():
            return []
        composer = _Composer(self)
        try:
            return list(composer.documents())
        except yaml.MarkedYAMLError as error:
            # Some versions of the parser have a limit of their own, above ours, and look far enough ahead to meet it.
            too_deep = "nesting depth" in str(error.problem)
            self.add(_place(error.problem_mark or error.context_mark), _TOO_DEEP if too_deep else _not_yaml(error))
        except yaml.YAMLError as error:
            self.add(Place(1, 1), f"this is no YAML: {error}")
        except _TooMuch as error:
            self.add(error.place, str(error))
        return []

    def _has_bad_characters(self) -> bool:
        if len(self.text) > MOST_BYTES:
            self.add(Place(1, 1), f"the file is too big: at most {MOST_BYTES // 1024} KiB are read")
            return True
        found = _UNPRINTABLE.search(self.text)
        if found is None:
            return False
        lines = _LINE_BREAK.split(self.text[: found.start()])
        place = Place(len(lines), len(lines[-1]) + 1)
        self.add(place, f"the character U+{ord(found[0]):04X} is not allowed; in double quotes write an escape")
        return True


class _Mark(Protocol):
    """A mark of either parser, the C one's and the Python one's: both count from 0."""

    line: int
    column: int


class _TooMuch(Exception):
    """The file asks for more than is read."""

    def __init__(self, place: Place, message: str) -> None:
        super().__init__(message)
        self.place = place


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not come yet."""

    place: Place
    anchor: str | None
    is_mapping: bool
    items: list[Node] = field(default_factory=list)
    entries: dict[str, Entry] = field(default_factory=dict)
    merged: list[Node] = field(default_factory=list)
    key: Scalar | None = None
    key_place: Place | None = None


class _Composer:
    """Builds the documents from parser events, one stack of what is open and no recursion."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._stack: list[_Open] = []
        self._anchors: dict[str, Node] = {}
        self._values = 0
        self._root: Node | None = None

    def documents(self) -> Iterator[Node]:
        for event in yaml.parse(self._source.text, Loader=_LOADER):
            if isinstance(event, yaml.DocumentStartEvent):
                self._anchors, self._root = {}, None
            elif isinstance(event, yaml.DocumentEndEvent):
                if self._root is not None and not (isinstance(self._root, Scalar) and self._root.value is None):
                    yield self._root
            elif isinstance(event, yaml.NodeEvent):
                self._start(event)
            elif isinstance(event, yaml.CollectionEndEvent):
                self._end()

    def _start(self, event: yaml.NodeEvent) -> None:
        place = _place(event.start_mark)
        self._count(1, place)
        if isinstance(event, yaml.AliasEvent):
            self._put(self._aliased(event.anchor or "", place), None, place)
        elif isinstance(event, yaml.ScalarEvent):
            self._put(self._scalar(event, place), event.anchor, place)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._open(event, place)

    def _open(self, event: yaml.CollectionStartEvent, place: Place) -> None:
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        self._check_tag(event.tag, "map" if is_mapping else "seq", place)
        self._stack.append(_Open(place, event.anchor, is_mapping))
        if len(self._stack) > MOST_DEPTH:
            raise _TooMuch(place, _TOO_DEEP)

    def _end(self) -> None:
        done = self._stack.pop()
        entries = self._merge(done)
        inside = [entry.node for entry in entries.values()] + done.items
        size, depth = 1 + sum(node.size for node in inside), 1 + max((node.depth for node in inside), default=0)
        if done.is_mapping:
            self._put(Mapping(entries, done.place, size, depth), done.anchor, done.place)
        else:
            self._put(Sequence(tuple(done.items), done.place, size, depth), done.anchor, done.place)

    def _put(self, node: Node, anchor: str | None, place: Place) -> None:
        """Give a finished node to what is open around it."""
        if len(self._stack) + node.depth > MOST_DEPTH:
            raise _TooMuch(place, _TOO_DEEP)
        if anchor is not None:
            self._anchors[anchor] = node
        if not self._stack:
            self._root = node
        elif self._stack[-1].is_mapping:
            self._put_in_mapping(self._stack[-1], node, place)
        else:
            self._stack[-1].items.append(node)

    def _put_in_mapping(self, mapping: _Open, node: Node, place: Place) -> None:
        if mapping.key is None:
            mapping.key, mapping.key_place = node if isinstance(node, Scalar) else self._odd_key(place), place
            return
        key, mapping.key, key_place = mapping.key, None, mapping.key_place or place
        if key is _ODD_KEY:
            return
        if key.text == "<<":
            mapping.merged += node.items if isinstance(node, Sequence) else (node,)
        elif key.text in mapping.entries:
            first = mapping.entries[key.text].place
            self._source.add(key_place, f"the key {key.text!r} stands here twice, first in line {first.line}")
        else:
            mapping.entries[key.text] = Entry(key_place, node)

    def _odd_key(self, place: Place) -> Scalar:
        self._source.add(place, "a key must be a single word, not a list or a mapping; quote it if it has braces")
        return _ODD_KEY

    def _merge(self, done: _Open) -> dict[str, Entry]:
        """The entries with those that ``<<`` brings in; its own win, then the first that is merged."""
        merged = dict(done.entries)
        for node in done.merged:
            if isinstance(node, Mapping):
                merged.update((key, entry) for key, entry in node.entries.items() if key not in merged)
            else:
                self._source.add(node.place, "'<<' takes a mapping or a list of mappings, such as an alias (*name)")
        return merged

    def _aliased(self, anchor: str, place: Place) -> Node:
        if anchor in self._anchors:
            node = self._anchors[anchor]
            self._count(node.size, place)
            return node
        inside = any(mapping.anchor == anchor for mapping in self._stack)
        why = "would contain itself" if inside else f"names no anchor: &{anchor} must stand before it"
        self._source.add(place, f"the alias *{anchor} {why}")
        return Scalar(None, "", place)

    def _scalar(self, event: yaml.ScalarEvent, place: Place) -> Scalar:
        text: str = event.value
        if event.tag is None:
            return Scalar(_resolved(text) if event.implicit[0] else text, text, place)
        name = event.tag.removeprefix(_CORE)
        if name == "str" or event.tag == "!":
            return Scalar(text, text, place)
        value = _resolved(text)
        self._check_tag(event.tag, _TYPE_TAGS[type(value)], place)
        return Scalar(value, text, place)

    def _check_tag(self, tag: str | None, right: str, place: Place) -> None:
        if tag not in (None, "!", _CORE + right):
            shown = f"!!{tag.removeprefix(_CORE)}" if tag.startswith(_CORE) else tag
            self._source.add(place, f"the tag {shown} does not belong here: write the value alone")

    def _count(self, values: int, place: Place) -> None:
        self._values += values
        if self._values > MOST_VALUES:
            raise _TooMuch(place, f"there is too much in this file: at most {MOST_VALUES} values, aliases expanded")


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C one is not in every build, and ten times as fast
_TOO_DEEP = f"this is nested too deeply: at most {MOST_DEPTH} levels are read"
_CORE = "tag:yaml.org,2002:"
_TYPE_TAGS = {str: "str", int: "int", float: "float", bool: "bool", type(None): "null"}
_ODD_KEY = Scalar(None, "", Place(1, 1))
_LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_NO_TEXT = re.compile("[\x00-\x1f\x7f-\x9f]")
_NULL = ("", "~", "null", "Null", "NULL")
_BOOLS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]{1,18}")
_BASED_INT = re.compile(r"0x[0-9a-fA-F]{1,15}|0o[0-7]{1,20}")
_FLOAT = re.compile(
    r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]{1,4})?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)


def _resolved(text: str) -> str | int | float | bool | None:
    """What a plain scalar means (YAML 1.2, section 10.3.2: the core schema)."""
    if text in _NULL:
        return None
    if text in _BOOLS:
        return _BOOLS[text]
    if _INT.fullmatch(text):
        return int(text)
    if _BASED_INT.fullmatch(text):
        return int(text, 0)
    return float(text.lower().replace(".inf", "inf").replace(".nan", "nan")) if _FLOAT.fullmatch(text) else text


def _escaped(control: re.Match[str]) -> str:
    """A control character of a name as one would write it, so that nothing of the message is taken for its effect."""
    return repr(control[0])[1:-1]


def _place(mark: _Mark | None) -> Place:
    return Place(1, 1) if mark is None else Place(mark.line + 1, mark.column + 1)


def _not_yaml(error: yaml.MarkedYAMLError) -> str:
    said = ", ".join(part for part in (error.context, error.problem) if part)
    remedy = next((remedy for problem, remedy in _REMEDIES.items() if problem in said), "")
    return f"this is no YAML: {said}{remedy}"


_REMEDIES = {
    "cannot start any token": "; indent with spaces, not tabs, and quote a value that begins with @ or `",
    "mapping values are not allowed": "; a value that has a colon and a space in it must be quoted",
    "did not find expected key": "; keys of one mapping must begin in the same column",
    "quoted scalar": "; a quote is not closed",
    "flow": "; a bracket or a brace is not closed, or a comma is missing",
}
"""What is likely meant by what the parser says. The first that fits is shown."""
