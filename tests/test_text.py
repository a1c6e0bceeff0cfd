"""Provider text: nothing that a terminal obeys may come out, whatever goes in."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tuienv.text import LIMIT, MASK, log_line, looks_secret, mask, plain

SGR = re.compile(r"\x1b\[[0-9;:]*m")
FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f]")
BIDI = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

PARTS = (
    "\x1b|\x1b[|\x1b]|\x1bP|\x1b\\|\x9b|\x9d|\x90|\x9c|\x07|31m|0m|\x1b[31m|\x1b[0m|52;c;aGk=|2J|\r|\n|\t|\u202e|\u200d"
    "|\u0301|\u1160|\ufe0f|\x18|m|;| |é|漢"
)
PIECES = st.sampled_from(PARTS.split("|"))
HOSTILE = st.one_of(st.text(max_size=200), st.lists(st.one_of(PIECES, st.text(max_size=4)), max_size=60).map("".join))


def to_bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def check_safe(shown: str, limit: int) -> None:
    assert len(shown) <= limit
    assert not FORBIDDEN.search(shown)
    assert not BIDI & set(shown)
    shown.encode("utf-8")
    marks = "".join("m" if unicodedata.category(c) in ("Mn", "Me") else "." for c in shown)
    assert "m" * 5 not in marks


@settings(max_examples=2000)
@given(st.one_of(HOSTILE, st.binary(max_size=200)), st.integers(8, 80))
@example("\x1b]52;c;aGk=\x07", 80)
@example("\x1b[3\x1b[31m1m", 80)
@example("\x9b31m", 80)
@example(b"\xc2\x9b31m\x9b31m", 80)
def test_plain_lets_nothing_through(text: str | bytes, limit: int) -> None:
    shown = plain(text, limit)
    check_safe(shown, limit)
    assert plain(shown, limit) == shown
    assert plain(to_bytes(shown), limit) == shown


@settings(max_examples=2000)
@given(st.one_of(HOSTILE.map(to_bytes), st.binary(max_size=200)), st.integers(8, 80))
@example(b"\x1b[31m" * 30, 40)
@example(b"\x1b[1" + b";1" * 40 + b"m", 80)
def test_a_log_line_keeps_colours_alone(raw: bytes, limit: int) -> None:
    shown = log_line(raw, limit)
    assert len(shown) <= limit
    check_safe(SGR.sub("", shown), limit)
    assert all(len(sequence) < 80 for sequence in SGR.findall(shown))
    assert log_line(to_bytes(shown), limit) == shown


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("shop-web-1", "shop-web-1"),
        ("[prod] web", "[prod] web"),
        ("a\x1b]0;title\x07b", "ab"),
        ("a\x1b]52;c;aGk=\x1b\\b", "ab"),
        ("a\x1b]52;c;never ended", "a"),
        ("a\x9d0;title\x9cb", "ab"),
        ("a\x1bPq#0\x1b\\b\x1b_x\x1b\\c\x1b^x\x1b\\d\x1bXx\x1b\\e", "abcde"),
        ("a\x1b[2Jb\x9b2Jc\x1b[?1049hd", "abcd"),
        ("a\x1bcb\x1b(Bc", "abc"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("10 %\r50 %\r100 %\r", "100 %"),
        ("a\tb", "a       b"),
        ("one\r\ntwo\n\n  three\n", "one two three"),
        ("abc\u202edef\u2066", "abcdef"),
        ("\x00\x08bell\x07\x7f\x85", "bell"),
        ("lone \ud800 surrogate", "lone \ufffd surrogate"),
        ("Zalgo" + "\u0301" * 50, "Zalgo" + "\u0301" * 4),
        ("a\u2028b\u00a0c", "a b c"),
        (b"\xff\xfe caf\xc3\xa9", "\ufffd\ufffd café"),
        ("漢字 naïve", "漢字 naïve"),
    ],
)
def test_plain(raw: str | bytes, shown: str) -> None:
    assert plain(raw) == shown


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"GET / 200", "GET / 200"),
        (b"\x1b[1;38;2;255;0;0mred\x1b[0m", "\x1b[1;38;2;255;0;0mred\x1b[0m"),
        (b"\x1b[31mleft on", "\x1b[31mleft on\x1b[0m"),
        (b"\x1b[4:3mwavy\x1b[m", "\x1b[4:3mwavy\x1b[m"),
        (b"\x1b[99999mtoo much", "too much"),
        (b"\x1b[>4;2mnot SGR", "not SGR"),
        (b"\x1b[2K\x1b[31mx\x1b[0m\x1b[1A", "\x1b[31mx\x1b[0m"),
        (b"\x1b[31ma\tb\x1b[0m", "\x1b[31ma       b\x1b[0m"),
        (b"1 %\r2 %\r\n", "2 %"),
        (b"", ""),
    ],
)
def test_log_line(raw: bytes, shown: str) -> None:
    assert log_line(raw) == shown


def test_a_line_of_a_megabyte_is_cut_before_it_is_cleaned() -> None:
    read = []

    class Watched(str):
        __slots__ = ()

        def __getitem__(self, key: object) -> str:
            read.append(key)
            return str.__getitem__(self, key)  # type: ignore[index]  # whatever was asked for

    shown = plain(Watched("\x1b[31mé" * 200_000))
    assert len(shown) == LIMIT
    assert shown.endswith("…")
    assert read == [slice(None, 8 * LIMIT)]


@pytest.mark.parametrize("raw", [b"x" * 2**20, "é".encode() * 2**19, b"\x1b[31m" * 2**18, b"\r" * 2**20 + b"x" * 9000])
def test_a_long_line_ends_in_an_ellipsis(raw: bytes) -> None:
    shown = log_line(raw)
    assert len(shown) <= LIMIT
    assert SGR.sub("", shown).endswith("…")


def test_a_cut_does_not_break_a_character() -> None:
    assert "\ufffd" not in plain("é".encode() * LIMIT * 8)


@pytest.mark.parametrize(
    "key",
    ["PGPASSWORD", "DB_PASSWD", "API_KEY", "apiKey", "AWS_SECRET_ACCESS_KEY", "credentials", "SENTRY_DSN", "DB_PWD"],
)
def test_names_of_secrets(key: str) -> None:
    assert looks_secret(key, "x")
    assert mask(key, "x") == MASK


@pytest.mark.parametrize("key", ["PATH", "PORT", "PWD", "COMPASS", "DATABASE_URL", "KEYBOARD", "LOG_LEVEL"])
def test_names_of_what_is_no_secret(key: str) -> None:
    assert not looks_secret(key, "x")
    assert mask(key, "x") == "x"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("postgres://app:hunter2@db:5432/shop", f"postgres://app:{MASK}@db:5432/shop"),
        ("redis://:hunter2@cache", f"redis://:{MASK}@cache"),
        ("postgres://app:p/a@s?s@db/shop", f"postgres://app:{MASK}@db/shop"),
        ("see amqp://u:p@h and http://u:q@h", f"see amqp://u:{MASK}@h and http://u:{MASK}@h"),
        ("kafka://u:p@h1,u:q@h2", f"kafka://u:{MASK}@h2"),
        ("host=db password=hunter2 user=app", f"host=db password={MASK} user=app"),
        ("https://api.example.com/?token=abc&x=1", f"https://api.example.com/?token={MASK}&x=1"),
        ("-----BEGIN RSA PRIVATE KEY-----\nabc", MASK),
        ("AKIAIOSFODNN7EXAMPLE", MASK),
        ("http://host:8080/users/@me", "http://host:8080/users/@me"),
        ("postgres://app@db/shop", "postgres://app@db/shop"),
        ("redis://cache:6379/0", "redis://cache:6379/0"),
        ("${layers.db.url}", "${layers.db.url}"),
        ("", ""),
    ],
)
def test_secrets_by_what_they_hold(value: str, shown: str) -> None:
    assert mask("SETTING", value) == shown
    assert looks_secret("SETTING", value) == (shown != value)


def test_a_dsn_shows_all_but_its_password() -> None:
    assert mask("DB_DSN", "postgres://app:hunter2@db/shop") == f"postgres://app:{MASK}@db/shop"
    assert mask("SENTRY_DSN", "https://abc@sentry.example.com/1") == MASK
    assert mask("URL_PASSWORD", "postgres://app:hunter2@db/shop") == MASK


@settings(max_examples=500)
@given(st.text(min_size=4, max_size=30).filter(lambda secret: not secret.isspace()), st.text(max_size=20))
def test_a_secret_never_shows(secret: str, value: str) -> None:
    assert secret not in mask("API_TOKEN", secret + value) or secret in MASK
