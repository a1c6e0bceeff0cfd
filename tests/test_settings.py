"""Paths, and the settings file: what is right in it counts, what is wrong is told with its place."""

from __future__ import annotations

import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from tuienv.settings import Rules, Settings, parse_settings, paths, private_file, private_folder, read_settings


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TUIENV_HOME", str(tmp_path))
    (tmp_path / "config").mkdir()
    return tmp_path / "config" / "settings.yaml"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_one_variable_moves_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUIENV_HOME", str(tmp_path))
    found = paths()
    for path in (found.config, found.data, found.cache, found.state, found.settings, found.journal):
        assert path.is_relative_to(tmp_path)


def test_without_it_the_platform_says_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TUIENV_HOME", raising=False)
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    found = paths()
    assert len({found.config, found.data, found.cache, found.state}) == 4
    assert all("tuienv" in folder.parts for folder in (found.config, found.data, found.cache, found.state))


def test_what_is_written_is_private(tmp_path: Path) -> None:
    made = private_file(tmp_path / "state" / "journal.db")
    assert (mode(made), mode(made.parent)) == (0o600, 0o700)
    made.write_text("kept")
    made.chmod(0o644)
    assert mode(private_file(made)) == 0o600
    assert made.read_text() == "kept"


def test_a_folder_that_exists_is_left_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    assert private_folder(tmp_path) == tmp_path
    assert mode(tmp_path) == 0o755


def test_no_file_means_the_defaults(file: Path) -> None:
    assert not file.exists()
    assert read_settings() == Settings()


def test_a_good_file(file: Path) -> None:
    file.write_text("theme: light\nkeymap:\n  pane.logs: ctrl+l, f5\n  back: [q, 1]\n")
    assert read_settings() == Settings("light", {"pane.logs": "ctrl+l,f5", "back": "q,1"})


def test_every_mistake_is_told_and_the_rest_counts(file: Path) -> None:
    file.write_text("theme: [light]\nkeymp: {}\nkeymap:\n  help: l k\n  quit: q\n")
    assert read_settings() == Settings(
        "",
        {"quit": "q"},
        mistakes=(
            f"{file}:1:8: theme: must be a theme's name, such as tuienv-dark",
            f"{file}:2:1: unknown key 'keymp': did you mean 'keymap'?",
            f"{file}:4:9: here must be a key or a list of keys, such as ctrl+l or [l, f5]",
        ),
    )


def test_rules_of_what_may_be_changed(file: Path) -> None:
    file.write_text(
        "read_only:\n  environments: '*-production'\n  profiles: [aws/acme-*, docker]\n"
        "allow: [scale, run]\njournal: {keep_days: 90}\n"
    )
    found = read_settings()
    assert found.rules == Rules(("*-production",), ("aws/acme-*", "docker"), frozenset({"scale", "run"}))
    assert (found.keep_days, found.mistakes) == (90, ())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("allow: [scael]", "did you mean 'scale'?"),
        ("alow: [scale]", "'alow' is unknown, and may be a rule"),
        ("readonly: {}", "'readonly' is unknown, and may be a rule"),
        ("read_only: true", "here must be keys and values, such as environments"),
        ("read_only: {environment: x}", "did you mean 'environments'?"),
        ("read_only: {profiles: {aws: acme}}", "here must be names"),
        ("read_only: [", "this is no YAML"),
    ],
)
def test_a_rule_that_cannot_be_read_is_kept_as_such(file: Path, content: str, said: str) -> None:
    """Nobody knows what it would have forbidden, so policy forbids everything (`tuienv.engine.policy`)."""
    file.write_text(content)
    assert said in " ".join(read_settings().rules.mistakes)


def test_other_mistakes_loosen_and_forbid_nothing(file: Path) -> None:
    file.write_text("theme: [light]\njournal: {keep_days: never}\nallow: [scale]\n")
    found = read_settings()
    assert found.rules == Rules(allow=frozenset({"scale"}))
    assert "must be a number of days" in " ".join(found.mistakes)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"theme: [", "this is no YAML"),
        (b"\xff\xfe", "is no UTF-8"),
        (b"- theme", "here must be keys and values"),
        (b"keymap: {logs: [[l]]}", "here must be a key"),
        (b"keymap: {logs: ''}", "here must be a key"),
        (b"theme: 3", "must be a theme's name"),
    ],
)
def test_a_broken_file_gives_the_defaults_and_a_clear_message(file: Path, content: bytes, said: str) -> None:
    file.write_bytes(content)
    found = read_settings()
    assert (found.theme, dict(found.keymap)) == ("", {})
    assert len(found.mistakes) == 1
    assert said in found.mistakes[0]
    assert found.mistakes[0].startswith(f"{file}:1:")


def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    assert "cannot be read" in read_settings(tmp_path).mistakes[0]


def test_a_file_that_may_not_be_asked_about(tmp_path: Path) -> None:
    found = read_settings(tmp_path / ("x" * 300))  # as in a folder of somebody else, which means nothing to root
    assert "cannot be read: File name too long" in found.rules.mistakes[0]


@examples(max_examples=300)
@given(st.one_of(st.text(max_size=60), st.text("theme:kyap logs{}[]\n-tail1,'\"", max_size=60)))
def test_no_file_makes_it_raise(text: str) -> None:
    assert isinstance(parse_settings(text, "settings.yaml"), Settings)


def test_importing_it_and_finding_no_file_imports_nothing_heavy(tmp_path: Path) -> None:
    heavy = ("yaml", "platformdirs", "pydantic", "tuienv.source", "textual", "click")
    program = (
        "import sys; from tuienv.settings import read_settings; read_settings()\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env={"TUIENV_HOME": str(tmp_path)}, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_the_reference_names_every_action_that_has_keys() -> None:
    root = Path(__file__).parents[1]
    sources = [path.read_text("utf-8") for path in (root / "screens").rglob("*.py")]
    bindings = [binding for source in sources for binding in re.findall(r"\bBinding\((?:[^()]|\([^()]*\))*\)", source)]
    names = {name for binding in bindings for name in re.findall(r'\bid="([^"]+)"', binding)}
    documented = set(
        re.findall(r"^\| `([^`]+)` \|", _section(root / "docs" / "reference" / "settings.md"), re.MULTILINE)
    )
    assert names == documented


def _section(page: Path) -> str:
    return page.read_text("utf-8").partition("\n## Actions\n")[2]
