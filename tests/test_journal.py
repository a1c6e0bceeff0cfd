"""The journal survives what happens to the process that writes it."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tuienv.journal import Journal, JournalError
from tuienv.model import Address, Entry, Inverse, Operation, Size, Verb

WEB = Address("shop", "web")
ENTRY = Entry("shop", "shop/web", "scale", "docker", "", reason="3 → 5", command="tuienv scale shop/web=5")

VICTIM = """
import os, signal, sys
from pathlib import Path
from tuienv.journal import Journal
from tuienv.model import Entry
Journal(Path(sys.argv[1])).begin(Entry("shop", "shop/web", "scale"))
os.kill(os.getpid(), signal.SIGKILL)
"""

FULL = """
import resource, sys
from pathlib import Path
from tuienv.journal import Journal, JournalError
from tuienv.model import Entry
journal = Journal(Path(sys.argv[1]))
open_number = journal.begin(Entry("shop", "shop/web", "scale", reason="the first"))
limit = 256 * 1024
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
written = 1
try:
    while written < 1000:
        journal.begin(Entry("shop", "shop/web", "scale", reason="x" * 4000))
        written += 1
except JournalError as error:
    print(written, str(error))
"""
"""A file that may not grow stands for a disk that is full: SQLite meets the same error in the same places."""

OLD = """
CREATE TABLE changes (
  id INTEGER PRIMARY KEY, started_at REAL NOT NULL, ended_at REAL, environment TEXT NOT NULL, address TEXT NOT NULL,
  action TEXT NOT NULL, backend TEXT NOT NULL, profile TEXT NOT NULL, reason TEXT NOT NULL, user TEXT NOT NULL,
  machine TEXT NOT NULL, command TEXT NOT NULL, outcome TEXT NOT NULL, detail TEXT NOT NULL
);
CREATE INDEX changes_by_time ON changes (started_at);
INSERT INTO changes VALUES (7, 100.0, 109.5, 'shop', 'shop/web', 'scale', 'docker', '', '3 → 5', 'ada', 'laptop',
                            'tuienv scale shop/web=5', 'done', '');
"""
"""A journal as the first version wrote it."""


def test_a_change_is_there_before_it_ends(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j" / "journal.db")
    number = journal.begin(ENTRY)
    assert [record.outcome for record in journal.records()] == ["started"]
    journal.end(number, "done")
    record = journal.records()[0]
    assert (record.outcome, record.entry) == ("done", ENTRY)
    assert record.user
    assert record.machine
    assert record.seconds is not None


@pytest.mark.parametrize(
    "inverse",
    [
        Inverse(),
        Inverse(cannot="its data is gone"),
        Inverse(Operation(Verb.SCALE, WEB, replicas=0)),
        Inverse(Operation(Verb.RESIZE, WEB, size=Size("", 0.5, 1024))),
        Inverse(Operation(Verb.CONFIGURE, WEB, settings={"LEVEL": "info", "NEW": None})),
        Inverse(Operation(Verb.LOCK, Address("shop"), why="migrating")),
        Inverse(Operation(Verb.ROLLBACK, WEB, release="v12")),
    ],
)
def test_what_undoes_it_is_kept_with_it(tmp_path: Path, inverse: Inverse) -> None:
    journal = Journal(tmp_path / "journal.db")
    journal.begin(Entry("shop", "shop/web", "scale", inverse=inverse))
    assert journal.records()[0].entry.inverse == inverse


def test_a_killed_process_leaves_a_record_that_never_ended(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    victim = subprocess.run([sys.executable, "-c", VICTIM, str(path)], check=False)
    assert victim.returncode == -signal.SIGKILL
    assert [(record.outcome, record.ended_at) for record in Journal(path).records()] == [("started", None)]


def test_a_full_disk_refuses_the_next_change_and_loses_none_of_those_before(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    told = subprocess.run([sys.executable, "-c", FULL, str(path)], check=True, capture_output=True, text=True).stdout
    written, said = told.split(maxsplit=1)
    assert "journal.db cannot be used" in said
    assert 1 < int(written) < 1000
    journal = Journal(path)
    records = journal.records(limit=2000)
    assert len(records) == int(written)
    assert records[-1].entry.reason == "the first"
    journal.end(records[-1].id, "done")
    with sqlite3.connect(path) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    database.close()


def test_a_journal_of_the_first_version_is_taken_over_in_place(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    database = sqlite3.connect(path)
    database.executescript(OLD)
    database.close()
    (old,) = Journal(path).records()
    assert (old.id, old.seconds, old.entry.address, old.entry.identity) == (7, 9.5, "shop/web", "")
    assert old.entry.inverse == Inverse()
    journal = Journal(path, clock=lambda: 200.0)
    journal.begin(ENTRY)
    assert [record.entry.command for record in Journal(path).records()] == ["tuienv scale shop/web=5"] * 2


def test_a_journal_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(JournalError, match="newer tuienv"):
        Journal(path).begin(ENTRY)


def test_many_processes_take_it_over_and_write_at_once(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    database = sqlite3.connect(path)
    database.executescript(OLD)
    database.close()
    code = VICTIM.replace("os.kill(os.getpid(), signal.SIGKILL)", "")
    writers = [subprocess.Popen([sys.executable, "-c", code, str(path)]) for _ in range(4)]
    assert [writer.wait() for writer in writers] == [0] * 4
    assert len(Journal(path).records()) == 4, "and the one of 1970 is older than journals keep"


def test_many_threads_write_at_once(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db")
    threads = [threading.Thread(target=lambda: journal.end(journal.begin(ENTRY), "done")) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [record.outcome for record in journal.records()] == ["done"] * 16


def test_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "state" / "journal.db"
    Journal(path).begin(ENTRY)
    for file in path.parent.iterdir():
        assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(path.parent).st_mode) == 0o700


def test_newest_first_since_a_time(tmp_path: Path) -> None:
    times = iter(range(100))
    journal = Journal(tmp_path / "journal.db", clock=lambda: float(next(times)))
    for _ in range(5):
        journal.begin(ENTRY)
    assert len(journal.records(limit=2)) == 2
    newest = [record.started_at for record in journal.records()]
    assert newest == sorted(newest, reverse=True)
    assert [record.started_at for record in journal.records(since=newest[2])] == newest[:3]


def test_old_records_go_when_a_process_first_writes(tmp_path: Path) -> None:
    path, day = tmp_path / "journal.db", 86400.0
    Journal(path, clock=lambda: day).begin(ENTRY)
    Journal(path, clock=lambda: 11 * day).begin(ENTRY)
    assert len(Journal(path).records()) == 2
    Journal(path, clock=lambda: 20 * day, keep_days=10).begin(ENTRY)
    assert [record.started_at for record in Journal(path).records()] == [20 * day, 11 * day]


def test_a_journal_that_is_none_says_where_and_why(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    path.write_text("this is not a database, and long enough to be seen as none at all" * 20)
    with pytest.raises(JournalError, match=r"journal\.db cannot be used"):
        Journal(path).begin(ENTRY)


def test_a_journal_that_may_not_be_asked_about_says_where_and_why(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match=r"x cannot be used: File name too long"):
        Journal(tmp_path / ("x" * 300)).records()


def test_no_journal_has_no_records(tmp_path: Path) -> None:
    assert Journal(tmp_path / "none.db").records() == []


# --- what can be undone -----------------------------------------------------------------------------------------


def done(journal: Journal, run: str, inverse: Inverse, environment: str = "shop", undoes: str = "") -> None:
    journal.end(
        journal.begin(Entry(environment, environment, "scale", run=run, undoes=undoes, inverse=inverse)), "done"
    )


def test_the_newest_run_is_told_whole_until_it_was_undone(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db")
    back = Inverse(Operation(Verb.SCALE, WEB, replicas=3))
    done(journal, "first", back)
    done(journal, "second", back)
    done(journal, "second", Inverse(cannot="its data is gone"))
    done(journal, "elsewhere", back, environment="blog")
    done(journal, "restarted", Inverse())
    assert [record.entry.run for record in journal.newest_run("shop")] == ["second", "second"]
    assert [record.entry.run for record in journal.newest_run()] == ["elsewhere"]
    done(journal, "undoing", back, undoes="second")
    assert [record.entry.run for record in journal.newest_run("shop")] == ["first"]
    assert journal.newest_run("nothing") == []


def test_of_what_did_not_get_to_its_end_a_mark_and_a_creation_are_left_to_whoever_was_first(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db")
    back = Inverse(Operation(Verb.SCALE, WEB, replicas=3))
    for action in ("scale", "create", "lock", "unprotect"):
        journal.end(journal.begin(Entry("shop", "shop/web", action, run=action, inverse=back)), "failed", "no answer")
    assert [record.entry.run for record in journal.newest_run("shop")] == ["scale"]
