"""The remembered frame, and the whole program on a terminal of its own: how it begins and how it ends."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.docker_engine.images import PAUSE
from tests.docker_engine.session import Engine
from tests.screens.terminal import COLUMNS, ROWS, Terminal
from tuienv.first_frame import ENTER, Frames, Stage, cache_folder
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


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGINT])
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


AHEAD = """
import os, sys, threading
from tuienv import app, first_frame
painted = threading.Event()
application, paint, write = app._Opening._application, first_frame.Stage.paint, first_frame._write
def told(self, lines, mark=""):
    paint(self, lines, mark)
    painted.set()
first_frame.Stage.paint = told
first_frame._write = lambda text: write("{mark}" + text)
def held(*arguments):
    assert painted.wait(60) and "textual" not in sys.modules
    {then}
    return application(*arguments)
app._Opening._application = held
from tuienv.__main__ import main
main()
"""
"""The program, with Textual held back until a frame has been painted; what is written before Textual is marked."""

OURS = b"\x1b[0;0;0m"
TEXTUALS = b"\x1b[?1000h"
"""The first that Textual's driver writes on a terminal that it takes over: it asks for the mouse."""


def ahead(*words: str, then: str = "") -> Terminal:
    return Terminal(*words, program=("-c", AHEAD.format(mark=OURS.decode(), then=then)))


def painted_before_textual(terminal: Terminal) -> str:
    """What we painted, after checking that there is no byte of ours after Textual's first."""
    before, _, after = terminal.output.partition(TEXTUALS)
    assert OURS not in after
    assert before.startswith(OURS + ENTER.encode())
    assert terminal.output.count(ENTER.encode()) == 1, "the terminal is taken over, not entered again"
    return before.decode()


def test_what_the_worker_tells_is_painted_before_textual_is_there() -> None:
    with closing(ahead("demo")) as terminal:
        terminal.until("shop")
        terminal.until(TEXTUALS.decode(), raw=True)
        terminal.until("? help")
        assert "shop" in painted_before_textual(terminal)
        terminal.type("q")
        assert terminal.ends() == 0
        assert termios.tcgetattr(terminal.slave) == terminal.before


def test_containers_are_painted_before_textual_is_there(docker_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", docker_engine.host)
    made = docker_engine.client.api.create_container(PAUSE, name="a-first-paint")["Id"]
    try:
        with closing(ahead()) as terminal:
            terminal.until("a-first-paint")
            terminal.until(TEXTUALS.decode(), raw=True)
            terminal.until("? help")
            assert "a-first-paint" in painted_before_textual(terminal)
            terminal.type("q")
            assert terminal.ends() == 0
    finally:
        docker_engine.client.api.remove_container(made, force=True)


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {}], ids=str)
def test_it_is_painted_in_the_terminals_own_colours(variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with closing(ahead("demo")) as terminal:
        terminal.until(TEXTUALS.decode(), raw=True)
        sequences = set(re.findall(r"\x1b\[([0-9;]*)m", painted_before_textual(terminal)))
        assert sequences <= {"0;0;0", "0", "1", "2", "2;3"}, "attributes, and no colour"


@pytest.mark.parametrize(
    ("then", "code"),
    [
        ("raise RuntimeError('a mistake')", 1),
        ("os.kill(os.getpid(), 15)", 128 + signal.SIGTERM),
        ("os.kill(os.getpid(), 1)", 128 + signal.SIGHUP),
        ("os.kill(os.getpid(), 2)", 128 + signal.SIGINT),
    ],
)
def test_an_end_before_textual_is_there_takes_the_frame_away(then: str, code: int) -> None:
    with closing(ahead("demo", then=then)) as terminal:
        assert terminal.ends() == code
        assert "shop" in terminal.output.decode()
        assert b"Traceback" not in terminal.output
        assert termios.tcgetattr(terminal.slave) == terminal.before
        _, _, after = terminal.output.partition(LEAVE.encode())
        assert not re.search(rb"\x1b\[\d+;1H", after), "nothing is painted once it is left"


def test_nothing_is_painted_once_it_is_handed_over(capfd: pytest.CaptureFixture[str]) -> None:
    stage = Stage()
    assert not stage.hand_over()
    stage.paint(["a line"])
    assert not stage.painted
    assert capfd.readouterr().err == ""


def test_without_a_terminal_it_is_refused() -> None:
    code = "from tuienv.app import run; from tuienv.start import Start; raise SystemExit(run(Start()))"
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, stdin=subprocess.DEVNULL, text=True, check=False
    )
    assert ended.returncode == 64
    assert "needs a terminal" in ended.stderr


def test_in_a_folder_that_is_no_more_it_says_so(tmp_path: Path) -> None:
    code = (
        "import os; from tuienv import app; from tuienv.start import Start; app.on_a_terminal = lambda: True\n"
        "os.rmdir(os.getcwd()); raise SystemExit(app.run(Start()))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (ended.returncode, ended.stdout) == (64, "")
    assert "look into this folder: No such file or directory" in ended.stderr


def test_nothing_heavy_is_imported_for_the_first_paint() -> None:
    code = "import sys, tuienv.screens.application as a; print(*sorted(sys.modules))"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    modules = set(ended.stdout.split())
    late = {"docker", "requests", "boto3", "pydantic", "keyring", "click", "yaml", "sqlite3", "regex"}
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
