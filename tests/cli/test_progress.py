"""What is seen while a plan runs."""

from __future__ import annotations

import threading

import click
import pytest

from tuienv.cli import progress
from tuienv.model import Action, Address, Change, Operation, Plan, Progress, Stage, Verb

NETWORK = Change(Action.CREATE, Address("shop"), "sandbox", "", "")
CACHE = Change(Action.CREATE, Address("shop", "cache"), "sandbox", "", "")
PLAN = Plan("shop", Operation(Verb.APPLY, Address("shop")), (NETWORK, CACHE), "")


def told(change: Change, stage: Stage, text: str = "") -> Progress:
    return Progress(change.key, change.address, stage, text, at=0.0)


def test_rows_stand_in_columns(capsys: pytest.CaptureFixture[str]) -> None:
    rows = progress.Rows(PLAN)
    rows(told(NETWORK, Stage.DONE))
    rows(told(CACHE, Stage.STEP, "start shop-cache-1"))
    last = capsys.readouterr().err.splitlines()[-2:]
    assert [line.index(word) for line, word in zip(last, ("done", "start"), strict=True)] == [last[0].index("done")] * 2


def test_an_error_of_several_lines_is_told_by_its_first(capsys: pytest.CaptureFixture[str]) -> None:
    progress.Lines(PLAN)(told(CACHE, Stage.FAILED, "start shop-cache-1: it ended; its last lines:\n  no such map"))
    assert capsys.readouterr().err.endswith("create  start shop-cache-1: it ended; its last lines:\n")


def test_rows_leave_what_is_told_of_a_cancelling(capsys: pytest.CaptureFixture[str]) -> None:
    cancel = threading.Event()
    with click.Context(click.Command("apply"), color=True):
        rows = progress.Rows(PLAN, cancel)
    rows(told(NETWORK, Stage.STARTED))
    rows(told(NETWORK, Stage.STEP, "create network"))
    assert "\x1b[2A" in capsys.readouterr().err
    cancel.set()
    rows(told(NETWORK, Stage.STEP, "create network"))
    assert "\x1b[2A" not in capsys.readouterr().err, "the rows stand below the message"
    rows(told(CACHE, Stage.SKIPPED))
    assert "\x1b[2A" in capsys.readouterr().err
