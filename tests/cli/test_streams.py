"""Standard streams that are closed, full, or whose reader has left, and characters that they cannot take."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import termios
from contextlib import suppress
from pathlib import Path

import click
import pytest

from tests.cli.conftest import SHOP
from tuienv.journal import Journal
from tuienv.settings import paths

TUIENV = f"{sys.executable} -c \"import sys; sys.argv[0] = 'tuienv'; from tuienv.__main__ import main; main()\""


def shell(line: str) -> subprocess.CompletedProcess[bytes]:
    """A line of bash, with `tuienv` as a command."""
    function = f'tuienv() {{ {TUIENV} "$@"; }}\n'
    return subprocess.run(["bash", "-c", function + line], capture_output=True, check=False, timeout=60)


def outcomes() -> set[str]:
    """How what the journal has ended."""
    return {record.outcome for record in Journal(paths().journal).records()}


@pytest.fixture(autouse=True)
def declared(folder: Path) -> None:
    """The shop's file, where the commands run."""
    (folder / "tuienv.yaml").write_text(SHOP)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("tuienv ls >&-", 0),
        ("tuienv ls <&-", 0),
        ("tuienv <&-", 64),
        ("tuienv apply shop <&-", 3),
        ("tuienv apply shop 2>&-", 3),
        ("tuienv apply shop --yes >&- 2>&- <&-", 0),
    ],
)
def test_closed_streams_are_as_good_as_none(line: str, code: int) -> None:
    done = shell(line)
    assert done.returncode == code, done.stderr
    assert b"this should not have happened" not in done.stderr
    assert not list(paths().state.glob("crash-*"))


def test_what_is_told_nobody_ends_in_no_file() -> None:
    """With standard error closed, the next file that is opened would have its number: the journal."""
    done = shell("tuienv apply shop --yes --output json 2>&-")
    assert json.loads(done.stdout)[0]["failed"] == []
    assert outcomes() == {"done"}


def test_a_command_inside_gets_the_end_of_an_input_that_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUIENV_SANDBOX", "demo:latency=0")
    assert shell("tuienv run -i shop-dev/web --backend sandbox -- cat <&-").returncode == 0


def test_a_run_goes_on_when_nobody_reads_its_progress() -> None:
    done = shell("tuienv apply shop --yes --output json 2> >(head -n 8 >/dev/null)")
    assert done.returncode == 0, done.stdout
    assert json.loads(done.stdout)[0]["failed"] == []
    assert outcomes() == {"done"}


@pytest.mark.parametrize("words", ["ls", "status shop", "schema"])
def test_a_reader_that_left_is_told_by_the_code_of_sigpipe(words: str) -> None:
    done = shell(f"exec 3> >(true); sleep 0.3; tuienv {words} >&3")
    assert (done.returncode, done.stderr) == (141, b"")


def test_a_full_disk_is_said() -> None:
    done = shell("tuienv ls >/dev/full")
    assert done.returncode == 1
    assert b"No space left on device" in done.stderr
    assert done.stderr.count(b"\n") == 1


def test_what_a_locale_cannot_write_is_written_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "latin-1")
    done = shell("tuienv status shop")
    assert (done.returncode, done.stderr) == (0, b"")
    assert rb"\u2205 absent" in done.stdout


def test_json_is_json_in_every_locale(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    (folder / "tuienv.yaml").rename(folder / "läden.yaml")
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    for line in ("tuienv -f läden.yaml status shop --output json", "tuienv check läden.yaml --output json"):
        done = shell(line)
        assert done.returncode == 0, done.stderr
        assert "läden.yaml" in json.dumps(json.loads(done.stdout), ensure_ascii=False)


def test_a_file_name_that_is_no_text_breaks_no_output(folder: Path) -> None:
    name = b"b\xff\x1b[2J.yaml"
    (folder / "tuienv.yaml").rename(folder / os.fsdecode(name))
    for line in ("tuienv check *.yaml", "tuienv check *.yaml --output json", "tuienv -f *.yaml ls --output json"):
        done = shell(line)
        assert done.returncode == 0, done.stderr
        assert b"\x1b" not in done.stdout
        assert "shop" in done.stdout.decode("utf-8")


def test_a_home_that_nobody_has_is_a_folder_like_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUIENV_HOME", "~nobody-of-that-name/x")
    done = shell("tuienv ls")
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize(
    "words", ["scale shop/web={}", "logs shop/web -n {}", "journal --limit {}", "journal --limit 99999999999999999999"]
)
def test_a_number_that_is_too_long_is_wrong_usage(words: str) -> None:
    done = shell(f"tuienv {words.format('9' * 5000)}")
    assert done.returncode == 64, done.stderr


def on_terminal(line: str, columns: int) -> tuple[int, str]:
    """The line of bash with standard error on a terminal so wide, and standard output on none: the code, and what the
    terminal got."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (50, columns))
    command = ["bash", "-c", f'tuienv() {{ {TUIENV} "$@"; }}\n{line}']
    given = dict(
        os.environ
    )  # without it there would be the LINES and COLUMNS that Python's readline sets behind its back
    with subprocess.Popen(command, stdin=theirs, stdout=subprocess.DEVNULL, stderr=theirs, env=given) as running:
        os.close(theirs)
        got = b""
        with suppress(OSError):  # nobody has the other end any more
            while part := os.read(ours, 65536):
                got += part
    os.close(ours)
    return running.returncode, got.decode()


def test_progress_keeps_to_the_terminal_that_it_is_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    code, got = on_terminal("tuienv apply shop --yes --output json", 40)
    rows = [line.split("\x1b[2K")[1] for line in got.splitlines() if "\x1b[2K" in line]
    assert code == 0
    assert rows
    assert max(len(click.unstyle(row)) for row in rows) <= 39


def test_nothing_to_do_is_no_crash_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    code, got = on_terminal("tuienv destroy shop", 80)
    assert (code, got) == (0, "shop: nothing to change\r\n")


@pytest.mark.parametrize(("variable", "value"), [("TERM", "dumb"), ("NO_COLOR", "1")])
def test_a_terminal_without_colours_gets_none(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv("TERM", "xterm")
    assert "\x1b[32m" in on_terminal("tuienv plan shop >&2", 80)[1]
    monkeypatch.setenv(variable, value)
    code, got = on_terminal("tuienv plan shop >&2", 80)
    assert (code, "\x1b" in got) == (2, False)
