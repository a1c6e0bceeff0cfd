"""The remembered frame, and the whole program on a terminal of its own: how it begins and how it ends."""

from __future__ import annotations

import signal
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.screens.terminal import COLUMNS, ROWS, Terminal
from tuienv.first_frame import ENTER, Frames, cache_folder
from tuienv.settings import paths

LEAVE = "\x1b[?1049l"


@pytest.fixture
def demo() -> Iterator[Terminal]:
    terminal = Terminal("demo")
    yield terminal
    terminal.close()


@pytest.fixture
def remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    """The program in a folder that it remembers a frame of; its engine is not there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("COLORTERM", raising=False)
    Frames("\0".join((str(tmp_path), "", ""))).write(COLUMNS, [f"line {number}" for number in range(ROWS)])
    terminal = Terminal()
    yield terminal
    terminal.close()


def test_frames_are_where_the_cache_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert Path(cache_folder()) == paths().cache / "frames"
    monkeypatch.delenv("TUIENV_HOME")
    assert Path(cache_folder()) == paths().cache / "frames"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert Path(cache_folder()) == paths().cache / "frames"


def test_a_frame_comes_back_for_its_size_and_place_alone() -> None:
    frames = Frames("here")
    frames.write(10, ["a", "b"])
    found = frames.read(10, 2)
    assert found is not None
    assert found[1] == ["a", "b"]
    assert frames.read(11, 2) is None
    assert Frames("there").read(10, 2) is None


def test_a_broken_frame_is_none(tmp_path: Path) -> None:
    frames = Frames("here", str(tmp_path))
    frames.write(10, ["a", "b"])
    next(tmp_path.iterdir()).write_text("nonsense")
    assert frames.read(10, 2) is None


def test_frames_are_private_and_few(tmp_path: Path) -> None:
    folder = tmp_path / "frames"
    frames = Frames("here", str(folder))
    for rows in range(1, 40):
        frames.write(10, ["x"] * rows)
    assert len(list(folder.iterdir())) == 24
    assert {path.stat().st_mode & 0o077 for path in (folder, *folder.iterdir())} == {0}


def test_it_opens_works_and_leaves_the_terminal_as_it_was(demo: Terminal) -> None:
    demo.until("shop")
    demo.type("q")
    assert demo.ends() == 0
    assert LEAVE.encode() in demo.output
    assert termios.tcgetattr(demo.slave) == demo.before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_the_terminal_clean(demo: Terminal, number: signal.Signals) -> None:
    demo.until("shop")
    demo.process.send_signal(number)
    assert demo.ends() == 128 + number
    assert LEAVE.encode() in demo.output
    assert termios.tcgetattr(demo.slave) == demo.before


def test_the_remembered_frame_comes_first_and_says_what_it_is(remembered: Terminal) -> None:
    remembered.until("line 7")
    remembered.until("remembered, seen")
    remembered.until("tuienv")
    remembered.until("✗")
    assert remembered.output.count(ENTER.encode()) == 1, "the terminal is taken over, not entered again"
    remembered.type("q")
    assert remembered.ends() == 0
    assert termios.tcgetattr(remembered.slave) == remembered.before


def test_without_a_terminal_it_is_refused() -> None:
    code = "from tuienv.app import run; from tuienv.start import Start; raise SystemExit(run(Start()))"
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, stdin=subprocess.DEVNULL, text=True, check=False
    )
    assert ended.returncode == 64
    assert "needs a terminal" in ended.stderr


def test_nothing_heavy_is_imported_for_the_first_paint() -> None:
    code = "import sys, tuienv.screens.application as a; print(*sorted(sys.modules))"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    modules = set(ended.stdout.split())
    late = {"docker", "requests", "boto3", "pydantic", "keyring", "click", "yaml", "sqlite3"}
    ours = {
        "tuienv.engine",
        "tuienv.screens.logs",
        "tuienv.screens.plan",
        "tuienv.screens.help",
        "tuienv.screens.confirm",
    }
    assert not modules & (late | ours)


def test_the_frame_needs_next_to_nothing() -> None:
    code = "import sys, tuienv.first_frame; print(*sys.modules)"
    words = [sys.executable, "-S", "-c", code]
    root = Path(__file__).parents[2]
    ended = subprocess.run(words, capture_output=True, text=True, check=True, cwd=root)
    assert not set(ended.stdout.split()) & {"dataclasses", "json", "pathlib", "typing", "asyncio", "tuienv.settings"}
