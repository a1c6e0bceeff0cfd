"""What is secret is taken out of what is written, in whichever form, and what is not is left alone."""

from __future__ import annotations

import base64
import json
import logging
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuienv.backends.base import Unreachable
from tuienv.redaction import Redaction, guard_logging, learn, learn_settings, redact, redact_all
from tuienv.text import MASK

SECRET = 'Zx9/q+7 "ü\\w'


@pytest.mark.parametrize(
    "written",
    [SECRET, quote(SECRET, safe=""), json.dumps(SECRET), repr(SECRET), base64.b64encode(SECRET.encode()).decode()],
)
def test_a_secret_that_was_read_is_taken_out_in_every_form(written: str) -> None:
    learn(SECRET)
    shown = redact(f"connect with {written} failed")
    assert written.strip("'\"=") not in shown
    assert shown.startswith("connect with ")
    assert shown.endswith(" failed")


def test_of_settings_what_looks_secret_is_learnt_and_nothing_else() -> None:
    learn_settings(
        {
            "DATABASE_URL": "postgres://app:p%40ss-w0rd@db/shop",
            "API_TOKEN": "tok-12345",
            "LOG_LEVEL": "very-verbose",
            "X": None,
        }
    )
    said = redact("p%40ss-w0rd p@ss-w0rd tok-12345 very-verbose")
    assert said == f"{MASK} {MASK} {MASK} very-verbose"


def test_the_environment_is_known_from_the_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "FwoGZXIvYXdzEBY")
    monkeypatch.setenv("HEROKU_API_KEY", "01234567-89ab-cdef")
    assert Redaction().redact("token FwoGZXIvYXdzEBY, 01234567-89ab-cdef") == f"token {MASK}, {MASK}"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("GET https://me:s3cr3t@host/x", f"GET https://me:{MASK}@host/x"),
        ("key AKIAIOSFODNN7EXAMPLE is off", f"key {MASK} is off"),
        ("HRKU-AAbbccddeeff00112233 expired", f"{MASK} expired"),
        ('{"SecretAccessKey": "wJalrXUtnFEMI/K7MDENG"}', f'{{"SecretAccessKey": "{MASK}"}}'),
        ("X-Amz-Security-Token=IQoJb3JpZ2luX2Vj%2F&X-Amz-Date=1", f"X-Amz-Security-Token={MASK}&X-Amz-Date=1"),
        ("Authorization: Bearer abcdefgh.ijkl", f"Authorization: Bearer {MASK}"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0.c2ln", MASK),
        ("-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n", f"{MASK}\n"),
    ],
)
def test_secrets_of_well_known_providers_need_not_be_told(text: str, shown: str) -> None:
    assert redact(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "write KEY=VALUE",
        "set TUIENV_SECRET_SESSION_KEY, or run: keyring set tuienv session-key",
        "token expired: sign in again",
        "http://127.0.0.1:8080 answers 502",
        "the key 'image' stands here twice",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redact(text) == text


def test_a_word_of_the_dictionary_does_not_garble_everything() -> None:
    learn_settings({"POSTGRES_PASSWORD": "postgres", "PIN_TOKEN": "12"})
    assert redact("pull postgres:15 failed after 12 s") == "pull postgres:15 failed after 12 s"


def test_an_error_of_a_provider_holds_none() -> None:
    learn("hunter2-hunter2")
    error = Unreachable("reach", "hunter2-hunter2", "said hunter2-hunter2", "not hunter2-hunter2")
    assert "hunter2" not in str(error)
    assert "hunter2" not in repr(error) + repr(error.as_failure())


def test_nested_values_are_redacted_and_stay_what_they_are() -> None:
    learn("hunter2-hunter2")
    value = {"a": ["hunter2-hunter2", 1, None, {"b": "x"}]}
    assert redact_all(value) == {"a": [MASK, 1, None, {"b": "x"}]}


def test_no_log_record_holds_one_not_even_in_a_stack(caplog: pytest.LogCaptureFixture) -> None:
    guard_logging()
    learn("hunter2-hunter2")
    try:
        raise ValueError("hunter2-hunter2")
    except ValueError:
        logging.getLogger("a.library").exception("with %s", "hunter2-hunter2")
    assert "ValueError" in caplog.text
    assert "hunter2" not in caplog.text


@given(st.text(), st.text(min_size=6, max_size=40))
def test_whatever_was_learnt_never_shows(around: str, secret: str) -> None:
    redaction = Redaction()
    redaction.learn([secret])
    shown = redaction.redact(f"{around}{secret}{around}")
    assert secret not in shown or (secret.isalpha() and secret.islower()) or secret in MASK
