"""The record of every change made from this machine: one SQLite file, one row a change.

The row is written before the change begins and completed when it ended, so that a process that was killed in between
leaves a row that says ``started``. Nothing here is read to decide what exists: that is asked of the provider.
"""

from __future__ import annotations

import getpass
import os
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tuienv.model import Change
from tuienv.redaction import redact

SCHEMA = """
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

COLUMNS = (
    "id, started_at, ended_at, environment, address, action, backend, profile, reason, user, machine, command, "
    "outcome, detail"
)


class JournalError(Exception):
    """The journal cannot be written or read: where it is, and what the system said."""


@dataclass(frozen=True, slots=True)
class Record:
    """One change. `outcome`: ``started`` (and never ended: it was interrupted), ``done``, ``failed``, ``cancelled``;
    `detail` says more. `command`: what does the same from a shell. Times in Unix seconds."""

    id: int
    started_at: float
    ended_at: float | None
    environment: str
    address: str
    action: str
    backend: str
    profile: str
    reason: str
    user: str
    machine: str
    command: str
    outcome: str
    detail: str


class Journal:
    """The journal in one file, made when first written to. Safe to use from several threads and processes."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock
        self._lock = threading.Lock()

    def begin(self, change: Change, environment: str, command: str) -> int:
        """Write that a change begins; the number completes it. Raises `JournalError`, and then nothing may begin."""
        row = (
            self._clock(),
            environment,
            str(change.address),
            str(change.action),
            change.backend,
            change.profile,
            redact(change.reason),
            _user(),
            socket.gethostname(),
            redact(command),
        )
        with self._connected() as database:
            number = database.execute(
                "INSERT INTO changes (started_at, environment, address, action, backend, profile, reason, user,"
                " machine, command, outcome, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'started', '')",
                row,
            ).lastrowid
        if number is None:
            raise JournalError(f"The journal {self._path} took no record")
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
        if not self._path.exists():
            return []
        with self._connected() as database:
            rows = database.execute(
                f"SELECT {COLUMNS} FROM changes WHERE started_at >= ? ORDER BY id DESC LIMIT ?",  # noqa: S608 - constant
                (since or 0.0, limit),
            ).fetchall()
        return [Record(*row) for row in rows]

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
            raise JournalError(f"The journal {self._path} cannot be used: {error}") from error

    def _open(self) -> sqlite3.Connection:
        if not self._path.exists():
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(self._path, os.O_CREAT | os.O_WRONLY, 0o600))
        database = sqlite3.connect(self._path, timeout=10)
        database.execute("PRAGMA journal_mode = WAL")
        database.executescript(SCHEMA)
        return database


def _user() -> str:
    """The local user's name; a number where the system knows no name for it (in containers)."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
