"""The record of everything that was done from this machine: one SQLite file, one row a change.

The row is written before the change begins and completed when it ended, so that a process that was killed in between
leaves a row that says ``started``. Nothing here is read to decide what exists: that is asked of the provider.
"""

from __future__ import annotations

import getpass
import json
import os
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from tuienv.model import UNDONE_WHOLE, Address, Entry, Inverse, Operation, Record, Size, Verb
from tuienv.redaction import redact
from tuienv.settings import KEEP_DAYS, private_file

VERSION = 2
"""Of the schema, in SQLite's ``user_version``. Files of before there were versions say 0."""

_FIRST = """
CREATE TABLE IF NOT EXISTS changes (
  id INTEGER PRIMARY KEY,
  started_at REAL NOT NULL,
  ended_at REAL,
  environment TEXT NOT NULL,
  address TEXT NOT NULL,
  action TEXT NOT NULL,
  backend TEXT NOT NULL,
  profile TEXT NOT NULL,
  reason TEXT NOT NULL,
  user TEXT NOT NULL,
  machine TEXT NOT NULL,
  command TEXT NOT NULL,
  outcome TEXT NOT NULL,
  detail TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS changes_by_time ON changes (started_at);
"""

_ADDED = ("identity", "before", "after", "run", "undoes", "inverse")
"""The columns that version 2 has more."""

_OF_ENTRY = tuple(field.name for field in fields(Entry))
_COLUMNS = ("id", "started_at", "ended_at", "user", "machine", "outcome", "detail", *_OF_ENTRY)

_DAY = 86400.0


class JournalError(Exception):
    """The journal cannot be written or read: where it is, and what the system said."""


class Journal:
    """The journal in one file, made when first written to. Safe to use from several threads and processes.

    Records older than `keep_days` go, once a process, when it writes its first.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.time, *, keep_days: int = KEEP_DAYS) -> None:
        self.path = path
        self._clock = clock
        self._keep = keep_days * _DAY
        self._pruned = False
        self._lock = threading.Lock()

    def begin(self, entry: Entry) -> int:
        """Write that something begins; the number completes it. Raises `JournalError`, and then nothing may begin."""
        values = {"started_at": self._clock(), "user": user(), "machine": socket.gethostname(), "outcome": "started"}
        row = {**values, "detail": "", **_plain(entry)}
        names, marks = ", ".join(row), ", ".join("?" * len(row))
        with self._connected() as database:
            self._prune(database)
            number = database.execute(f"INSERT INTO changes ({names}) VALUES ({marks})", tuple(row.values())).lastrowid  # noqa: S608 - names of ours
        if number is None:
            raise JournalError(f"The journal {self.path} took no record")
        return number

    def end(self, number: int, outcome: str, detail: str = "") -> None:
        """Complete a record. Raises `JournalError`."""
        with self._connected() as database:
            database.execute(
                "UPDATE changes SET ended_at = ?, outcome = ?, detail = ? WHERE id = ?",
                (self._clock(), outcome, redact(detail), number),
            )

    def records(self, since: float | None = None, limit: int = 1000) -> list[Record]:
        """The newest records, newest first. Raises `JournalError`."""
        return self._select("started_at >= ? ORDER BY id DESC LIMIT ?", (since or 0.0, limit))

    def of(self, environment: str, limit: int = 1000) -> list[Record]:
        """The newest records of one environment, newest first. Raises `JournalError`."""
        return self._select("environment = ? ORDER BY id DESC LIMIT ?", (environment, limit))

    def newest_run(self, environment: str = "") -> list[Record]:
        """What was done together last (in that environment), oldest first: the newest run that changed something that
        could be undone, or began to, is no undoing itself, and was not undone. One whose undoing did not get to its
        end was not. Empty where there is none. Raises `JournalError`."""
        found = self._select(
            "run != '' AND undoes = '' AND inverse != '' AND ? IN ('', environment)"
            " AND (outcome = 'done' OR (inverse LIKE '{\"operation\"%'"
            " AND action NOT IN (SELECT value FROM json_each(?)))) AND run NOT IN"
            " (SELECT undoes FROM changes WHERE undoes != '' GROUP BY run, undoes HAVING min(outcome = 'done'))"
            " ORDER BY id DESC LIMIT 1",
            (environment, json.dumps(sorted(UNDONE_WHOLE))),
        )
        return self._select("run = ? ORDER BY id", (found[0].entry.run,)) if found else []

    def _select(self, where: str, values: tuple[object, ...]) -> list[Record]:
        if not self._is_there():
            return []
        with self._connected() as database:
            query = f"SELECT {', '.join(_COLUMNS)} FROM changes WHERE {where}"  # noqa: S608 - constants of ours
            return [_record(dict(zip(_COLUMNS, row, strict=True))) for row in database.execute(query, values)]

    def _is_there(self) -> bool:
        try:
            return self.path.exists()
        except OSError as error:  # a folder that may not be looked into
            raise self._unusable(error) from error

    def _unusable(self, error: sqlite3.Error | OSError) -> JournalError:
        return JournalError(f"The journal {self.path} cannot be used: {_said(error)}")

    def _prune(self, database: sqlite3.Connection) -> None:
        if not self._pruned:
            database.execute("DELETE FROM changes WHERE started_at < ?", (self._clock() - self._keep,))
            self._pruned = True

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        """A connection for one statement: changes are rare, and an idle handle would hold the file for no gain."""
        try:
            with self._lock:
                database = self._open()
                try:
                    with database:
                        yield database
                finally:
                    database.close()
        except (sqlite3.Error, OSError) as error:
            raise self._unusable(error) from error

    def _open(self) -> sqlite3.Connection:
        if not self.path.exists():
            private_file(self.path)
        database = sqlite3.connect(self.path, timeout=10)
        try:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = FULL")  # a record that was promised survives the machine's end too
            if _version(database) != VERSION:
                self._migrate(database)
        except BaseException:
            database.close()
            raise
        return database

    def _migrate(self, database: sqlite3.Connection) -> None:
        """Bring the file up to this version, in place. Two processes may want to at once."""
        if _version(database) > VERSION:
            raise JournalError(f"The journal {self.path} was written by a newer tuienv: use that one")
        database.execute("BEGIN IMMEDIATE")
        if _version(database) == 0:
            for statement in filter(str.strip, _FIRST.split(";")):
                database.execute(statement)
            for name in _ADDED:
                database.execute(f"ALTER TABLE changes ADD COLUMN {name} TEXT NOT NULL DEFAULT ''")
            database.execute(f"PRAGMA user_version = {VERSION}")
        database.commit()


def user() -> str:
    """The local user's name; a number where the system knows no name for it (in containers)."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def _said(error: sqlite3.Error | OSError) -> str:
    return f"{error.strerror} ({error.filename})" if isinstance(error, OSError) and error.filename else str(error)


def _version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


# --- rows -------------------------------------------------------------------------------------------------------


def _plain(entry: Entry) -> dict[str, str]:
    texts = {name: redact(str(getattr(entry, name))) for name in _OF_ENTRY if name != "inverse"}
    return {**texts, "inverse": _inverse_text(entry.inverse)}


def _record(row: dict[str, Any]) -> Record:
    inverse = _read_inverse(row.pop("inverse"))
    entry = Entry(**{name: row.pop(name) for name in _OF_ENTRY if name != "inverse"}, inverse=inverse)
    return Record(**row, entry=entry)


def _inverse_text(inverse: Inverse) -> str:
    """As JSON, without what is empty; nothing where there is nothing to undo. Whoever made it left secrets out."""
    if inverse.operation is None:
        return json.dumps({"cannot": redact(inverse.cannot)}) if inverse.cannot else ""
    empty = Operation(inverse.operation.verb, inverse.operation.target)
    plain = {key: value for key, value in asdict(inverse.operation).items() if value != getattr(empty, key)}
    plain["verb"] = inverse.operation.verb
    return json.dumps({"operation": {**plain, "target": str(inverse.operation.target)}})


def _read_inverse(text: str) -> Inverse:
    """What was written, as far as it can be read: a later version may know operations that this one does not."""
    if not text:
        return Inverse()
    try:
        told = json.loads(text)
        if "operation" not in told:
            return Inverse(cannot=str(told["cannot"]))
        plain = told["operation"]
        plain["verb"], plain["target"] = Verb(plain["verb"]), Address.parse(plain["target"])
        if "size" in plain:
            plain["size"] = Size(**plain["size"])
        return Inverse(Operation(**plain))
    except (ValueError, KeyError, TypeError):
        return Inverse(cannot="what was written down about it cannot be read")
