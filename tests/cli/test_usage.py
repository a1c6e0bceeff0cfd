"""How commands are called: words, options, help, exit codes, what is imported."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import SHOP, Tuienv
from tuienv.cli import COMMANDS

HEAVY = ("docker", "requests", "boto3", "heroku3", "textual", "keyring", "tuienv.engine", "tuienv.live")


def python(code: str, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run code in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        check=False,
    )


MAIN = "import sys; sys.argv[0] = 'tuienv'; from tuienv.__main__ import main; main()"


def test_version(tuienv: Tuienv) -> None:
    result = tuienv("--version")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("tuienv 0.")


def test_help_lists_every_command(tuienv: Tuienv) -> None:
    result = tuienv("-h")
    assert result.code == 0
    for name in COMMANDS:
        assert f"  {name} " in result.out
    assert "Exit codes: 0 done" in result.out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(tuienv: Tuienv, name: str) -> None:
    for word in ("-h", "--help"):
        result = tuienv(name, word)
        assert result.code == 0
        assert result.out.startswith(f"Usage: tuienv {name}")


def test_an_unknown_command_suggests_the_nearest(tuienv: Tuienv) -> None:
    result = tuienv("aply", "shop")
    assert result.code == 64
    assert "there is no command 'aply'. Did you mean apply?" in result.err


@pytest.mark.parametrize(
    "words",
    [
        ("status",),
        ("status", "a/b/c/d"),
        ("status", ""),
        ("status", "shop/"),
        ("ls", "--outptu", "json"),
        ("ls", "--output", "xml"),
        ("plan", "shop", "-f", "nosuch.yaml"),
        ("logs",),
        ("run", "shop/web"),
        ("--nonsense",),
    ],
)
def test_wrong_usage(tuienv: Tuienv, words: tuple[str, ...]) -> None:
    result = tuienv(*words)
    assert (result.code, result.out) == (64, "")
    assert result.err


def test_options_stand_before_or_after_the_command(tuienv: Tuienv, shop: Path) -> None:
    assert tuienv("--output", "json", "plan", "shop").json == tuienv("plan", "shop", "--output", "json").json
    other = shop.rename(shop.parent / "other.yaml")
    assert tuienv("-f", str(other), "plan", "shop").code == 2
    assert tuienv("plan", "-f", str(other), "shop").code == 2
    assert tuienv("plan", "--backend", "sandbox", "shop").code == 1


def test_the_screen_needs_a_terminal(shop: Path) -> None:
    for words in ((), ("demo",), ("tuienv.yaml",), ("-f", "tuienv.yaml", "--read-only")):
        done = python(MAIN, *words)
        assert done.returncode == 64, words
        assert done.stderr.startswith("tuienv: the screen needs a terminal.")


def test_a_file_that_is_not_there(tuienv: Tuienv) -> None:
    result = tuienv("shop.yaml")
    assert result.code == 64
    assert result.err == "tuienv: there is no file 'shop.yaml'\n"


def test_every_command_takes_the_common_options_after_its_name(tuienv: Tuienv) -> None:
    for name in set(COMMANDS) - {"credentials"}:
        assert tuienv(name, "--output", "json", "--yes", "--read-only", "-h").code == 0, name


def test_no_colour_without_a_terminal_or_with_no_color(tuienv: Tuienv, shop: Path) -> None:
    assert "\x1b" not in tuienv("plan", "shop").out


@pytest.mark.parametrize("words", [("--version",), ("check", "tuienv.yaml"), ("schema",), ("-h",)])
def test_what_needs_no_provider_imports_none(shop: Path, words: tuple[str, ...]) -> None:
    code = (
        "import sys; from tuienv.cli import run; code = run(sys.argv[1:]);"
        f"print([name for name in {HEAVY!r} if name in sys.modules], code, file=sys.stderr)"
    )
    done = python(code, *words)
    assert done.stderr.strip() == "[] 0", done.stderr


def test_a_command_on_the_sandbox_imports_no_other_provider(shop: Path) -> None:
    code = (
        "import sys; from tuienv.cli import run; run(sys.argv[1:]);"
        "print([name for name in ('docker', 'requests', 'boto3', 'textual', 'keyring') if name in sys.modules])"
    )
    done = python(code, "status", "shop")
    assert done.stdout.splitlines()[-1] == "[]"


def test_what_no_file_declares_costs_no_reader_of_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    code = (
        "import sys; from tuienv.cli import run; code = run(sys.argv[1:]);"
        "print([name for name in ('pydantic', 'yaml', 'textual') if name in sys.modules], code, file=sys.stderr)"
    )
    done = python(code, "logs", "nowhere", "--backend", "sandbox")
    assert "nowhere" in done.stderr
    assert done.stderr.splitlines()[-1] == "[] 1", done.stderr


def test_the_first_frame_does_not_wait_for_the_command_line() -> None:
    code = (
        "import sys; import tuienv.__main__; from tuienv.start import understood;"
        "print(understood(['demo', '--read-only']).demo, understood(['--profile=x', '-f', sys.argv[1]]).files);"
        "print([name for name in ('click', 'dataclasses', 'typing') if name in sys.modules])"
    )
    done = python(code, __file__)
    assert done.stdout.splitlines() == [f"True ('{__file__}',)", "[]"], done.stderr


@pytest.mark.parametrize(
    "words",
    [["ls"], ["-h"], ["--nonsense"], ["-f"], ["-f", "nosuch"], ["nosuch.yaml"], ["demo", __file__], ["--backend"]],
)
def test_what_is_not_for_the_screen_goes_to_the_commands(words: list[str]) -> None:
    from tuienv.start import understood

    assert understood(words) is None


def test_a_reader_that_leaves_is_no_error(folder: Path) -> None:
    (folder / "many.yaml").write_text("---\n".join(SHOP.replace("shop", f"shop-{at}", 1) for at in range(20)))
    pipe = f'{sys.executable} -c "{MAIN}" schema | head -c 1 >/dev/null; echo ${{PIPESTATUS[0]}}'
    done = subprocess.run(["bash", "-c", pipe], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.strip() in ("0", "141")


def test_a_crash_is_one_line_and_a_report(folder: Path) -> None:
    code = (
        "import tuienv.cli\n"
        "def crash(words): raise RuntimeError('password=hunter2')\n"
        "tuienv.cli.run = crash\n"
        "from tuienv.__main__ import main\n"
        "main()\n"
    )
    done = python(code, "ls")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1
    report = Path(done.stderr.strip().split(" ")[-1])
    text = report.read_text()
    assert "RuntimeError" in text
    assert "in crash" in text
    assert "hunter2" not in done.stderr + text
    assert report.stat().st_mode & 0o777 == 0o600


def test_completion_of_names(shop: Path) -> None:
    done = python(MAIN, _TUIENV_COMPLETE="bash_complete", COMP_WORDS="tuienv status sh", COMP_CWORD="2")
    assert done.returncode == 0, done.stderr
    names = [line.partition(",")[2] for line in done.stdout.splitlines()]
    assert names == ["shop", "shop/edge", "shop/web", "shop/cache", "shop/db"]
