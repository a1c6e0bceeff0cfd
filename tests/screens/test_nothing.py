"""What stands in the tree while there is nothing to stand there."""

from __future__ import annotations

from tuienv.model import Failure
from tuienv.model.state import ConnectionChanged, EnvironmentsChanged
from tuienv.screens.known import Known
from tuienv.screens.widgets.tree import NOTHING, SILENT, EnvironmentTree

DEAD = Failure("Unreachable", "connect to", "Docker Engine", "connection refused", "Is it running?")


def said(known: Known) -> str:
    return EnvironmentTree(known, {}).make_line(0, 80)[0][0].strip()


def test_an_empty_tree_says_whether_anybody_looked() -> None:
    known = Known()
    assert said(known) == "Looking…"
    known.take(ConnectionChanged("docker", "", failure=DEAD, since=0.0))
    assert said(known) == SILENT
    known.take(ConnectionChanged("heroku", "work"))
    assert said(known) == "Looking…", "one of two may still answer"
    known.take(EnvironmentsChanged(()))
    assert said(known) == NOTHING
