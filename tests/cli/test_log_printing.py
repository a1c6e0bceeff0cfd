"""What ``logs`` prints, for people, programs and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tuienv.cli.log_printing import printer
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
