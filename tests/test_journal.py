"""The journal survives what happens to the process that writes it."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tuienv.journal import Journal, JournalError
from tuienv.model import Action, Address, Change

CHANGE = Change(Action.SCALE, Address("shop", "web"), "docker", "", "3 → 5")

VICTIM = """
import os, signal, sys
from pathlib import Path
from tuienv.journal import Journal
from tuienv.model import Action, Address, Change
Journal(Path(sys.argv[1])).begin(Change(Action.SCALE, Address("shop", "web"), "docker", "", "3 to 5"), "shop", "x")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_change_is_there_before_it_ends(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j" / "journal.db")
    number = journal.begin(CHANGE, "shop", "tuienv scale shop/web=5")
    assert [record.outcome for record in journal.records()] == ["started"]
    journal.end(number, "done")
    record = journal.records()[0]
    assert (record.address, record.action, record.outcome, record.command) == (
        "shop/web", "scale", "done", "tuienv scale shop/web=5"
    )  # fmt: skip


def test_a_killed_process_leaves_a_record_that_never_ended(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    victim = subprocess.run([sys.executable, "-c", VICTIM, str(path)], check=False)
    assert victim.returncode == -signal.SIGKILL
    assert [(record.outcome, record.ended_at) for record in Journal(path).records()] == [("started", None)]


def test_many_threads_write_at_once(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db")
    threads = [threading.Thread(target=lambda: journal.end(journal.begin(CHANGE, "shop", ""), "done"))
               for _ in range(16)]  # fmt: skip
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [record.outcome for record in journal.records()] == ["done"] * 16


def test_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "state" / "journal.db"
    Journal(path).begin(CHANGE, "shop", "")
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(path.parent).st_mode) == 0o700


def test_newest_first_since_a_time(tmp_path: Path) -> None:
    times = iter(range(100))
    journal = Journal(tmp_path / "journal.db", clock=lambda: float(next(times)))
    for _ in range(5):
        journal.begin(CHANGE, "shop", "")
    assert [record.started_at for record in journal.records(since=2.0)] == [4.0, 3.0, 2.0]
    assert len(journal.records(limit=2)) == 2


def test_a_journal_that_is_none_says_where_and_why(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    path.write_text("this is not a database, and long enough to be seen as none at all" * 20)
    with pytest.raises(JournalError, match=r"journal\.db cannot be used"):
        Journal(path).begin(CHANGE, "shop", "")


def test_no_journal_has_no_records(tmp_path: Path) -> None:
    assert Journal(tmp_path / "none.db").records() == []
