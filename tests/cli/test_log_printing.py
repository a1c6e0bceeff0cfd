"""What ``logs`` prints, for people, programs and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tuienv.cli.log_printing import copier, printer
from tuienv.model import LogLine

LINES = [
    LogLine(1_800_000_000.25, "shop/web/1", b"\x1b[31mred\x1b[0m \xff \x1b]52;c;aGk=\x07clip"),
    LogLine(1_800_000_001.0, "shop/db/1", b""),
]


def printed(capfdbinary: pytest.CaptureFixture[bytes], write: Callable[[list[LogLine]], None]) -> bytes:
    write(LINES)
    return capfdbinary.readouterr().out


def test_a_program_gets_the_bytes(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    out = printed(capfdbinary, printer(json=False, several=False, timestamps=False))
    assert out == LINES[0].raw + b"\n\n"


def test_a_program_gets_the_source_if_there_are_several(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    out = printed(capfdbinary, printer(json=False, several=True, timestamps=True))
    assert out.startswith(b"2027-01-15T08:00:00.250Z shop/web/1 | " + LINES[0].raw + b"\n")


def test_json_is_one_object_a_line(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    out = printed(capfdbinary, printer(json=True, several=True, timestamps=False))
    assert b"\x1b" not in out
    first, second = map(json.loads, out.splitlines())
    assert first == {
        "time": "2027-01-15T08:00:00.250Z",
        "source": "shop/web/1",
        "text": "\x1b[31mred\x1b[0m \ufffd \x1b]52;c;aGk=\x07clip",
    }
    assert second["text"] == ""


@pytest.mark.parametrize(("no_color", "text"), [("", "\x1b[31mred\x1b[0m"), ("1", "red")])
def test_a_person_gets_what_is_safe(
    capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch, no_color: str, text: str
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    if no_color:
        monkeypatch.setenv("NO_COLOR", no_color)
    out = printed(capfdbinary, printer(json=False, several=False, timestamps=False)).decode()
    assert out.startswith(f"{text} \ufffd clip")
    assert "\x1b]" not in out


WRITTEN = b"harmless\n" + LINES[0].raw + b"\n\n" + b"x" * 5000 + b"\nlast\n"


def test_a_copy_for_a_program_is_the_bytes(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    copier()(WRITTEN)
    assert capfdbinary.readouterr().out == WRITTEN


@pytest.mark.parametrize("no_color", ["", "1"])
@given(
    parts=st.lists(st.sampled_from([b"plain", b"", LINES[0].raw, b"x" * 5000, b"a\rb\tc\r", b"\x9b2J\x7f"]), min_size=1)
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_a_copy_for_a_person_is_what_the_lines_are(
    capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch, no_color: str, parts: list[bytes]
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("NO_COLOR", no_color)
    copier()(b"".join(part + b"\n" for part in parts))
    copied = capfdbinary.readouterr().out
    printer(json=False, several=False, timestamps=False)([LogLine(0.0, "", part) for part in parts])
    assert copied == capfdbinary.readouterr().out
