"""The file in which the engine keeps a container's log, where we may read it as the engine does.

An engine sends a log a line at a time, and takes three times as long for it as the file takes to be read. The file is
a line of JSON for every line that was written: ``{"log":"text\\n","stream":"stdout","time":"…"}``; a line over 16 KiB
comes in several, only the last of which ends in a newline.
Source: the engine's `daemon/logger/jsonfilelog/jsonlog`.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from struct import pack
from typing import Any, BinaryIO

from tuienv.backends.base import Unreachable
from tuienv.backends.docker.logs.containers import READ
from tuienv.backends.docker.logs.frames import LONGEST, Copier
from tuienv.backends.docker.logs.parts import Parts
from tuienv.backends.docker.starting import Container
from tuienv.model import Address

_NUMBERS = {"stdout": 1, "stderr": 2}


class KeptLog(Parts):
    """From the engine's own file. What is written after it was opened is not in it. Iterating raises `Unreachable` if
    the file is damaged."""

    def __init__(self, file: BinaryIO, target: Address) -> None:
        self._file, self._target = file, target
        self._size = self._left = os.fstat(file.fileno()).st_size
        self._closed = False
        super().__init__()

    def close(self) -> None:
        """End it; a reader in another thread comes out of it after the part it is at."""
        self._closed = True
        with suppress(ValueError):  # that reader is in it: it closes the file
            self._parts.close()
            self._file.close()

    def _read(self) -> Generator[bytes, None, None]:
        copier = Copier(str(self._target))
        with self._file:
            for block in self._blocks():
                if part := self._copied(copier, self._entries(block)):
                    yield part
        if not self._closed and (part := copier.finish()):
            yield part

    def _blocks(self) -> Iterator[bytes]:
        """Whole entries; the engine may be at the last one, or have died at it."""
        begun = b""
        while not self._closed and (data := self._next()):
            whole, newline, rest = data.rpartition(b"\n")
            if newline:
                yield begun + whole
                begun = rest
            elif len(begun) > LONGEST:  # an entry holds 16 KiB of a line
                raise self._unread("it is damaged")
            else:
                begun += rest

    def _next(self) -> bytes:
        try:
            data = self._file.read(min(READ, self._left))
        except OSError as error:
            raise self._unread(str(error)) from error
        self._left -= len(data)
        return data

    def _entries(self, block: bytes) -> list[dict[str, str]]:
        try:
            # No newline is within an entry, so a list of them is one text for the parser: that is what makes it fast.
            entries: list[dict[str, str]] = json.loads(b"[" + block.replace(b"\n", b",") + b"]")
        except (ValueError, RecursionError) as error:
            raise self._unread("it is damaged") from error
        return entries

    def _copied(self, copier: Copier, entries: Sequence[Mapping[str, str]]) -> bytes:
        try:
            text = "".join([entry["log"] for entry in entries])
            if not copier.joining and text.count("\n") == len(entries):
                return text.encode(errors="replace")
            return copier.feed(b"".join(_frame(_NUMBERS[entry["stream"]], entry["log"]) for entry in entries))
        except (KeyError, TypeError) as error:
            raise self._unread("it is damaged") from error

    def _unread(self, why: str) -> Unreachable:
        at = f"before byte {self._size - self._left:,} of {self._size:,}"
        said = f"the engine's own file of it cannot be read on, {at}: {why}"
        return Unreachable("read the log of", self._target, said, "With `--since 9999d` the engine itself is asked.")


def open_kept(engine: str, container: Container, found: Mapping[str, Any]) -> KeptLog | None:
    """The log of a container that was inspected (`found`) at the engine of that URL. None where its file is another
    machine's, may not be read, is replaced when it grows, or is not of this format."""
    kept, path = found["HostConfig"]["LogConfig"], str(found.get("LogPath") or "")
    if not engine.startswith("unix://") or kept["Type"] != "json-file" or "max-size" in (kept["Config"] or {}):
        return None
    if os.path.basename(path) != f"{container.id}-json.log":
        return None
    file = _opened(path)
    return KeptLog(file, container.address) if file else None


def _opened(path: str) -> BinaryIO | None:
    """A file that an engine names. It is not believed: it may be anything, and wait when it is opened."""
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            return os.fdopen(descriptor, "rb", buffering=0)
        os.close(descriptor)
    return None


def _frame(stream: int, text: str) -> bytes:
    """As the engine would have sent it."""
    payload = text.encode(errors="replace")
    return pack(">B3xL", stream, len(payload)) + payload
